"""Passing answers on to the team, so that nobody's mail ends here."""

from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import EmailReply

from .queue import enqueue

#: What could not be passed on is tried again each minute for so long.
PATIENCE = timedelta(days=2)
BATCH = 100


def pass_reply_on(*, reply_id: int) -> bool:
    """Send it to whom it is for; False where that is done already. Errors of the mail server are the caller's.

    A crash between sending and noting that sends it twice: better than not at all, to someone of the team.
    """
    with transaction.atomic():
        rows = EmailReply.objects.select_for_update().filter(pk=reply_id, forwarded_at=None).exclude(forward_to="")
        reply = rows.select_related("contact", "email").first()
        if reply is None:
            return False
        _message(reply).send()
        EmailReply.objects.filter(pk=reply.pk).update(forwarded_at=timezone.now())
    return True


def pass_on_the_rest() -> int:
    """Queue those that failed or got lost; returns how many."""
    now = timezone.now()
    rows = EmailReply.objects.filter(forwarded_at=None, at__gt=now - PATIENCE, at__lt=now - timedelta(minutes=1))
    waiting = list(rows.exclude(forward_to="").values_list("pk", flat=True)[:BATCH])
    for pk in waiting:
        enqueue("contacts.tasks.pass_reply_on", pk)
    return len(waiting)


def _message(reply: EmailReply) -> EmailMessage:
    names = {"contact": reply.contact, "subject": reply.email.subject}
    head = _("%(contact)s answered the e-mail “%(subject)s”:") % names
    subject = " ".join(reply.subject.split()) or _("Answer to “%s”") % reply.email.subject
    return EmailMessage(
        subject=" ".join(subject.split())[:250],
        body=f"{head}\n\n{reply.text}",
        from_email=settings.SERVER_EMAIL,
        to=[reply.forward_to],
        reply_to=[reply.sender] if reply.sender else None,
        # Nobody's out-of-office answer to this is to go to the contact (RFC 3834).
        headers={"Auto-Submitted": "auto-generated"},
    )
