"""What a campaign's report shows: figures, their course over time, links, and the people behind each figure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, QuerySet, Sum
from django.utils import timezone

from automations.models import Delivery, StepCount
from automations.models.delivery import DeliveryStatus
from automations.reasons import Skip
from contacts.models import Campaign, CampaignCount, CampaignLink, Contact, EmailActivity, SentEmail
from contacts.models.engagement import EmailAction

SKIP = "skip:"
#: The plot shows this much: of a campaign from its start, of an automation's e-mail up to now.
SPAN = timedelta(days=30)
COLUMNS = ("at", "metric", "total")
PLOTTED = ("open_first", "click_first", "unsubscribe")
OPEN_ROWS = (DeliveryStatus.PENDING, DeliveryStatus.CLAIMED, DeliveryStatus.SENDING)


@dataclass(slots=True)
class Report:
    """Counts by metric (see CampaignCount). Where no provider tells, `delivered` is sent less bounces."""

    counts: dict[str, int] = field(default_factory=dict)

    def of(self, metric: str) -> int:
        return max(self.counts.get(metric, 0), 0)

    @property
    def sent(self) -> int:
        return self.of("sent")

    @property
    def is_reckoned(self) -> bool:
        return not self.of("delivered")

    @property
    def delivered(self) -> int:
        return self.of("delivered") or max(self.sent - self.of("bounce_first"), 0)

    @property
    def skips(self) -> dict[Skip, int]:
        """Why it was not sent, the most frequent reason first."""
        found = {
            Skip(name.removeprefix(SKIP)): amount
            for name, amount in self.counts.items()
            if name.startswith(SKIP) and amount > 0
        }
        return dict(sorted(found.items(), key=lambda pair: -pair[1]))

    @property
    def opened(self) -> float | None:
        return self.share("open_first")

    @property
    def clicked(self) -> float | None:
        return self.share("click_first")

    def share(self, metric: str) -> float | None:
        """Percent of those delivered; None before anything was."""
        return round(self.of(metric) * 100 / self.delivered, 1) if self.delivered else None


def reports(campaigns: Sequence[Campaign]) -> dict[int, Report]:
    """{campaign id: its report}; two queries for any number of campaigns."""
    found = {campaign.pk: Report() for campaign in campaigns}
    rows = CampaignCount.objects.filter(campaign__in=list(found)).order_by().values_list("campaign_id", "metric")
    for pk, metric, amount in rows.annotate(total=Sum("amount")):
        found[pk].counts[metric] = amount
    _add_steps(campaigns, found)
    return found


def _add_steps(campaigns: Sequence[Campaign], found: dict[int, Report]) -> None:
    """An automation's e-mails that were not sent are counted with its step."""
    places = {place_of(campaign): campaign.pk for campaign in campaigns if campaign.origin_key}
    if not places:
        return
    rows = StepCount.objects.filter(automation__in={automation for automation, _key in places})
    rows = rows.filter(step_key__in={key for _automation, key in places}).exclude(metric="sent")
    totals = rows.order_by().values_list("automation_id", "step_key", "metric").annotate(total=Sum("amount"))
    for automation, key, metric, amount in totals:
        if metric.startswith(SKIP) or metric in (DeliveryStatus.SKIPPED, DeliveryStatus.FAILED):
            pk = places.get((automation, key))
            if pk is not None:
                found[pk].counts[metric] = amount


def place_of(campaign: Campaign) -> tuple[int, str]:
    """(automation id, step key) of an automation's e-mail."""
    _word, automation, key = (campaign.origin_key or ":0:").split(":", 2)
    return int(automation), key


@dataclass(frozen=True, slots=True)
class Point:
    at: datetime
    counts: dict[str, int]


def course(campaign: Campaign, zone: str) -> tuple[list[Point], bool]:
    """The plotted metrics over time, by hour for two days, by day beyond: (points, whether by hour)."""
    now = timezone.now()
    begin = campaign.started_at or now - SPAN
    rows = CampaignCount.objects.filter(campaign=campaign, metric__in=PLOTTED, at__gte=begin - timedelta(hours=1))
    totals = rows.filter(at__lte=begin + SPAN).order_by("at").values("at", "metric").annotate(total=Sum("amount"))
    counted: list[tuple[datetime, str, int]] = list(totals.values_list(*COLUMNS))
    last = max((at for at, _metric, _total in counted), default=begin)
    if last - begin <= timedelta(hours=48):
        return _by_hour(counted, begin), True
    return by_day(counted, zone), False


