"""What people do with campaigns: written, checked, scheduled, sent, held, given up, tried on oneself."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from automations.delivery import broadcast
from automations.delivery.campaigns import content_of
from automations.delivery.mailer import hand_over, mail_connection
from automations.delivery.message import build_test
from automations.delivery.outbox import Permanent, Temporary, Unclear
from automations.delivery.rendering import validate_template
from automations.delivery.tally import Outcomes, count_outcomes
from automations.engine.wake import wake_worker
from automations.models.delivery import DeliveryStatus
from automations.reasons import Skip
from contacts.models import Campaign, Contact, EmailTemplate, List
from contacts.models.campaigns import CampaignKind, CampaignStatus
from contacts.services.campaigns import check_editable, lock_campaign, save_template, write_campaign

TEXTS = ("subject", "preheader", "html", "text")
MAX_HTML = 500_000
MAX_TESTS = 10
#: Later than this is a slip of the keyboard.
FARTHEST = timedelta(days=366 * 2)


@transaction.atomic
def save_campaign(
    *, campaign: Campaign | None = None, values: Mapping[str, Any], lists: Iterable[List] | None = None
) -> Campaign:
    """Make a draft or change one that has not started; ValidationError by field.

    A draft may be incomplete, but what is there must be sound; a scheduled one must stay complete.
    """
    record = write_campaign(campaign=campaign, values=values, lists=lists)
    check_texts(values)
    if record.status == CampaignStatus.SCHEDULED:
        check_sendable(campaign=record)
    elif record.problem:
        record.problem = ""
        record.save(update_fields=["problem"])
    return record


def check_texts(values: Mapping[str, Any]) -> None:
    """ValidationError by field where a text's personalisation doesn't parse or it is too long."""
    wrong: dict[str, list[str]] = {}
    for name in TEXTS:
        text = str(values.get(name, ""))
        try:
            if len(text) > MAX_HTML:
                raise ValidationError(_("It may have at most %d characters.") % MAX_HTML)
            validate_template(text)
        except ValidationError as error:
            wrong[name] = error.messages
    if wrong:
        raise ValidationError(wrong)


@transaction.atomic
def keep_template(*, template: EmailTemplate | None = None, values: Mapping[str, Any]) -> EmailTemplate:
    """Make a template, or change one; ValidationError by field."""
    record = save_template(template=template, values=values)
    check_texts(values)
    return record


def problems_of_campaign(campaign: Campaign) -> dict[str, list[str]]:
    """{field: what keeps it from being sent}; empty when nothing does."""
    found: dict[str, list[str]] = {}
    if not campaign.subject.strip():
        found["subject"] = [_("Write a subject.")]
    if not campaign.html.strip():
        found["html"] = [_("Write the content.")]
    try:
        check_texts({name: getattr(campaign, name) for name in TEXTS})
    except ValidationError as error:
        found |= error.message_dict
    if campaign.segment_id is None and not campaign.lists.exists():
        found["lists"] = [_("Choose at least one list or a segment.")]
    return found


def check_sendable(*, campaign: Campaign) -> None:
    problems = problems_of_campaign(campaign)
    if problems:
        raise ValidationError(problems)


@transaction.atomic
def schedule_campaign(*, campaign: Campaign, at: datetime) -> Campaign:
    """Send it at a time, which may be moved until then. ValidationError by field."""
    record = _ready(campaign)
    now = timezone.now()
    if at <= now:
        raise ValidationError({"scheduled_at": _("This time is over; choose a later one, or send it now.")})
    if at > now + FARTHEST:
        raise ValidationError({"scheduled_at": _("Choose a time within the next two years.")})
    record.status, record.scheduled_at, record.problem = CampaignStatus.SCHEDULED, at, ""
    record.save()
    return record


@transaction.atomic
def start_campaign(*, campaign: Campaign) -> Campaign:
    """Send it now: the pump puts its recipients into the ledger. ValidationError by field, or nobody to get it."""
    record = _ready(campaign)
    if not recipients_of(record).exists():
        raise ValidationError({"lists": _("Nobody would get it: no active subscriber is among the recipients.")})
    broadcast.begin(record, timezone.now())
    wake_worker()
    return record


def _ready(campaign: Campaign) -> Campaign:
    record = lock_campaign(campaign)
    check_editable(record)
    check_sendable(campaign=record)
    return record


@transaction.atomic
def pause_campaign(*, campaign: Campaign) -> Campaign:
    """Hold what has not left."""
    record = _locked(campaign, CampaignStatus.SENDING)
    broadcast.hold(record)
    record.status = CampaignStatus.PAUSED
    record.save(update_fields=["status", "updated_at"])
    return record


@transaction.atomic
def resume_campaign(*, campaign: Campaign) -> Campaign:
    """Go on with what was held."""
    record = _locked(campaign, CampaignStatus.PAUSED)
    broadcast.release(record)
    record.status = CampaignStatus.SENDING
    record.save(update_fields=["status", "updated_at"])
    wake_worker()
    return record


@transaction.atomic
def cancel_campaign(*, campaign: Campaign) -> Campaign:
    """A scheduled one becomes a draft again; of one that is being sent, what has not left never leaves."""
    record = _locked(campaign, CampaignStatus.SCHEDULED, CampaignStatus.SENDING, CampaignStatus.PAUSED)
    if record.status == CampaignStatus.SCHEDULED:
        record.status, record.scheduled_at = CampaignStatus.DRAFT, None
        record.save()
        return record
    now = timezone.now()
    dropped = broadcast.drop(record, status=DeliveryStatus.SKIPPED, skip_reason=Skip.CANCELLED)
    if dropped:
        metrics = (str(DeliveryStatus.SKIPPED), f"skip:{Skip.CANCELLED}")
        count_outcomes([Outcomes(None, "", record.pk, metrics, dropped)], at=now)
    record.status, record.finished_at = CampaignStatus.CANCELLED, now
    record.save(update_fields=["status", "finished_at", "updated_at"])
    return record


def _locked(campaign: Campaign, *statuses: CampaignStatus) -> Campaign:
    record = lock_campaign(campaign)
    if record.kind != CampaignKind.BROADCAST:
        check_editable(record)
    if record.status not in statuses:
        text = _("“%(campaign)s” is %(status)s; that can't be done with it now.")
        about = {"campaign": record, "status": record.get_status_display()}
        raise ValidationError(text % about, code="state")
    return record


def recipients_of(campaign: Campaign) -> Any:
    """Who would get it if it were sent now."""
    lists = list(campaign.lists.values_list("pk", flat=True))
    if not lists and campaign.segment_id is None:
        return Contact.objects.none()
    return broadcast.recipients(lists, campaign.segment_id, timezone.now())


def send_test(*, content: Campaign | Mapping[str, Any], contact: Contact, addresses: Sequence[str]) -> list[str]:
    """Send the preview for `contact` to people of the team, now and past the ledger; returns the addresses.

    ValidationError: nobody's or too many addresses, or what the mail server said. Only users'
    addresses are taken: it is no way to write to contacts who want nothing.
    """
    wanted = list(dict.fromkeys(address.strip().lower() for address in addresses if address.strip()))
    _check_team(wanted)
    values = content_of(content) if isinstance(content, Campaign) else content
    check_texts(values)
    try:
        with mail_connection() as connection:
            for address in wanted:
                hand_over(connection, build_test(values, contact, address))
    except (Temporary, Permanent, Unclear) as error:
        raise ValidationError(str(error), code="mail") from error
    return wanted


def _check_team(addresses: Sequence[str]) -> None:
    if not addresses:
        raise ValidationError({"addresses": _("Name at least one address of the team.")})
    if len(addresses) > MAX_TESTS:
        raise ValidationError({"addresses": _("Name at most %d addresses.") % MAX_TESTS})
    team = {
        email.lower() for email in get_user_model().objects.filter(is_active=True).values_list("email", flat=True)
    }
    for address in addresses:
        try:
            validate_email(address)
        except ValidationError:
            raise ValidationError({"addresses": _("“%s” is no e-mail address.") % address[:60]}) from None
        if address not in team:
            raise ValidationError(
                {"addresses": _("“%s” belongs to no user; tests go to the team only.") % address[:60]}
            )
