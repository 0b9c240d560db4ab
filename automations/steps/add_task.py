"""Plans a task about the contact or a deal (spec: add task)."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.delivery.rendering import validate_template
from automations.engine.clock import at_wall_time
from automations.names import name_of
from automations.personal import PersonalText
from contacts.bulk import id_set
from deals.models import Deal, TaskType
from deals.services import TaskDraft, add_tasks

from .base import STEPS, StepRun, Visit
from .deal_target import WHICH, DealStep, WhichDealForm

MAX_DAYS = 3_650
ASSIGNEES = {
    "deal": gettext_lazy("the deal's owner, or else the contact's"),
    "contact": gettext_lazy("the contact's owner"),
    "user": gettext_lazy("a user"),
    "nobody": gettext_lazy("nobody"),
}


@STEPS.register
class AddTaskStep(DealStep):
    slug = "add_task"
    label = gettext_lazy("Add a task")
    summary = gettext_lazy("Plans a task about the contact or the deal for somebody of the team.")
    icon = "add_task"
    synonyms = (gettext_lazy("to do"), gettext_lazy("reminder"), gettext_lazy("call"))

    about = models.CharField(max_length=7, default="contact")
    title = models.CharField(max_length=250, blank=True)
    note = models.TextField(blank=True)
    task_type = models.ForeignKey(TaskType, models.PROTECT, null=True, blank=True, related_name="+")
    due_days = models.IntegerField(default=1)
    due_time = models.TimeField(default=time(9))
    assignee = models.CharField(max_length=7, default="deal")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    remind = models.BooleanField(default=False)

    class Form(WhichDealForm):
        field_order = ["about", "which"]
        depends = {"which": ("about", ("deal",)), "user": ("assignee", ("user",))}

        about = forms.ChoiceField(
            label=gettext_lazy("About"),
            choices=[("contact", gettext_lazy("the contact")), ("deal", gettext_lazy("a deal"))],
            initial="contact",
        )
        which = forms.ChoiceField(
            label=gettext_lazy("Which deal"), choices=list(WHICH.items()), initial="one", required=False
        )
        title = forms.CharField(
            label=gettext_lazy("Title"), max_length=250, validators=[validate_template],
            help_text=gettext_lazy("Personalise with {{ contact.name }}, {{ deal.title }} and the like."),
        )  # fmt: skip
        note = forms.CharField(
            label=gettext_lazy("Note"), max_length=10_000, required=False, validators=[validate_template],
            widget=PersonalText(links=False),
        )  # fmt: skip
        task_type = forms.ModelChoiceField(
            label=gettext_lazy("Type"), queryset=TaskType.objects.all(), empty_label=None
        )
        due_days = forms.IntegerField(
            label=gettext_lazy("Due in days"), min_value=0, max_value=MAX_DAYS, initial=1,
            help_text=gettext_lazy("0 is the same day."),
        )  # fmt: skip
        due_time = forms.TimeField(
            label=gettext_lazy("at"), initial="09:00", widget=forms.TimeInput(attrs={"type": "time"}),
            help_text=gettext_lazy("In the account's time zone."),
        )  # fmt: skip
        assignee = forms.ChoiceField(
            label=gettext_lazy("Assignee"), choices=list(ASSIGNEES.items()), initial="deal"
        )
        user = forms.ModelChoiceField(
            label=gettext_lazy("User"),
            queryset=get_user_model()._default_manager.filter(is_active=True),
            required=False,
        )
        remind = forms.BooleanField(label=gettext_lazy("Remind by e-mail when it is due"), required=False)

        def clean(self) -> dict[str, Any]:
            data = super().clean() or {}
            data["which"] = data.get("which") or "one"
            if data.get("assignee") != "user":
                data["user"] = None
            elif not data.get("user") and "user" not in self.errors:
                self.add_error("user", forms.ValidationError(_("Choose the user."), code="required"))
            return data

    def run(self, run: StepRun) -> None:
        run.check_exists(TaskType, self.task_type_id, _("The task type does not exist any more."))
        about_deal, by_deal = self.about == "deal", self.assignee == "deal"
        deals = self.deals(run) if about_deal or by_deal else {}
        owners = _owners(deals)
        titles, notes = run.personalised(self.title), run.personalised(self.note)
        drafts = []
        for visit in run.visits:
            for deal in deals.get(visit.id, []) if about_deal else [*deals.get(visit.id, []), None][:1]:
                drafts.append(self._draft(run, visit, deal, owners, titles[visit.id], notes[visit.id]))
        add_tasks(drafts=drafts)
        if about_deal:
            self.answer(run, deals, {draft.deal_id for draft in drafts})
        else:
            run.go_all(run.contact_ids)

    def _draft(
        self, run: StepRun, visit: Visit, deal: int | None, owners: dict[int, int], title: str, note: str
    ) -> TaskDraft:
        contact, due = run.contacts[visit.contact_id], self._due(run)
        assignees = {
            "deal": owners.get(deal or 0) or contact.owner_id,
            "contact": contact.owner_id,
            "user": self.user_id,
        }
        about = {"deal_id": deal} if self.about == "deal" else {"contact_id": visit.contact_id}
        return TaskDraft(
            title=" ".join(title.split())[:250] or str(contact)[:250],
            type_id=self.task_type_id or 0,
            due_at=due,
            assignee_id=assignees.get(self.assignee),
            note=note,
            remind_at=due if self.remind else None,
            **about,
        )

    def _due(self, run: StepRun) -> datetime:
        day = run.now.astimezone(ZoneInfo(run.zone)).date() + timedelta(days=self.due_days)
        return at_wall_time(day, self.due_time, run.zone)

    def describe(self) -> str:
        if not self.title:
            return _("Add a task (not set up yet)")
        names = {"title": self.title, "type": name_of(TaskType, self.task_type_id), "days": self.due_days}
        return _("Add the task “%(title)s” (%(type)s), due in %(days)d days") % names


def _owners(deals: dict[int, list[int]]) -> dict[int, int]:
    ids = {pk for found in deals.values() for pk in found}
    if not ids:
        return {}
    rows = Deal.objects.filter(pk__in=id_set(ids), owner__isnull=False)
    return {deal: int(owner or 0) for deal, owner in rows.values_list("pk", "owner_id")}
