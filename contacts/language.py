"""Which of the system's languages a contact is addressed in."""

from django.conf import settings
from django.utils.translation import get_supported_language_variant

from contacts.models import Contact


def spoken_language(contact: Contact) -> str:
    """“fr” for fr-CA and the like; "" where the contact's language is not known, or not spoken here."""
    try:
        return get_supported_language_variant(contact.language)
    except LookupError:
        return ""


def language_of(contact: Contact) -> str:
    """The same, or the system's own."""
    return spoken_language(contact) or str(settings.LANGUAGE_CODE)
