"""E-mails that tell colleagues of a submission. Each is a row, due from the transaction it belongs to."""

import logging

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from contacts.models import FormNotice, FormSubmission
from contacts.models.forms import MailStatus, addresses_of
from contacts.selectors.forms import questions

from .confirmations import BATCH, LEASE, MAX_ATTEMPTS, next_attempt
from .queue import enqueue

log = logging.getLogger(__name__)


def plan_notices(*, submission: FormSubmission, confirmed: bool) -> None:
    """Write the notices of a submission, or of its confirmation; each address gets one of each."""
    form = submission.form
    addresses = addresses_of(form.notify_confirmed if confirmed else form.notify_submitted)
    if confirmed and not form.double_opt_in:
        # Both moments are one: nobody is told twice.
        addresses = [a for a in addresses if a not in addresses_of(form.notify_submitted)]
    if not addresses:
        return
    now = timezone.now()
    FormNotice.objects.bulk_create(
        [FormNotice(submission=submission, address=a, confirmed=confirmed, due_at=now) for a in addresses],
        ignore_conflicts=True,
    )
    enqueue("contacts.tasks.send_confirmations")


def send_due_notices() -> int:
    """Send what is due now; the number of e-mails sent. Several workers share the work."""
    due = FormNotice.objects.filter(due_at__lte=timezone.now()).order_by("due_at")
    return sum(_send_one(pk) for pk in list(due.values_list("pk", flat=True)[:BATCH]))


def _send_one(pk: int) -> bool:
    now = timezone.now()
    mine = FormNotice.objects.filter(pk=pk, due_at__lte=now)
    if not mine.update(status=MailStatus.SENDING, due_at=now + LEASE, attempts=F("attempts") + 1):
        return False
    notice = FormNotice.objects.select_related("submission__form", "submission__contact").get(pk=pk)
    try:
        _message(notice).send()
    except Exception as error:  # whatever the mail backend raises, the others still go out
        _failed(notice, f"{type(error).__name__}: {error}"[:250])
        return False
    FormNotice.objects.filter(pk=pk).update(status=MailStatus.SENT, due_at=None, error="")
    return True


def _failed(notice: FormNotice, error: str) -> None:
    log.warning("The notice %s of a submission failed: %s", notice.pk, error)
    final = notice.attempts >= MAX_ATTEMPTS
    FormNotice.objects.filter(pk=notice.pk).update(
        status=MailStatus.FAILED if final else MailStatus.DUE,
        due_at=None if final else next_attempt(notice.attempts),
        error=error,
    )


def _message(notice: FormNotice) -> EmailMessage:
    submission = notice.submission
    form = submission.form
    labels = {question.key: question.label for question in questions(form)}
    with translation.override(settings.LANGUAGE_CODE):
        if notice.confirmed and form.double_opt_in:
            subject = _("Confirmed: “%(form)s” by %(contact)s")
        else:
            subject = _("Submitted: “%(form)s” by %(contact)s")
        subject %= {"form": form.name, "contact": submission.contact.email}
        lines = [f"{labels.get(key, key)}: {_text(value)}" for key, value in submission.data.items()]
        if submission.source_url:
            lines.append(f"{_('page')}: {submission.source_url}")
    return EmailMessage(
        subject=" ".join(subject.split()),
        body="\n".join(lines),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[notice.address],
        headers={"Auto-Submitted": "auto-generated"},
    )


def _text(value: object) -> str:
    return ", ".join(str(part) for part in value) if isinstance(value, list) else str(value)
