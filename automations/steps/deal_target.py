"""What the steps about deals share: which deals a contact's visit means."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.deal_settings import ADD_ONS
from automations.forms import SettingsForm
from automations.models import Step
from automations.reasons import Outcome
from automations.records.deal import DEAL, newest_open
from automations.records.task import TASK
from contacts.bulk import id_set
from deals.models import Deal, DealContact, DealStatus, Task

from .base import StepRun

WHICH = {
    "one": gettext_lazy("the deal it entered with, or else the contact's newest open one"),
    "entered": gettext_lazy("only the deal it entered with"),
    "newest": gettext_lazy("the contact's newest open deal"),
    "open": gettext_lazy("every open deal of the contact"),
}


class WhichDealForm(SettingsForm):
    which = forms.ChoiceField(label=gettext_lazy("Which deal"), choices=list(WHICH.items()), initial="one")


class DealStep(Step):
    """Does something with deals. With several contacts of one deal it runs once for each of them."""

    family = "crm"
    availability = ADD_ONS
    #: Said of a contact for whom there is no deal.
    no_target: ClassVar[Any] = gettext_lazy("there is no such deal")

    which = models.CharField(max_length=7, default="one")

    class Meta(Step.Meta):
        abstract = True
        constraints: ClassVar[list[Any]] = []

    def deals(self, run: StepRun) -> dict[int, list[int]]:
        """{visit id: ids of the deals that it means}; a fixed number of queries."""
        return deals_of(run, self.which)

    def answer(self, run: StepRun, deals: Mapping[int, Sequence[int]], changed: Any, unchanged: str = "") -> None:
        """Everyone goes on; those without a deal, or whose deals needed nothing, with the reason."""
        for visit in run.visits:
            mine = deals.get(visit.id, ())
            if any(pk in changed for pk in mine):
                run.go(visit)
            else:
                run.go(visit, outcome=Outcome.NOTHING_TO_DO, detail=unchanged if mine else str(self.no_target))


def deals_of(run: StepRun, which: str) -> dict[int, list[int]]:
    if which == "open":
        rows = DealContact.objects.filter(contact__in=id_set(run.contact_ids), deal__status=DealStatus.OPEN)
        found: dict[int, list[int]] = {}
        for contact, deal in rows.order_by("deal_id").values_list("contact_id", "deal_id"):
            found.setdefault(contact, []).append(deal)
        return {visit.id: found.get(visit.contact_id, []) for visit in run.visits}
    entered = {} if which == "newest" else _entered(run)
    lacking = [] if which == "entered" else [v.contact_id for v in run.visits if v.id not in entered]
    newest = newest_open(lacking) if lacking else {}
    chosen = {visit.id: entered.get(visit.id) or newest.get(visit.contact_id) for visit in run.visits}
    return {visit: [pk] if pk else [] for visit, pk in chosen.items()}


def _entered(run: StepRun) -> dict[int, int]:
    """{visit id: the deal that it entered with, or whose task it entered with}; those that still exist."""
    records = {visit.id: visit.event["record"] for visit in run.visits if visit.event.get("record")}
    tasks = {int(pk) for key, pk in records.values() if key == TASK.key}
    of_task = dict(Task.objects.filter(pk__in=id_set(tasks)).values_list("pk", "deal_id")) if tasks else {}
    deals = {visit: int(pk) if key == DEAL.key else of_task.get(int(pk)) for visit, (key, pk) in records.items()}
    wanted = {pk for pk in deals.values() if pk}
    there = set(Deal.objects.filter(pk__in=id_set(wanted)).values_list("pk", flat=True)) if wanted else set()
    return {visit: pk for visit, pk in deals.items() if pk in there and pk}


def which_deal(which: str) -> str:
    """For sentences: “the deal”, or whose."""
    return {"newest": _("the newest open deal"), "open": _("every open deal")}.get(which, _("the deal"))
