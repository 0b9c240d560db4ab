"""Connecting mailboxes: nothing is saved that doesn't log in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.services.records import save_record
from contacts.services.usage import delete_unused
from contacts.values import clean_email
from deals.mailbox_connections import MailboxError, imap_box, smtp_client
from deals.models import Mailbox

SECRETS = ("smtp_password", "imap_password")
#: A change of one of these is a change of what is read.
OF_IMAP = ("imap_host", "imap_port", "imap_user")
OF_SMTP = ("smtp_host", "smtp_port", "smtp_security", "smtp_user", "smtp_password")
TESTED = (*OF_SMTP, *OF_IMAP, "imap_security", "imap_password")


def save_mailbox(*, mailbox: Mailbox, values: Mapping[str, Any]) -> Mailbox:
    """Make or change a mailbox; ValidationError by field, also where one of the servers refuses."""
    return store_mailbox(prepared=prepare_mailbox(mailbox=mailbox, values=values))


@dataclass(frozen=True, slots=True)
class Prepared:
    """A mailbox whose servers took it, not saved yet; `values` are the columns to be written."""

    mailbox: Mailbox
    values: Mapping[str, Any]


def prepare_mailbox(*, mailbox: Mailbox, values: Mapping[str, Any]) -> Prepared:
    """Set `values` on the mailbox and check them; ValidationError by field.

    An empty password among the values leaves the one there is. Both servers are logged in to, unless no
    setting of theirs changes or the mailbox is switched off.
    """
    given = {name: value for name, value in values.items() if name not in SECRETS or value}
    new = mailbox._state.adding
    before = {name: getattr(mailbox, name) for name in (*TESTED, "is_active")}
    _refuse_moving_a_password(before, given, new)
    for name, value in given.items():
        setattr(mailbox, name, value)
    mailbox.sender_name = " ".join(mailbox.sender_name.split())
    mailbox.full_clean()
    mailbox.address = clean_email(mailbox.address)
    if mailbox.smtp_user and not mailbox.smtp_password:
        raise ValidationError({"smtp_password": _("Give the password, or leave the user empty too.")})
    changed = {name for name in TESTED if new or before[name] != getattr(mailbox, name)}
    if mailbox.is_active and (changed or not before["is_active"]):
        test_mailbox(mailbox=mailbox)
    automatic: dict[str, Any] = {"failures": 0, "error": "", "next_poll_at": timezone.now()}
    if changed & set(OF_IMAP):
        automatic |= {"uid_validity": 0, "last_uid": 0}
    cleaned = {"sender_name": mailbox.sender_name, "address": mailbox.address}
    return Prepared(mailbox, {**given, **cleaned, **automatic})


@transaction.atomic
def store_mailbox(*, prepared: Prepared) -> Mailbox:
    return save_record(record=prepared.mailbox, values=prepared.values)


def test_mailbox(*, mailbox: Mailbox) -> None:
    """Log in to both servers; MailboxError with what either says, by setting."""
    problems: dict[str, list[str]] = {}
    for opening in (smtp_client, imap_box):
        try:
            with opening(mailbox):
                pass
        except MailboxError as error:
            problems |= error.message_dict
    if problems:
        raise MailboxError(problems)


@transaction.atomic
def delete_mailbox(*, mailbox: Mailbox) -> None:
    """What was sent and received by it stays; InUse where an automation sends by it."""
    delete_unused(record=mailbox)


def mailbox_of(user_id: int | None) -> Mailbox | None:
    """The mailbox that somebody writes from when none is named: their first one that is connected."""
    if user_id is None:
        return None
    return Mailbox.objects.filter(user=user_id, is_active=True, user__is_active=True).order_by("pk").first()


def _refuse_moving_a_password(before: Mapping[str, Any], given: Mapping[str, Any], new: bool) -> None:
    """Who may change a mailbox but doesn't know its password must not send it to a server of their own."""
    if new:
        return
    for side in ("smtp", "imap"):
        names = [f"{side}_host", f"{side}_port", f"{side}_security"]
        moved = any(name in given and given[name] != before[name] for name in names)
        if moved and before[f"{side}_password"] and f"{side}_password" not in given:
            raise ValidationError({f"{side}_password": _("The server changes: give the password again.")})
