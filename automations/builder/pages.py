"""The list of automations, the builder page, and what concerns an automation as a whole."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from automations.models import Automation, Step
from automations.selectors.figures import automation_figures
from automations.services import (
    PublishError,
    activate,
    backfill,
    backfill_count,
    deactivate,
    discard_changes,
    publish,
    redo,
    save_automation,
    undo,
)
from automations.services.activation import late_work
from automations.services.publishing import END, waiting_at_removed

from .base import (
    ADD,
    CHANGE,
    VIEW,
    can_edit,
    full_page,
    get_automation,
    may,
    page_context,
    panel,
    refused,
    updated,
)
from .canvas import build_canvas
from .context import state_of
from .forms import AutomationForm, NewAutomationForm

PAGE_SIZE = 25
STATES: dict[str, tuple[Any, Q]] = {
    "active": (gettext_lazy("Active"), Q(is_active=True)),
    "changed": (
        gettext_lazy("Unpublished changes"),
        Q(version__isnull=False) & ~Q(revision=F("published_revision")),
    ),
    "inactive": (gettext_lazy("Inactive"), Q(is_active=False, version__isnull=False, breaker_at=None)),
    "draft": (gettext_lazy("Draft"), Q(version=None)),
    "stopped": (gettext_lazy("Stopped"), Q(breaker_at__isnull=False, is_active=False)),
}


@may(VIEW, "GET", "POST")
def automation_list(request: HttpRequest) -> HttpResponse:
    """Search, filter, page; POST creates an automation and opens it."""
    form = NewAutomationForm(request.POST or None)
    if request.method == "POST":
        if not request.user.has_perm(ADD):
            return HttpResponse(status=403)
        if form.is_valid():
            created = save_automation(values={"name": form.cleaned_data["name"]})
            return redirect("builder:page", pk=created.pk)
    page = Paginator(_found(request), PAGE_SIZE).get_page(request.GET.get("page"))
    figures = automation_figures([automation.pk for automation in page])
    rows = [(automation, *state_of(automation), *figures[automation.pk]) for automation in page]
    context = {
        "title": _("Automations"),
        "page": page,
        "rows": rows,
        "form": form,
        "query": request.GET.get("q", ""),
        "state": request.GET.get("state", ""),
        "states": [(name, label) for name, (label, _condition) in STATES.items()],
        "can_add": request.user.has_perm(ADD),
        "is_filtered": bool(request.GET.get("q") or request.GET.get("state")),
    }
    status = 422 if form.errors else 200
    return full_page(request, "automations/builder/list.html", context, status=status)


def _found(request: HttpRequest) -> QuerySet[Automation]:
    rows = Automation.objects.select_related("version").defer("version__snapshot").order_by("-updated_at", "-pk")
    query = request.GET.get("q", "").strip()
    if query:
        rows = rows.filter(Q(name__icontains=query) | Q(description__icontains=query))
    state = STATES.get(request.GET.get("state", ""))
    return rows.filter(state[1]) if state else rows


@may(VIEW, "GET")
def builder(request: HttpRequest, pk: int) -> HttpResponse:
    automation = get_automation(pk)
    canvas = build_canvas(automation)
    context = {**page_context(request, automation, canvas), "title": automation.name, "is_fullwidth": "1"}
    return full_page(request, "automations/builder/page.html", context)


@may(CHANGE, "POST")
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    automation = get_automation(pk)
    try:
        save_automation(automation=automation, values={"name": request.POST.get("name", "").strip()})
    except ValidationError as error:
        return refused(error)
    return updated(request, automation)


@may(VIEW, "GET", "POST")
def automation_settings(request: HttpRequest, pk: int) -> HttpResponse:
    automation = get_automation(pk)
    form = AutomationForm(request.POST or None, instance=automation)
    if request.method == "POST":
        if not can_edit(request):
            return HttpResponse(status=403)
        if form.is_valid():
            values = dict(form.cleaned_data)
            lists = values.pop("lists")
            save_automation(automation=get_automation(pk), values=values, lists=lists)
            return updated(request, automation, events={"builder:form": {"key": "settings", "saved": True}})
        errors = {name: [str(text) for text in texts] for name, texts in form.errors.items()}
        return updated(
            request, automation, events={"builder:form": {"key": "settings", "saved": False, "wrong": errors}}
        )
    return panel(request, "settings", automation, {"form": form})


@may(CHANGE, "POST")
def step_back(request: HttpRequest, pk: int) -> HttpResponse:
    automation = get_automation(pk)
    undo(automation=automation)
    return updated(request, automation, events={"builder:reload": {}})


@may(CHANGE, "POST")
def step_forward(request: HttpRequest, pk: int) -> HttpResponse:
    automation = get_automation(pk)
    redo(automation=automation)
    return updated(request, automation, events={"builder:reload": {}})


@may(CHANGE, "POST")
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    automation = get_automation(pk)
    try:
        discard_changes(automation=automation)
    except ValidationError as error:
        return refused(error)
    return updated(
        request, automation, toast=_("Back to the published version; undo brings your changes back."), select=""
    )


@may(CHANGE, "POST")
def publish_draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Publish, or say in the panel what stands in the way."""
    automation = get_automation(pk)
    prefix = "removed-"
    removed = {
        name.removeprefix(prefix): answer
        for name, answer in request.POST.items()
        if name.startswith(prefix) and isinstance(answer, str) and answer
    }
    try:
        version = publish(automation=automation, removed=removed)
    except PublishError as error:
        return updated(request, automation, panel=_publish_panel(request, automation, error), select="")
    text = _("Published as v%s.") % version.number
    if not automation.is_active:
        text = _("Published as v%s. Switch it on to let contacts in.") % version.number
    return updated(request, automation, toast=text, events={"builder:published": {}})


