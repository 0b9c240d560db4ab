"""Marks tasks as done (spec: complete tasks)."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.deal_settings import ADD_ONS
from automations.forms import SettingsForm
from automations.models import Step
from automations.names import name_of
from contacts.bulk import id_set
from deals.models import Task, TaskOutcome, TaskType
from deals.services import complete_tasks

from .base import STEPS, StepError, StepRun
from .deal_target import WHICH, deals_of

WHOSE = {
    "contact": gettext_lazy("the contact's open tasks"),
    "deal": gettext_lazy("the deal's open tasks"),
    "both": gettext_lazy("the open tasks of both"),
}


@STEPS.register
class CompleteTasksStep(Step):
    slug = "complete_tasks"
    label = gettext_lazy("Complete tasks")
    summary = gettext_lazy("Marks open tasks of the contact or the deal as done.")
    family = "crm"
    icon = "task_alt"
    availability = ADD_ONS

    whose = models.CharField(max_length=7, default="both")
    which = models.CharField(max_length=7, default="one")
    task_type = models.ForeignKey(TaskType, models.PROTECT, null=True, blank=True, related_name="+")
    outcome = models.ForeignKey(TaskOutcome, models.PROTECT, null=True, blank=True, related_name="+")

    class Form(SettingsForm):
        depends = {"which": ("whose", ("deal", "both"))}

        whose = forms.ChoiceField(label=gettext_lazy("Which tasks"), choices=list(WHOSE.items()), initial="both")
        which = forms.ChoiceField(
            label=gettext_lazy("Which deal"), choices=list(WHICH.items()), initial="one", required=False
        )
        task_type = forms.ModelChoiceField(
            label=gettext_lazy("Of the type"), queryset=TaskType.objects.all(), required=False,
            empty_label=gettext_lazy("any type"),
        )  # fmt: skip
        outcome = forms.ModelChoiceField(
            label=gettext_lazy("With the outcome"), queryset=TaskOutcome.objects.all(), required=False,
            empty_label=gettext_lazy("none"),
        )  # fmt: skip

        def clean(self) -> dict[str, Any]:
            data = super().clean() or {}
            data["which"] = data.get("which") or "one"
            outcome, kind = data.get("outcome"), data.get("task_type")
            if outcome and outcome.type_id and (kind is None or outcome.type_id != kind.pk):
                text = _("This outcome belongs to one type of task; choose that type, too.")
                self.add_error("outcome", text)
            return data

    def run(self, run: StepRun) -> None:
        deals = deals_of(run, self.which) if self.whose != "contact" else {}
        ids = {pk for found in deals.values() for pk in found}
        wanted = Q(deal__in=id_set(ids)) if ids else Q(pk__in=[])
        if self.whose != "deal":
            wanted |= Q(contact__in=id_set(run.contact_ids))
        tasks = Task.objects.filter(wanted, done_at=None)
        if self.task_type_id:
            tasks = tasks.filter(type=self.task_type_id)
        about = {pk: (contact, deal) for pk, contact, deal in tasks.values_list("pk", "contact_id", "deal_id")}
        try:
            done = complete_tasks(tasks=list(about), outcome=self.outcome_id)
        except ValidationError as error:
            raise StepError(" ".join(error.messages)) from None
        contacts = {about[pk][0] for pk in done}
        of_deals = {about[pk][1] for pk in done} - {None}
        helped = {
            visit.contact_id
            for visit in run.visits
            if visit.contact_id in contacts or of_deals & set(deals.get(visit.id, ()))
        }
        run.go_all(helped, _("there was no open task"))

    def describe(self) -> str:
        text = _("Complete %s") % WHOSE.get(self.whose, "")
        if self.task_type_id:
            text += _(" of the type “%s”") % name_of(TaskType, self.task_type_id)
        return text
