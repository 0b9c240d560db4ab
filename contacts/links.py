"""Signed links that contacts get by e-mail. A link says who and which lists; it can't be guessed or altered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.core.signing import BadSignature, Signer, TimestampSigner
from django.urls import reverse

from contacts.models import Contact, SubscriptionChange
from contacts.pages import CONTACT_PARAMETER, without_contact
from contacts.selectors.site import is_tracked

SALT = "contacts.links"
#: How long a link to one of our sites says who follows it.
VISIT_DAYS = 30
#: Stands in a link in place of a token where nobody is meant.
INERT = "preview"


@dataclass(frozen=True, slots=True)
class Link:
    """What a token says. `lists` may be empty: all."""

    contact_id: int
    lists: list[int]
    address_hash: str

    def contact(self) -> Contact | None:
        """The person it was sent to, though the contact may have been merged, or deleted and made anew since."""
        found = Contact.objects.filter(pk=self.contact_id).first()
        if found is not None:
            return found
        changes = SubscriptionChange.objects.filter(address_hash=self.address_hash, contact__isnull=False)
        last = changes.select_related("contact").order_by("-pk").first()
        return last.contact if last else None


def make_token(contact: Contact, purpose: str, lists: Sequence[int] = ()) -> str:
    """No expiry: a link in an old e-mail must still let its reader out."""
    return Signer(salt=f"{SALT}.{purpose}").sign_object([contact.pk, sorted(lists), contact.address_hash])


def read_token(token: str, purpose: str) -> Link | None:
    """None for a token that isn't ours or is for something else."""
    try:
        value: Any = Signer(salt=f"{SALT}.{purpose}").unsign_object(token)
    except (BadSignature, ValueError):
        return None
    contact_id, lists, address_hash = value
    return Link(contact_id, lists, address_hash)


def unsubscribe_url(contact: Contact, lists: Sequence[int] = ()) -> str:
    """`lists`: those to leave; empty for all."""
    return _url("unsubscribe", make_token(contact, "unsubscribe", lists))


def preferences_url(contact: Contact) -> str:
    return _url("preferences", make_token(contact, "preferences"))


def inert_links() -> dict[str, str]:
    """Links for previews and tests: they lead to the pages, and change nothing."""
    return {name: _url(name, INERT) for name in ("unsubscribe", "preferences")}


def identifying_url(url: str, contact: Contact) -> str:
    """The address with a parameter by which site tracking knows who comes; as it is for hosts not tracked."""
    if not is_tracked(url):
        return url
    parts = urlsplit(without_contact(url))
    query = "&".join(filter(None, [parts.query, urlencode({CONTACT_PARAMETER: visit_token(contact)})]))
    return urlunsplit(parts._replace(query=query))


def visit_token(contact: Contact) -> str:
    return TimestampSigner(salt=f"{SALT}.visit").sign_object([contact.pk, [], contact.address_hash])


def read_visit_token(token: str) -> Link | None:
    """None for a token that isn't ours, is for something else, or is older than VISIT_DAYS."""
    try:
        age = timedelta(days=VISIT_DAYS)
        value: Any = TimestampSigner(salt=f"{SALT}.visit").unsign_object(token, max_age=age)
    except (BadSignature, ValueError):
        return None
    return Link(*value)


def confirmation_token(submission_id: int) -> str:
    return Signer(salt=f"{SALT}.confirm").sign_object(submission_id)


def read_confirmation(token: str) -> int | None:
    """The id of the submission; None for a token that isn't ours."""
    try:
        return int(Signer(salt=f"{SALT}.confirm").unsign_object(token))
    except (BadSignature, ValueError):
        return None


def confirmation_url(submission_id: int) -> str:
    return _url("form_confirm", confirmation_token(submission_id))


def absolute(path: str) -> str:
    return str(settings.SITE_URL) + path


def _url(name: str, token: str) -> str:
    return absolute(reverse(f"contacts:{name}", args=[token]))