def _by_hour(rows: Iterable[tuple[datetime, str, int]], begin: datetime) -> list[Point]:
    found: dict[datetime, dict[str, int]] = defaultdict(dict)
    for at, metric, amount in rows:
        found[at][metric] = found[at].get(metric, 0) + amount
    if not found:
        return []
    hour = min(min(found), begin.replace(minute=0, second=0, microsecond=0))
    points = []
    while hour <= max(found):
        points.append(Point(hour, found.get(hour, {})))
        hour += timedelta(hours=1)
    return points


def by_day(rows: Iterable[tuple[datetime, str, int]], zone: str) -> list[Point]:
    """(moment, metric, amount) rows summed by the zone's days, days without any in between."""
    found: dict[date, dict[str, int]] = defaultdict(dict)
    for at, metric, amount in rows:
        day = at.astimezone(ZoneInfo(zone)).date()
        found[day][metric] = found[day].get(metric, 0) + amount
    if not found:
        return []
    days = [min(found) + timedelta(days=n) for n in range((max(found) - min(found)).days + 1)]
    midnight = time(tzinfo=ZoneInfo(zone))
    return [Point(datetime.combine(day, midnight), found.get(day, {})) for day in days]


@dataclass(frozen=True, slots=True)
class LinkFigures:
    link: CampaignLink
    clicks: int
    people: int


def link_figures(campaign: Campaign) -> list[LinkFigures]:
    """Every link of the e-mail, the most clicked first; two queries."""
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    rows = CampaignCount.objects.filter(campaign=campaign, metric__in=("link", "link_first"), link__isnull=False)
    for pk, metric, total in rows.order_by().values_list("link_id", "metric").annotate(total=Sum("amount")):
        counts[pk][metric] = total
    links = [
        LinkFigures(link, counts[link.pk].get("link", 0), counts[link.pk].get("link_first", 0))
        for link in CampaignLink.objects.filter(campaign=campaign)
    ]
    return sorted(links, key=lambda row: (-row.people, -row.clicks, row.link.pk))


#: Where a figure's people stand: a moment on the e-mail itself.
ON_EMAIL = {
    "sent": "sent_at",
    "open_first": "opened_at",
    "click_first": "clicked_at",
    "bounce_first": "bounced_at",
    "reply_first": "replied_at",
}
ACTIONS = {
    "unsubscribe": EmailAction.UNSUBSCRIBE,
    "complaint": EmailAction.COMPLAINT,
    "delivered": EmailAction.DELIVERED,
    "forward": EmailAction.FORWARD,
    "share": EmailAction.SHARE,
}
UNSENT = (DeliveryStatus.FAILED, DeliveryStatus.UNCERTAIN, DeliveryStatus.SKIPPED)
STATUSES = {status.value: status for status in UNSENT}


def people_behind(campaign: Campaign, metric: str, link: int | None = None) -> QuerySet[Contact] | None:
    """The contacts of a figure, newest first; None for a metric that has none. Those deleted since are missing."""
    people = Contact.objects.order_by("-pk")
    emails = SentEmail.objects.filter(campaign=campaign, contact=OuterRef("pk"))
    if metric == "delivered" and not CampaignCount.objects.filter(campaign=campaign, metric=metric).exists():
        return people.filter(Exists(emails.filter(sent_at__isnull=False, bounced_at=None)))
    if metric in ON_EMAIL:
        return people.filter(Exists(emails.filter(**{f"{ON_EMAIL[metric]}__isnull": False})))
    activity = EmailActivity.objects.filter(campaign=campaign, contact=OuterRef("pk"), machine=False)
    if metric == "link" and link is not None:
        return people.filter(Exists(activity.filter(action=EmailAction.CLICK, link=link)))
    if metric in ACTIONS:
        return people.filter(Exists(activity.filter(action=ACTIONS[metric])))
    rows = _rows(campaign, metric)
    return None if rows is None else people.filter(Exists(rows.filter(contact=OuterRef("pk"))))


def _rows(campaign: Campaign, metric: str) -> Any:
    """Rows of the ledger that are counted under a metric."""
    rows = Delivery.objects.filter(campaign=campaign)
    if campaign.origin_key:
        automation, key = place_of(campaign)
        rows = Delivery.objects.filter(automation=automation, step_key=key)
    if metric == "recipients":
        return rows
    if metric == "waiting":
        return rows.filter(status__in=OPEN_ROWS)
    if metric in STATUSES:
        return rows.filter(status=STATUSES[metric])
    reason = metric.removeprefix(SKIP)
    known = metric.startswith(SKIP) and reason in Skip.values
    return rows.filter(status=DeliveryStatus.SKIPPED, skip_reason=reason) if known else None
