"""The functions that django-q2 names, of mailboxes and their files."""

from django.utils import timezone

from deals.services.attachments import delete_unused_attachments
from deals.services.mail_polling import poll_mailbox as _poll_mailbox
from deals.services.mail_polling import queue_due


def poll_mailboxes() -> int:
    """Once a minute."""
    return queue_due(now=timezone.now())


def poll_mailbox(mailbox_id: int) -> bool:
    return _poll_mailbox(mailbox_id=mailbox_id, now=timezone.now())


def tidy_attachments() -> int:
    """Once a day."""
    return delete_unused_attachments(now=timezone.now())
