"""What is to be done: one's own tasks, those of the others, and what was done lately."""

import json
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from contacts.shell import full_page, may
from deals.models import Task
from deals.selectors.tasks import agenda, done_lately, with_outcomes
from deals.services import complete_tasks, reopen_tasks

VIEW, CHANGE = "deals.view_task", "deals.change_task"
WHOSE = ("mine", "all", "nobody")


@may(VIEW, "GET")
def my_tasks(request: HttpRequest) -> HttpResponse:
    """`?whose=` mine (the default), all or nobody; `?done=1` for what was done lately."""
    return full_page(request, "deals/tasks.html", tasks_context(request))


def tasks_context(request: HttpRequest) -> dict[str, Any]:
    whose = request.GET.get("whose", "mine")
    whose = whose if whose in WHOSE else "mine"
    show_done = request.GET.get("done") == "1"
    rows = _of(whose, request)
    sections = [] if show_done else [(part, with_outcomes(part.tasks)) for part in agenda(rows)]
    return {
        "title": _("My tasks") if whose == "mine" else _("Tasks"),
        "whose": whose,
        "show_done": show_done,
        "sections": sections,
        "done": done_lately(rows) if show_done else [],
        "can_edit": request.user.has_perm(CHANGE),
        "can_add": request.user.has_perm("deals.add_task"),
    }


def _of(whose: str, request: HttpRequest) -> QuerySet[Task]:
    rows = Task.objects.all()
    if whose == "all":
        return rows
    return rows.filter(assignee=None if whose == "nobody" else request.user.pk)


@may(CHANGE, "POST")
def complete(request: HttpRequest, pk: int) -> HttpResponse:
    task = get_object_or_404(Task, pk=pk)
    raw = request.POST.get("outcome", "")
    outcome = int(raw) if raw.isdecimal() and len(raw) < 19 else None
    try:
        complete_tasks(tasks=task, outcome=outcome)
    except ValidationError as error:
        return _answer(request, " ".join(error.messages), status=422)
    return _answer(request, _("“%s” is done.") % task)


@may(CHANGE, "POST")
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    task = get_object_or_404(Task, pk=pk)
    reopen_tasks(tasks=task)
    return _answer(request, _("“%s” is to be done again.") % task)


def _answer(request: HttpRequest, text: str, status: int = 200) -> HttpResponse:
    if not request.headers.get("HX-Request"):
        (messages.success if status == 200 else messages.error)(request, text)
        query = request.META.get("QUERY_STRING", "")
        return redirect(reverse("deals:tasks") + (f"?{query}" if query else ""))
    response = render(request, "deals/task_list.html", tasks_context(request), status=status)
    response["HX-Trigger-After-Settle"] = json.dumps({"deals:told": {"text": text, "bad": status != 200}})
    return response
