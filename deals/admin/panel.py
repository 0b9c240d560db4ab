"""Below a deal's form: its contacts, tasks and notes, and what happened to it."""

from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from contacts.admin.panels import Verb, demand
from contacts.admin.sections import sections_of
from contacts.models import Contact, Score
from contacts.selectors.timeline import timeline_of
from contacts.values import fold_email
from deals.models import Deal, Task, TaskType
from deals.selectors.tasks import with_outcomes
from deals.services import (
    add_deal_contacts,
    add_deal_notes,
    add_task,
    adjust_deal_scores,
    complete_tasks,
    remove_deal_contacts,
    set_primary_contact,
)

SHOWN = 200


def panel_context(request: HttpRequest, deal: Deal, errors: list[str] | None = None) -> dict[str, Any]:
    """A fixed number of queries."""
    participants = list(deal.participants.select_related("contact").order_by("-is_primary", "pk")[:SHOWN])
    tasks = list(
        deal.tasks.filter(done_at=None).select_related("type", "assignee").order_by("due_at", "pk")[:SHOWN]
    )
    users = get_user_model()._default_manager.filter(is_active=True).order_by("username")
    return {
        "deal": deal,
        "panel_errors": errors or [],
        "panel_url": reverse("admin:deals_deal_panel", args=[deal.pk]),
        "timeline_url": reverse("admin:deals_deal_timeline", args=[deal.pk]),
        "board_url": reverse("deals:pipeline", args=[deal.pipeline_id]),
        "may_change": request.user.has_perm("deals.change_deal"),
        "may_note": request.user.has_perm("deals.add_dealnote"),
        "may_plan": request.user.has_perm("deals.add_task"),
        "may_do": request.user.has_perm("deals.change_task"),
        "participants": participants,
        "open_tasks": with_outcomes(list(tasks[:SHOWN])),
        "scores": _scores(deal),
        "task_types": list(TaskType.objects.all()),
        "users": users,
        "sections": sections_of(request, deal),
        "timeline": timeline_of(record=deal),
    }


def _scores(deal: Deal) -> list[tuple[Score, int]]:
    points = dict(deal.scores.order_by().values_list("score_id", "points"))
    return [(score, points.get(score.pk, 0)) for score in Score.of("deal").order_by("name")]


def chosen_id(request: HttpRequest, name: str) -> int:
    """An id of the form; 0, which no row has, where there is none."""
    raw = request.POST.get(name, "")
    return int(raw) if raw.isdecimal() and len(raw) < 19 else 0


def _add_contact(request: HttpRequest, deal: Deal) -> None:
    demand(request, "deals.change_deal")
    address = fold_email(request.POST.get("email", ""))
    contact = Contact.objects.filter(email=address).first() if address else None
    if contact is None:
        raise ValidationError(_("There is no contact with the address “%s”.") % address[:100])
    if not add_deal_contacts(deal=deal, contacts=contact, role=request.POST.get("role", "")):
        raise ValidationError(_("%s takes part already.") % contact)


def _remove_contact(request: HttpRequest, deal: Deal) -> None:
    demand(request, "deals.change_deal")
    remove_deal_contacts(deal=deal, contacts=[chosen_id(request, "contact")])


def _make_primary(request: HttpRequest, deal: Deal) -> None:
    demand(request, "deals.change_deal")
    set_primary_contact(deal=deal, contact=chosen_id(request, "contact"))


def _add_note(request: HttpRequest, deal: Deal) -> None:
    demand(request, "deals.add_dealnote")
    text = request.POST.get("text", "").strip()
    if not text:
        raise ValidationError(_("Write something first."))
    if len(text) > 10_000:
        raise ValidationError(_("A note has at most 10,000 characters."))
    add_deal_notes(deals=deal, text=text)


def _add_task(request: HttpRequest, deal: Deal) -> None:
    demand(request, "deals.add_task")
    add_task(
        title=request.POST.get("title", "").strip(),
        type_id=chosen_id(request, "type") or None,
        due_at=moment(request.POST.get("due_at", "")),
        assignee_id=chosen_id(request, "assignee") or None,
        deal=deal,
    )


def moment(text: str) -> datetime:
    """A datetime-local field's value; ValidationError where it is none."""
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise ValidationError({"due_at": _("Choose a day and a time.")})
    return found if timezone.is_aware(found) else timezone.make_aware(found)


def complete_task(request: HttpRequest, tasks: Any) -> None:
    """Complete the task of the form, which is one of `tasks`."""
    demand(request, "deals.change_task")
    task = tasks.filter(pk=chosen_id(request, "task")).first()
    if task is None:
        raise ValidationError(_("This task does not exist any more."))
    complete_tasks(tasks=task, outcome=chosen_id(request, "outcome") or None)


def _complete(request: HttpRequest, deal: Deal) -> None:
    complete_task(request, Task.objects.filter(deal=deal))


def _give_points(request: HttpRequest, deal: Deal) -> None:
    demand(request, "deals.change_deal")
    raw = request.POST.get("points", "").strip().replace("−", "-")
    if not raw.removeprefix("-").removeprefix("+").isdecimal() or len(raw) > 12 or int(raw) == 0:
        raise ValidationError(_("Give a number of points, such as 5 or -5."))
    adjust_deal_scores(deals=deal, score=chosen_id(request, "score"), points=int(raw), reason=_("by hand"))


VERBS: dict[str, Verb] = {
    "add_contact": _add_contact,
    "remove_contact": _remove_contact,
    "make_primary": _make_primary,
    "add_note": _add_note,
    "add_task": _add_task,
    "complete_task": _complete,
    "give_points": _give_points,
}
