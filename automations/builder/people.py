"""The panel's figures and log: who is where, what happened, and why (not)."""

from collections.abc import Callable
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.engine.plan import plan_of_version
from automations.models import Automation, Enrollment, StepLog
from automations.models.delivery import DeliveryStatus
from automations.models.enrollment import INSIDE, EnrollmentStatus
from automations.selectors.figures import Figures, enrollments_behind, step_figures
from automations.selectors.refused_records import refused_records
from automations.selectors.why import why
from automations.services import end_enrollments, resume_parked, skip_wait
from contacts.models import Contact

from .base import CHANGE, VIEW, get_automation, get_part, may, panel, panel_html, updated

PAGE_SIZE = 25
SHOWN = 40
METRICS = {
    "entered": gettext_lazy("Entered"),
    "waiting": gettext_lazy("Here now"),
    "left": gettext_lazy("Went on"),
    "failed": gettext_lazy("Failed"),
}


@may(VIEW, "GET")
def metrics(request: HttpRequest, pk: int) -> HttpResponse:
    """Figures of the whole automation, or of the card `?key=`."""
    automation = get_automation(pk)
    key = request.GET.get("key", "")
    part = _part(automation, key)
    figures = step_figures(automation).get(key) or Figures()
    arms = part.arms() if part is not None and hasattr(part, "arms") else ()
    paths = (
        [(arm, figures.arms.get(arm.name, 0), figures.share(arm.name)) for arm in arms] if len(arms) > 1 else []
    )
    rows = [(metric, label, getattr(figures, metric)) for metric, label in METRICS.items()]
    deliveries = [
        (status.value, status.label, figures.deliveries[status])
        for status in DeliveryStatus
        if figures.deliveries.get(status)
    ]
    context = {"key": key, "part": part, "kind": _kind(automation, key), "rows": rows, "paths": paths}
    return panel(request, "metrics", automation, {**context, "deliveries": deliveries, "tab": "metrics"})


def _part(automation: Automation, key: str) -> Any:
    if not key:
        return None
    return get_part(automation, _kind(automation, key), key)


def _kind(automation: Automation, key: str) -> str:
    return "triggers" if key and automation.triggers.filter(key=key).exists() else "steps"


@may(VIEW, "GET")
def people(request: HttpRequest, pk: int) -> HttpResponse:
    """The contacts behind a figure."""
    automation = get_automation(pk)
    key, metric = request.GET.get("key", ""), request.GET.get("metric", "entered")
    labels = {**METRICS, **dict(DeliveryStatus.choices)}
    if metric not in labels:
        raise Http404
    page = max(int(number) if (number := request.GET.get("page", "1")).isdigit() else 1, 1)
    start = (page - 1) * PAGE_SIZE
    rows = list(enrollments_behind(automation, key, metric)[start : start + PAGE_SIZE + 1])
    context = {
        "key": key,
        "kind": _kind(automation, key),
        "part": _part(automation, key),
        "metric": metric,
        "label": labels[metric],
        "rows": [(row, _standing(automation, row)) for row in rows[:PAGE_SIZE]],
        "page": page,
        "following": page + 1 if len(rows) > PAGE_SIZE else 0,
        "tab": "metrics",
    }
    return panel(request, "people", automation, context)


@may(VIEW, "GET")
def log(request: HttpRequest, pk: int) -> HttpResponse:
    """The last events of the automation or of a card; of one contact with `?contact=`; `?q=` searches."""
    automation = get_automation(pk)
    key, query = request.GET.get("key", ""), request.GET.get("q", "").strip()
    if request.GET.get("contact", "").isdigit():
        contact = get_object_or_404(Contact, pk=request.GET["contact"])
        return panel(request, "contact", automation, _contact_context(automation, contact))
    context: dict[str, Any] = {"key": key, "kind": _kind(automation, key), "query": query, "tab": "log"}
    context["part"] = _part(automation, key)
    if query:
        name = Q(email__icontains=query) | Q(first_name__icontains=query) | Q(last_name__icontains=query)
        context["found"] = list(Contact.objects.filter(name).order_by("email")[:20])
        if len(context["found"]) == 1:
            return panel(request, "contact", automation, _contact_context(automation, context["found"][0]))
    else:
        rows = StepLog.objects.filter(enrollment__automation=automation).select_related("enrollment__contact")
        rows = rows.filter(step_key=key) if key else rows
        context["refused"] = [] if key else refused_records(automation, SHOWN)
        context["entries"] = [(row, _title(automation, row.step_key)) for row in rows.order_by("-pk")[:SHOWN]]
    return panel(request, "log", automation, context)


def _contact_context(automation: Automation, contact: Contact) -> dict[str, Any]:
    passes = list(Enrollment.objects.filter(automation=automation, contact=contact).order_by("-pk")[:10])
    entries: dict[int, list[Any]] = {row.pk: [] for row in passes}
    logged = StepLog.objects.filter(enrollment__in=passes).order_by("pk")
    for entry in logged:
        entries[entry.enrollment_id].append((entry, _title(automation, entry.step_key)))
    return {
        "contact": contact,
        "why": why(automation, contact),
        "passes": [(row, _standing(automation, row), entries[row.pk]) for row in passes],
        "tab": "log",
    }


def _title(automation: Automation, key: str) -> str:
    """The step as the published version says it; the draft may know it by other words."""
    plan = plan_of_version(automation.version_id) if automation.version_id else None
    if not key:
        return ""
    return plan.steps[key].describe() if plan is not None and key in plan.steps else _("a step that is gone")


def _standing(automation: Automation, row: Enrollment) -> dict[str, Any]:
    """Where a pass stands, and what a person may do about it."""
    inside = row.status in INSIDE
    parked = row.status == EnrollmentStatus.PARKED
    return {
        "title": _title(automation, row.step_key),
        "inside": inside,
        "can_skip": row.status == EnrollmentStatus.ACTIVE and row.arrived,
        "parked": parked,
    }


ACTIONS: dict[str, Callable[[Enrollment], Any]] = {
    "skip": lambda row: skip_wait(enrollment=row),
    "retry": lambda row: resume_parked(enrollments=[row]),
    "pass": lambda row: resume_parked(enrollments=[row], skip=True),
    "end": lambda row: end_enrollments(automation=row.automation_id, contacts=[row.contact_id]),
}
DONE = {
    "skip": gettext_lazy("The wait is over for this contact."),
    "retry": gettext_lazy("The step is tried again."),
    "pass": gettext_lazy("The contact goes on behind the step."),
    "end": gettext_lazy("The contact has left the automation."),
}


@may(CHANGE, "POST")
def act(request: HttpRequest, pk: int, enrollment: int, action: str) -> HttpResponse:
    """Skip a wait, retry or pass a step that failed, end; answers with the contact's log."""
    automation = get_automation(pk)
    row = get_object_or_404(Enrollment.objects.select_related("contact"), pk=enrollment, automation=automation)
    if action not in ACTIONS:
        raise Http404
    changed = ACTIONS[action](row)
    toast = str(DONE[action]) if changed else _("Nothing changed: the contact has moved on meanwhile.")
    html = panel_html(request, "contact", automation, _contact_context(automation, row.contact))
    return updated(request, automation, panel=html, toast=toast)
