"""Reads mailboxes: where each was left off, in growing pauses while that fails."""

import imaplib
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from imap_tools import BaseMailBox
from imap_tools.errors import ImapToolsError

from contacts.services.queue import enqueue
from deals.mailbox_connections import MailboxError, Raw, imap_box
from deals.models import Mailbox

from .mail_incoming import is_wanted, receive_personal

log = logging.getLogger(__name__)

#: Mails that are looked at in one go; the rest a minute later.
BATCH = 200
PAUSES = (60, 300, 900, 3_600, 7_200, 21_600)  # seconds, by failures in a row
#: So long one who reads a mailbox has it for themselves; longer than a task may take.
LEASE = timedelta(minutes=12)
#: After the server has numbered its mails anew, those of so many days are looked at again.
LOOK_BACK = timedelta(days=3)


def queue_due(*, now: datetime) -> int:
    """A task for each mailbox that is due; returns how many. One that is queued twice is read once."""
    due = Mailbox.objects.filter(is_active=True, user__is_active=True, next_poll_at__lte=now)
    found = list(due.order_by("next_poll_at").values_list("pk", flat=True)[:500])
    for pk in found:
        enqueue("deals.mail_tasks.poll_mailbox", pk)
    return len(found)


def poll_mailbox(*, mailbox_id: int, now: datetime, force: bool = False) -> bool:
    """Read what is new; False where the mailbox is not due, or somebody else reads it.

    What goes wrong is kept on the mailbox, and it is tried again after a pause.
    """
    mailbox = _claim(mailbox_id, now, force)
    if mailbox is None:
        return False
    token = mailbox.next_poll_at
    try:
        with imap_box(mailbox) as box:
            more = _read(box, mailbox, now)
    except (OperationalError, InterfaceError):
        raise  # the database's trouble is not the mailbox's
    except (MailboxError, OSError, imaplib.IMAP4.error, ImapToolsError, ValueError) as error:
        reason = " ".join(error.messages) if isinstance(error, MailboxError) else str(error)
        failures = mailbox.failures + 1
        pause = timedelta(seconds=PAUSES[min(failures, len(PAUSES)) - 1])
        _settle(mailbox, token, failures=failures, error=reason or type(error).__name__, next_poll_at=now + pause)
        log.warning("Mailbox %s can't be read (%s in a row): %s", mailbox.pk, failures, reason)
        return True
    pause = timedelta(seconds=0 if more else settings.MAILBOX_POLL_SECONDS)
    _settle(mailbox, token, failures=0, error="", polled_at=now, next_poll_at=now + pause)
    return True


def _claim(mailbox_id: int, now: datetime, force: bool) -> Mailbox | None:
    with transaction.atomic():
        rows = Mailbox.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=mailbox_id)
        mailbox = rows.filter(is_active=True, user__is_active=True).first()
        if mailbox is None or (mailbox.next_poll_at > now and not force):
            return None
        mailbox.next_poll_at = now + LEASE
        mailbox.save(update_fields=["next_poll_at"])
        return mailbox


def _settle(mailbox: Mailbox, token: datetime, **values: Any) -> None:
    """Of one that was saved meanwhile (other settings, read at once) the next reading decides."""
    Mailbox.objects.filter(pk=mailbox.pk, next_poll_at=token).update(**values)


def _read(box: BaseMailBox, mailbox: Mailbox, now: datetime) -> bool:
    """Take in the next mails; whether there are more."""
    status = box.folder.status("INBOX", ["UIDVALIDITY", "UIDNEXT"])
    validity, following = status["UIDVALIDITY"], status["UIDNEXT"]
    if not mailbox.uid_validity:
        # What was there before the mailbox was connected stays the user's own affair.
        _keep_place(mailbox, validity, following - 1)
        return False
    if mailbox.uid_validity != validity:
        first = _first_since(box, (mailbox.polled_at or now) - LOOK_BACK)
        _keep_place(mailbox, validity, min(first, following) - 1)
    # “n:*” always names the last mail, even if it is before n.
    found = [int(uid) for uid in box.uids(f"UID {mailbox.last_uid + 1}:*", charset=None)]
    uids = sorted(uid for uid in found if uid > mailbox.last_uid)
    for uid in uids[:BATCH]:
        _take_in(box, mailbox, uid)
    return len(uids) > BATCH


def _first_since(box: BaseMailBox, moment: datetime) -> int:
    found = box.uids(f"SINCE {imaplib.Time2Internaldate(moment)[1:12].strip()}", charset=None)
    return min((int(uid) for uid in found), default=2**62)


def _take_in(box: BaseMailBox, mailbox: Mailbox, uid: int) -> None:
    """One mail and the place in the mailbox, together. A mail that can't be taken in is noted and left out."""
    fetched = _fetch(box, mailbox, uid)
    try:
        with transaction.atomic():
            if fetched is not None:
                receive_personal(mailbox=mailbox, message=fetched)
            _keep_place(mailbox, mailbox.uid_validity, uid)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        log.exception("Mailbox %s: mail %s can't be taken in", mailbox.pk, uid)
        _skip(mailbox, uid, error)


def _fetch(box: BaseMailBox, mailbox: Mailbox, uid: int) -> Any:
    """The mail, if it is anybody's; of one that is too large its head alone. It stays unread."""
    number = str(uid)
    for head in _fetched(box, number, headers_only=True):
        try:
            wanted = is_wanted(mailbox=mailbox, head=head.message)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            log.exception("Mailbox %s: the head of mail %s can't be read", mailbox.pk, uid)
            _skip(mailbox, uid, error)
            return None
        if not wanted:
            return None
        if head.size_rfc822 > settings.MAILBOX_MAX_BYTES:
            return head.message
        for whole in _fetched(box, number, headers_only=False):
            return whole.message
    return None


def _fetched(box: BaseMailBox, number: str, *, headers_only: bool) -> Iterator[Raw]:
    """The mail of that UID, if it is still there; it stays unread."""
    found: Any = box.fetch(uid_list=[number], mark_seen=False, headers_only=headers_only)
    yield from found


def _skip(mailbox: Mailbox, uid: int, error: Exception) -> None:
    mailbox.skipped += 1
    mailbox.skip_error = f"{type(error).__name__}: {error}"[:500]
    mailbox.last_uid = uid
    mailbox.save(update_fields=["skipped", "skip_error", "last_uid"])


def _keep_place(mailbox: Mailbox, validity: int, uid: int) -> None:
    mailbox.uid_validity, mailbox.last_uid = validity, uid
    mailbox.save(update_fields=["uid_validity", "last_uid"])
