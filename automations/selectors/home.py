"""What the start page shows: a few figures, a month of e-mail, what is at work, and what needs a person.

Everything is counted at most once a minute for all users; pages pick what their user may see.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Sum
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from automations.models import Automation, Delivery, Enrollment
from automations.models.delivery import DeliveryStatus
from automations.models.enrollment import INSIDE, EnrollmentStatus
from contacts.models import CampaignCount, Contact, ImportJob
from contacts.models.jobs import JobStatus

from .campaigns import COLUMNS, SPAN, Point, by_day

PLOTTED = ("sent", "open_first", "click_first")
WEEK = timedelta(days=7)
KEPT_SECONDS = 60
AT_WORK = 6


@dataclass(frozen=True, slots=True)
class Tile:
    label: Any
    value: int
    note: Any
    page: str
    permission: str


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that waits for a person: how many, and where to look."""

    text: Any
    count: int
    url: str
    permission: str
    icon: str = "error"


def tiles(now: datetime) -> list[Tile]:
    contacts = Contact.objects.count()
    new = Contact.objects.filter(created_at__gte=now - WEEK).count()
    active = Automation.objects.filter(is_active=True).count()
    inside = Enrollment.objects.filter(status__in=INSIDE).count()
    sent = _counted("sent", now - WEEK)
    opened, clicked = _counted("open_first", now - WEEK), _counted("click_first", now - WEEK)
    return [
        Tile(_("Contacts"), contacts, (_("%d new in 7 days"), new), "admin:contacts_contact_changelist",
             "contacts.view_contact"),
        Tile(_("Active automations"), active, None, "builder:list", "automations.view_automation"),
        Tile(_("Contacts inside"), inside, None, "admin:automations_enrollment_changelist",
             "automations.view_enrollment"),
        Tile(_("E-mails sent in 7 days"), sent, None, "campaigns:list", "contacts.view_campaign"),
        Tile(_("Opened"), opened, (_("%d %% of them"), _percent(opened, sent)), "campaigns:list",
             "contacts.view_campaign"),
        Tile(_("Clicked"), clicked, (_("%d %% of them"), _percent(clicked, sent)), "campaigns:list",
             "contacts.view_campaign"),
    ]  # fmt: skip


def _percent(part: int, whole: int) -> int:
    return min(round(part * 100 / whole), 100) if whole else 0


def _counted(metric: str, since: datetime) -> int:
    rows = CampaignCount.objects.filter(metric=metric, at__gte=since)
    return max(int(rows.aggregate(total=Sum("amount"))["total"] or 0), 0)


def month(now: datetime, zone: str) -> list[Point]:
    """E-mails sent, opened and clicked by day."""
    rows = CampaignCount.objects.filter(metric__in=PLOTTED, at__gte=now - SPAN).order_by("at")
    return by_day(rows.values("at", "metric").annotate(total=Sum("amount")).values_list(*COLUMNS), zone)


def alerts(now: datetime) -> list[Alert]:
    """Only what there is."""
    found = [make(now) for make in ALERTS]
    return [alert for alert in found if alert.count]


def _parked(now: datetime) -> Alert:
    count = Enrollment.objects.filter(status=EnrollmentStatus.PARKED).count()
    url = reverse("admin:automations_enrollment_changelist") + "?status__exact=parked"
    return Alert(_("Contacts parked after an error"), count, url, "automations.view_enrollment")


def _stopped(now: datetime) -> Alert:
    count = Automation.objects.filter(breaker_at__isnull=False).count()
    return Alert(
        _("Automations stopped by the circuit breaker"), count, reverse("builder:list"),
        "automations.view_automation", "gpp_maybe",
    )  # fmt: skip


def _uncertain(now: datetime) -> Alert:
    count = Delivery.objects.filter(status=DeliveryStatus.UNCERTAIN).count()
    url = reverse("admin:automations_delivery_changelist") + "?status__exact=uncertain"
    return Alert(_("Messages of uncertain fate"), count, url, "automations.view_delivery", "help")


def _failed(now: datetime) -> Alert:
    rows = Delivery.objects.filter(status=DeliveryStatus.FAILED, created_at__gte=now - WEEK)
    url = reverse("admin:automations_delivery_changelist") + "?status__exact=failed"
    return Alert(_("Messages that failed in 7 days"), rows.count(), url, "automations.view_delivery")


def _imports(now: datetime) -> Alert:
    failed = ImportJob.objects.filter(status=JobStatus.FAILED, created_at__gte=now - WEEK).count()
    url = reverse("admin:contacts_importjob_changelist")
    return Alert(_("Imports that failed in 7 days"), failed, url, "contacts.view_importjob", "upload_file")


#: Other modules add theirs.
ALERTS: list[Callable[[datetime], Alert]] = [_parked, _stopped, _uncertain, _failed, _imports]


def at_work() -> list[Automation]:
    """Active automations, those with the most contacts inside first."""
    from .overview import automations_with_figures

    # The figures are annotated; the stubs know only the model's own fields.
    rows: Any = automations_with_figures().filter(is_active=True)
    rows = rows.order_by("-inside", "name")
    return list(rows[:AT_WORK])


def overview(now: datetime, zone: str) -> dict[str, Any]:
    """All of it, counted once a minute."""
    key = f"home:{zone}"
    found: dict[str, Any] | None = cache.get(key)
    if found is None:
        found = {"tiles": tiles(now), "points": month(now, zone), "alerts": alerts(now), "at_work": at_work()}
        cache.set(key, found, KEPT_SECONDS)
    return found
