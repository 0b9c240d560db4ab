"""A contact's page shows its deals and tasks, an account's its deals."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from contacts.admin.panels import demand
from contacts.admin.sections import Section, register_section
from contacts.models import Account, Contact
from deals.models import Stage, Task
from deals.selectors.tasks import with_outcomes
from deals.services.deals import create_deal

from .panel import complete_task

SHOWN = 20


def _deals(request: HttpRequest, contact: Contact) -> Mapping[str, Any] | None:
    if not request.user.has_perm("deals.view_deal"):
        return None
    rows = contact.participations.select_related("deal__stage", "deal__pipeline").order_by("-deal_id")[:SHOWN]
    stage = Stage.objects.order_by("pipeline__position", "pipeline_id", "position", "pk").first()
    return {
        "rows": list(rows),
        "may_add": request.user.has_perm("deals.add_deal") and stage is not None,
        "has_stage": stage is not None,
    }


def _deals_of_account(request: HttpRequest, account: Account) -> Mapping[str, Any] | None:
    if not request.user.has_perm("deals.view_deal"):
        return None
    rows = account.deals.select_related("stage").order_by("-pk")[:SHOWN]
    return {"rows": [{"deal": deal, "deal_id": deal.pk} for deal in rows]}


def _tasks(request: HttpRequest, contact: Contact) -> Mapping[str, Any] | None:
    if not request.user.has_perm("deals.view_task"):
        return None
    tasks = contact.tasks.filter(done_at=None).select_related("type", "assignee").order_by("due_at", "pk")[:SHOWN]
    return {
        "rows": with_outcomes(list(tasks)),
        "may_plan": request.user.has_perm("deals.add_task"),
        "may_do": request.user.has_perm("deals.change_task"),
    }


def _add_deal(request: HttpRequest, contact: Contact) -> None:
    """A deal in the first stage of the first pipeline, to be filled in on its own page."""
    demand(request, "deals.add_deal")
    stage = Stage.objects.order_by("pipeline__position", "pipeline_id", "position", "pk").first()
    create_deal(title=request.POST.get("title", ""), stage=stage, contacts=contact, owner=request.user.pk)


def _complete(request: HttpRequest, contact: Contact) -> None:
    complete_task(request, Task.objects.filter(contact=contact))


register_section(Section(Contact, "admin/deals/contact_deals.html", _deals, {"add_deal": _add_deal}))
register_section(Section(Contact, "admin/deals/contact_tasks.html", _tasks, {"complete_task": _complete}))
register_section(Section(Account, "admin/deals/contact_deals.html", _deals_of_account))
