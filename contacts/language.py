"""Which of the system's languages a contact is addressed in."""

from django.conf import settings
from django.utils.translation import get_supported_language_variant

from contacts.models import Contact


def language_of(contact: Contact) -> str:
    """“fr” for fr-CA and the like; the system's own where the contact's is not known or not spoken here."""
    try:
        return get_supported_language_variant(contact.language)
    except LookupError:
        return str(settings.LANGUAGE_CODE)