def _publish_panel(request: HttpRequest, automation: Automation, error: PublishError) -> str:
    parts: dict[str, Any] = {part.key: part for part in automation.triggers.all()}
    steps: list[Step] = list(automation.steps.all())
    parts |= {step.key: step for step in steps}
    problems = [(problem, parts.get(problem.key)) for problem in error.problems]
    stranded = waiting_at_removed(automation)
    published = automation.version.snapshot["steps"] if automation.version else []
    types = {data["key"]: data["type"] for data in published}
    context = {
        "automation": automation,
        "can_edit": True,
        "problems": [(problem, part) for problem, part in problems if problem.key not in stranded],
        "stranded": [
            (key, _old_title(types.get(key, ""), published, key), count) for key, count in stranded.items()
        ],
        "choices": [(step.key, step.describe()) for step in steps],
        "end": END,
    }
    return render_to_string("automations/builder/panels/publish.html", context, request=request)


def _old_title(slug: str, published: list[dict[str, Any]], key: str) -> str:
    from automations.steps.base import STEPS

    cls = STEPS.get(slug)
    data = next((data for data in published if data["key"] == key), None)
    if cls is None or data is None:
        return _("a step that is gone")
    return cls.from_settings(data["settings"]).describe()


@may(CHANGE, "POST")
def switch_on(request: HttpRequest, pk: int) -> HttpResponse:
    """Activate; where work came due meanwhile, its amount is shown first."""
    automation = get_automation(pk)
    late = late_work(automation, timezone.now())
    if any(late) and not automation.is_active and "confirmed" not in request.POST:
        context = {
            "automation": automation,
            "can_edit": True,
            "late": late,
            "rate": settings.LATE_RELEASE_PER_MINUTE,
            "minutes": -(-sum(late) // settings.LATE_RELEASE_PER_MINUTE),
        }
        html = render_to_string("automations/builder/panels/activate.html", context, request=request)
        return updated(request, automation, panel=html, select="")
    try:
        activate(automation=automation)
    except ValidationError as error:
        return refused(error)
    toast = _("Active: contacts enter from now on.")
    count = backfill_count(automation=automation)
    if not count:
        return updated(request, automation, toast=toast)
    context = {"automation": automation, "can_edit": True, "count": count}
    html = render_to_string("automations/builder/panels/backfill.html", context, request=request)
    return updated(request, automation, panel=html, select="", toast=toast)


@may(CHANGE, "POST")
def add_those_who_meet_it(request: HttpRequest, pk: int) -> HttpResponse:
    """The backfill, offered at activation."""
    automation = get_automation(pk)
    try:
        outcome = backfill(automation=automation)
    except ValidationError as error:
        return refused(error)
    if outcome.job is None:
        entered = outcome.changed
        text = ngettext("%d contact entered.", "%d contacts entered.", entered) % entered
    else:
        text = _("%d contacts are being added; see “Bulk actions”.") % outcome.selected
    return updated(request, automation, toast=text, events={"builder:reload": {}})


@may(CHANGE, "POST")
def switch_off(request: HttpRequest, pk: int) -> HttpResponse:
    automation = get_automation(pk)
    deactivate(automation=automation)
    toast = _("Inactive: nobody enters, and contacts inside stay where they are.")
    return updated(request, automation, toast=toast)
