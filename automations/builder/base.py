"""What the builder's views share: who may, which automation, and how an answer is put together."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string

from automations.models import Automation, Step, Trigger
from automations.names import remembered_names
from contacts import shell
from contacts.shell import View, full_page

from .canvas import Canvas, build_canvas
from .context import bar_context

__all__ = [
    "ADD",
    "CHANGE",
    "VIEW",
    "can_edit",
    "full_page",
    "get_automation",
    "get_part",
    "may",
    "page_context",
    "panel",
    "panel_html",
    "refused",
    "updated",
]

VIEW = "automations.view_automation"
CHANGE = "automations.change_automation"
ADD = "automations.add_automation"


def may(permission: str, *methods: str) -> Callable[[View], View]:
    """Log-in, permission and allowed methods; names of records are remembered for the whole request."""

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            with remembered_names():
                return view(request, *args, **kwargs)

        return shell.may(permission, *methods)(wrapped)

    return decorate


def get_automation(pk: int) -> Automation:
    return get_object_or_404(Automation.objects.select_related("version"), pk=pk)


def get_part(automation: Automation, kind: str, key: str) -> Trigger | Step:
    """The trigger or step with that key; 404 where there is none."""
    rows: Any = {"triggers": automation.triggers, "steps": automation.steps}[kind]
    part = rows.filter(key=key).first()
    if part is None:
        raise Http404
    part.automation = automation
    return part  # type: ignore[no-any-return]  # from a polymorphic manager


def can_edit(request: HttpRequest) -> bool:
    return request.user.has_perm(CHANGE)


def panel(request: HttpRequest, template: str, automation: Automation, context: dict[str, Any]) -> HttpResponse:
    """The content of the right-hand panel."""
    return HttpResponse(panel_html(request, template, automation, context))


def panel_html(request: HttpRequest, template: str, automation: Automation, context: dict[str, Any]) -> str:
    context = {"automation": automation, "can_edit": can_edit(request), **context}
    return render_to_string(f"automations/builder/panels/{template}.html", context, request=request)


def updated(
    request: HttpRequest,
    automation: Automation,
    *,
    panel: str = "",
    select: str | None = None,
    toast: str = "",
    events: dict[str, Any] | None = None,
) -> HttpResponse:
    """Bar and canvas as they are now, out of band; `panel` (HTML) replaces the panel's content."""
    automation = get_automation(automation.pk)
    # A memory of its own: the edit has changed what was remembered before it.
    with remembered_names():
        canvas = build_canvas(automation)
        html = render_to_string(
            "automations/builder/updated.html",
            {**page_context(request, automation, canvas), "panel_html": panel},
            request=request,
        )
    triggers = dict(events or {})
    if select is not None:
        triggers["builder:select"] = {"key": select, "panel": bool(panel)}
    if toast:
        triggers["builder:toast"] = {"text": toast}
    return HttpResponse(html, headers={"HX-Trigger": json.dumps(triggers)})


def page_context(request: HttpRequest, automation: Automation, canvas: Canvas) -> dict[str, Any]:
    return {
        "automation": automation,
        "canvas": canvas,
        "can_edit": can_edit(request),
        **bar_context(automation, canvas),
    }


def refused(error: ValidationError) -> HttpResponse:
    """422 with the messages as a toast; nothing on the page changes."""
    text = " ".join(error.messages)
    event = json.dumps({"builder:toast": {"text": text, "bad": True}})
    return HttpResponse(status=422, headers={"HX-Reswap": "none", "HX-Trigger": event})
