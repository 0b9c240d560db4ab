"""What people do with e-mails: opens, clicks, shares, forwards, answers; and what providers report of them."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from contacts.models import CampaignCount, CampaignLink, EmailActivity, SentEmail
from contacts.models.engagement import EmailAction
from contacts.signals import email_arrived

from .changes import current_facts

#: Where the first time of an action is kept on the e-mail itself.
FIRST = {
    EmailAction.OPEN: "opened_at",
    EmailAction.CLICK: "clicked_at",
    EmailAction.REPLY: "replied_at",
    EmailAction.BOUNCE: "bounced_at",
}


@transaction.atomic
def record_email_activity(
    *,
    email: SentEmail,
    action: EmailAction,
    link: CampaignLink | None = None,
    detail: str = "",
    machine: bool = False,
    at: datetime | None = None,
) -> EmailActivity | None:
    """Record it, count it, and let it start what waits for it.

    None where the contact is gone; it is counted all the same. A machine's opens and clicks are
    kept, and counted apart: they start nothing. A person's click is an open too, if there was
    none (spec: email_opened).
    """
    now = at or timezone.now()
    if not email.message_id and email.reference:
        _note_arrived(email, now)
    if action == EmailAction.CLICK and not machine and email.opened_at is None:
        record_email_activity(email=email, action=EmailAction.OPEN, at=now)
    metrics = [f"{action}_machine"] if machine else [str(action), *_first(email, action, now)]
    if email.campaign_id:
        count_campaign(campaign=email.campaign_id, metrics=metrics, at=now)
    if email.contact_id is None:
        return None
    activity = EmailActivity(
        contact_id=email.contact_id,
        email=email,
        campaign_id=email.campaign_id,
        action=action,
        link=link,
        detail=detail[:500],
        machine=machine,
        at=now,
        **current_facts(),
    )
    activity.save(force_insert=True)
    return activity


def _note_arrived(email: SentEmail, now: datetime) -> None:
    """Whoever sent it has not said so (yet), but here it is."""
    if SentEmail.objects.filter(pk=email.pk, sent_at=None).update(sent_at=now) and email.campaign_id:
        count_campaign(campaign=email.campaign_id, metrics=["sent"], at=now)
    email.sent_at = email.sent_at or now
    email_arrived.send(sender=SentEmail, email=email)


def note_sent(*, email: SentEmail, message_id: str, subject: str) -> None:
    """It was handed over. Said by the sender, right after; an open or a click of it says so as well."""
    now = timezone.now()
    rows = SentEmail.objects.filter(pk=email.pk)
    said = {"message_id": message_id[:250], "subject": subject[:250]}
    first = rows.filter(sent_at=None).update(sent_at=now, **said)
    if not first:  # an open was faster than its sender
        rows.filter(message_id="").update(**said)
    if first and email.campaign_id:
        count_campaign(campaign=email.campaign_id, metrics=["sent"], at=now)


def _first(email: SentEmail, action: EmailAction, now: datetime) -> list[str]:
    """The metric of a first time, which one of several simultaneous requests gets."""
    column = FIRST.get(action)
    if column is None or getattr(email, column) is not None:
        return []
    setattr(email, column, now)
    rows = SentEmail.objects.filter(pk=email.pk, **{f"{column}__isnull": True})
    return [f"{action}_first"] if rows.update(**{column: now}) else []


def count_campaign(*, campaign: int, metrics: Sequence[str], at: datetime, amount: int = 1) -> None:
    hour = at.replace(minute=0, second=0, microsecond=0)
    CampaignCount.objects.bulk_create(
        CampaignCount(campaign_id=campaign, metric=metric, at=hour, amount=amount) for metric in metrics
    )
