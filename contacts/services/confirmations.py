"""Sending the e-mails that ask for a confirmation. Each is due from the row of its submission."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from contacts.language import language_of
from contacts.links import confirmation_url
from contacts.models import FormSubmission, Suppression
from contacts.models.forms import MailStatus, SubmissionStatus

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 6
# Longer than sending one takes (EMAIL_TIMEOUT). A crash just after sending repeats the e-mail, which is
# harmless: its link is the same, and counts once.
LEASE = timedelta(minutes=5)
BATCH = 100


def send_due_confirmations() -> int:
    """Send what is due now; the number of e-mails sent. Several workers share the work."""
    due = FormSubmission.objects.filter(mail_due_at__lte=timezone.now(), status=SubmissionStatus.PENDING)
    ids = list(due.order_by("mail_due_at").values_list("pk", flat=True)[:BATCH])
    return sum(_send_one(pk) for pk in ids)


def _send_one(pk: int) -> bool:
    now = timezone.now()
    mine = FormSubmission.objects.filter(pk=pk, mail_due_at__lte=now, status=SubmissionStatus.PENDING)
    if not mine.update(
        mail_status=MailStatus.SENDING, mail_due_at=now + LEASE, mail_attempts=F("mail_attempts") + 1
    ):
        return False
    submission = FormSubmission.objects.select_related("form", "contact").get(pk=pk)
    if Suppression.objects.filter(address_hash=submission.contact.address_hash).exists():
        _settle(pk, MailStatus.SKIPPED)
        return False
    try:
        _message(submission).send()
    except Exception as error:  # whatever the mail backend raises, the others still go out
        _failed(submission, f"{type(error).__name__}: {error}"[:250])
        return False
    _settle(pk, MailStatus.SENT)
    return True


def _settle(pk: int, status: str, error: str = "") -> None:
    FormSubmission.objects.filter(pk=pk).update(mail_status=status, mail_due_at=None, mail_error=error)


def _failed(submission: FormSubmission, error: str) -> None:
    log.warning("The confirmation e-mail of submission %s failed: %s", submission.pk, error)
    if submission.mail_attempts >= MAX_ATTEMPTS:
        _settle(submission.pk, MailStatus.FAILED, error)
        return
    FormSubmission.objects.filter(pk=submission.pk).update(
        mail_status=MailStatus.DUE, mail_due_at=next_attempt(submission.mail_attempts), mail_error=error
    )


def next_attempt(attempts: int) -> datetime:
    """Growing pauses: 2, 4, 8, 16, 32 minutes."""
    return timezone.now() + timedelta(minutes=2**attempts)


def _message(submission: FormSubmission) -> EmailMessage:
    form, contact = submission.form, submission.contact
    with translation.override(language_of(contact)):
        subject = form.confirm_subject or _("Please confirm your address")
        text = form.confirm_text or _("Somebody, probably you, filled in our form “%s” with this address.") % form
        body = "\n\n".join(
            [
                text,
                _("Confirm with this link:"),
                confirmation_url(submission.pk),
                _("If it wasn't you, ignore this e-mail: nothing more will come."),
            ]
        )
    return EmailMessage(
        subject=" ".join(subject.split()),
        body=body,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[contact.email],
        # Programs don't answer it (RFC 3834).
        headers={"Auto-Submitted": "auto-generated"},
    )
