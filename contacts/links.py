"""Signed links that contacts get by e-mail. A link says who and which lists; it can't be guessed or altered."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from contacts.models import Contact

SALT = "contacts.links"
#: Stands in a link in place of a token where nobody is meant.
INERT = "preview"


def make_token(contact: Contact, purpose: str, lists: Sequence[int] = ()) -> str:
    """No expiry: a link in an old e-mail must still let its reader out."""
    return Signer(salt=f"{SALT}.{purpose}").sign_object([contact.pk, sorted(lists)])


def read_token(token: str, purpose: str) -> tuple[int, list[int]] | None:
    """(contact id, list ids), or None for a token that isn't ours or is for something else."""
    try:
        value: Any = Signer(salt=f"{SALT}.{purpose}").unsign_object(token)
    except (BadSignature, ValueError):
        return None
    return int(value[0]), [int(pk) for pk in value[1]]


def unsubscribe_url(contact: Contact, lists: Sequence[int] = ()) -> str:
    """`lists`: those to leave; empty for all."""
    return str(settings.SITE_URL) + reverse(
        "contacts:unsubscribe", args=[make_token(contact, "unsubscribe", lists)]
    )


def preferences_url(contact: Contact) -> str:
    return str(settings.SITE_URL) + reverse("contacts:preferences", args=[make_token(contact, "preferences")])


def inert_links() -> dict[str, str]:
    """Links for previews and tests: they lead to the pages, and change nothing."""
    site = str(settings.SITE_URL)
    return {name: site + reverse(f"contacts:{name}", args=[INERT]) for name in ("unsubscribe", "preferences")}
