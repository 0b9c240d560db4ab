"""What became of a campaign: figures, their course, links, and the people behind each number."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.builder.base import full_page, may
from automations.models import Account
from automations.reasons import Skip
from automations.selectors.campaigns import (
    SKIP,
    Report,
    course,
    link_figures,
    people_behind,
    place_of,
    reports,
)
from contacts.models import Campaign, CampaignLink

from .base import VIEW, get_campaign, is_open, page_context
from .chart import LABELS, draw

PAGE_SIZE = 50
#: (metric, label): the tiles; the first three always, the others too, as a zero says something.
TILES = (
    ("sent", gettext_lazy("Sent")),
    ("delivered", gettext_lazy("Delivered")),
    ("open_first", gettext_lazy("Opened")),
    ("click_first", gettext_lazy("Clicked")),
    ("unsubscribe", gettext_lazy("Unsubscribed")),
    ("bounce_first", gettext_lazy("Bounced")),
    ("complaint", gettext_lazy("Complaints")),
)
#: Shown where there are any.
FURTHER = (
    ("reply_first", gettext_lazy("Answered")),
    ("forward", gettext_lazy("Forwarded")),
    ("share", gettext_lazy("Shared")),
    ("failed", gettext_lazy("Failed")),
    ("skipped", gettext_lazy("Not sent")),
)
TITLES = {
    **dict(TILES),
    **dict(FURTHER),
    "recipients": gettext_lazy("Recipients"),
    "waiting": gettext_lazy("Still to go"),
    "link": gettext_lazy("Clicked the link"),
}


@may(VIEW, "GET")
def report(request: HttpRequest, pk: int) -> HttpResponse:
    campaign = get_campaign(pk)
    if is_open(campaign):
        return redirect("campaigns:editor", pk=pk)
    figures = reports([campaign])[pk]
    points, by_hour = course(campaign, Account.current().zone)
    context = page_context(request, campaign) | {
        "figures": figures,
        "tiles": [(metric, label, *_figure(figures, metric)) for metric, label in TILES],
        "further": [(metric, label, figures.of(metric)) for metric, label in FURTHER if figures.of(metric)],
        "machine": (figures.of("open_machine"), figures.of("click_machine")),
        "skips": [(f"{SKIP}{reason}", reason.label, amount) for reason, amount in figures.skips.items()],
        "chart": draw(points),
        "points": [(point, [point.counts.get(name, 0) for name in LABELS]) for point in points if point.counts],
        "columns": LABELS.values(),
        "by_hour": by_hour,
        "links": [(row, _percent(row.people, figures.delivered)) for row in link_figures(campaign)],
        "automation": place_of(campaign)[0] if campaign.origin_key else 0,
        **_progress(campaign, figures),
    }
    return full_page(request, "automations/campaigns/report.html", context)


def _figure(figures: Report, metric: str) -> tuple[int, float | None]:
    if metric == "sent":
        return figures.sent, None
    amount = figures.delivered if metric == "delivered" else figures.of(metric)
    if metric in ("delivered", "bounce_first"):
        return amount, _percent(amount, figures.sent)
    return amount, _percent(amount, figures.delivered)


def _percent(part: int, whole: int) -> float | None:
    return round(part * 100 / whole, 1) if whole else None


def _progress(campaign: Campaign, figures: Report) -> dict[str, Any]:
    """How far it has come; `done` counts what left, failed or was left out."""
    done = figures.sent + figures.of("skipped") + figures.of("failed")
    total = campaign.recipients
    return {"done": min(done, total), "total": total, "percent": min(int(done * 100 / total), 100) if total else 0}


@may(VIEW, "GET")
def people(request: HttpRequest, pk: int) -> HttpResponse:
    """The contacts behind `?metric=` (with `link` its `&link=`), fifty at a time."""
    if not request.user.has_perm("contacts.view_contact"):
        return HttpResponse(status=403)
    campaign = get_campaign(pk)
    metric, link = request.GET.get("metric", ""), _link(campaign, request.GET.get("link", ""))
    rows = people_behind(campaign, metric, link.pk if link else None)
    if rows is None or (metric == "link" and link is None):
        raise Http404
    number = request.GET.get("page", "1")
    page = max(int(number), 1) if number.isdecimal() and len(number) < 8 else 1
    start = (page - 1) * PAGE_SIZE
    found = list(rows[start : start + PAGE_SIZE + 1])
    context = page_context(request, campaign) | {
        "label": _title(metric),
        "metric": metric,
        "link": link,
        "people": found[:PAGE_SIZE],
        "number": page,
        "before": page - 1,
        "following": page + 1 if len(found) > PAGE_SIZE else 0,
    }
    return full_page(request, "automations/campaigns/people.html", context)


def _title(metric: str) -> Any:
    if metric.startswith(SKIP):
        return _("Not sent: %s") % Skip(metric.removeprefix(SKIP)).label
    return TITLES.get(metric, metric)


def _link(campaign: Campaign, pk: str) -> CampaignLink | None:
    if not (pk.isdecimal() and len(pk) < 19):
        return None
    return CampaignLink.objects.filter(campaign=campaign, pk=pk).first()
