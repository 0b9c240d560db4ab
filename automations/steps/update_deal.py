"""Moves a deal, or changes its status, owner, value or title (spec: update deal)."""

from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.deal_settings import StageChoice
from automations.delivery.rendering import validate_template
from automations.names import name_of
from contacts.bulk import id_set
from deals.models import Deal, DealStatus, Stage
from deals.money import DECIMALS, DIGITS, plain
from deals.services import write_deals

from .base import STEPS, StepRun
from .deal_target import DealStep, WhichDealForm, which_deal

WHAT = {
    "stage": gettext_lazy("move it to a stage"),
    "status": gettext_lazy("set its status"),
    "owner": gettext_lazy("give it to a user"),
    "nobody": gettext_lazy("take its owner away"),
    "value": gettext_lazy("set its value"),
    "add": gettext_lazy("add to its value"),
    "title": gettext_lazy("change its title"),
}
#: What is to be done -> the setting that it needs.
NEEDS = {
    "stage": "stage", "status": "status", "owner": "user", "value": "amount", "add": "amount", "title": "title",
}  # fmt: skip
EMPTY: dict[str, Any] = {"stage": None, "status": "", "user": None, "amount": None, "title": ""}


@STEPS.register
class UpdateDealStep(DealStep):
    slug = "update_deal"
    label = gettext_lazy("Update a deal")
    summary = gettext_lazy("Moves the deal, or changes its status, owner, value or title.")
    icon = "edit_square"
    synonyms = (gettext_lazy("move deal"), gettext_lazy("win deal"), gettext_lazy("lose deal"))

    what = models.CharField(max_length=6, default="stage")
    stage = models.ForeignKey(Stage, models.PROTECT, null=True, blank=True, related_name="+")
    status = models.CharField(max_length=4, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    amount = models.DecimalField(max_digits=DIGITS, decimal_places=DECIMALS, null=True)
    title = models.CharField(max_length=250, blank=True)

    class Form(WhichDealForm):
        depends = {
            "stage": ("what", ("stage",)),
            "status": ("what", ("status",)),
            "user": ("what", ("owner",)),
            "amount": ("what", ("value", "add")),
            "title": ("what", ("title",)),
        }

        what = forms.ChoiceField(label=gettext_lazy("What to do"), choices=list(WHAT.items()), initial="stage")
        stage = StageChoice(label=gettext_lazy("Stage"), empty_label=gettext_lazy("choose a stage"))
        status = forms.ChoiceField(
            label=gettext_lazy("Status"), choices=[("", "---------"), *DealStatus.choices], required=False
        )
        user = forms.ModelChoiceField(
            label=gettext_lazy("User"),
            queryset=get_user_model()._default_manager.filter(is_active=True),
            required=False,
        )
        amount = forms.DecimalField(
            label=gettext_lazy("Amount"), max_digits=DIGITS, decimal_places=DECIMALS, required=False,
            help_text=gettext_lazy("In the deal's currency; less than 0 takes away when it is added."),
        )  # fmt: skip
        title = forms.CharField(
            label=gettext_lazy("Title"), max_length=250, required=False, validators=[validate_template],
            help_text=gettext_lazy("Personalise with {{ deal.title }}, {{ contact.name }} and the like."),
        )  # fmt: skip

        def clean(self) -> dict[str, Any]:
            data = super().clean() or {}
            needed = NEEDS.get(data.get("what") or "", "")
            for name, empty in EMPTY.items():
                if name != needed:
                    data[name] = empty
            if needed and data.get(needed) in (None, "") and needed not in self.errors:
                self.add_error(needed, forms.ValidationError(_("Say what it is to be."), code="required"))
            if data.get("what") == "value" and data.get("amount") is not None and data["amount"] < 0:
                self.add_error("amount", _("A deal can't be worth less than 0."))
            return data

    def run(self, run: StepRun) -> None:
        if self.what == "stage":
            run.check_exists(Stage, self.stage_id, _("The stage does not exist any more."))
        if self.what == "owner":
            run.check_exists(get_user_model(), self.user_id, _("The user does not exist any more."))
        deals = self.deals(run)
        changes = write_deals(values=self._values(run, deals))
        changed = {pk for part in changes.values() for pk in part}
        self.answer(run, deals, changed, _("it was so already"))

    def _values(self, run: StepRun, deals: dict[int, list[int]]) -> dict[int, dict[str, Any]]:
        ids = sorted({pk for found in deals.values() for pk in found})
        if self.what == "title":
            titles = run.personalised(self.title)
            made = {pk: " ".join(titles[v.id].split())[:250] for v in run.visits for pk in deals[v.id]}
            return {pk: {"title": title} for pk, title in made.items() if title}
        if self.what == "add":
            # The lock keeps two workers from counting from the same value.
            rows = Deal.objects.filter(pk__in=id_set(ids)).select_for_update().order_by("pk")
            values = dict(rows.values_list("pk", "value"))
            for found in deals.values():
                for pk in found:
                    values[pk] = max(values[pk] + (self.amount or Decimal(0)), Decimal(0))
            return {pk: {"value": value} for pk, value in values.items()}
        columns: dict[str, dict[str, Any]] = {
            "stage": {"stage_id": self.stage_id},
            "status": {"status": self.status},
            "owner": {"owner_id": self.user_id},
            "nobody": {"owner_id": None},
            "value": {"value": self.amount},
        }
        return dict.fromkeys(ids, columns[self.what])

    def describe(self) -> str:
        texts = {
            "stage": _("Move %(deal)s to “%(to)s”"),
            "status": _("Mark %(deal)s as %(to)s"),
            "owner": _("Give %(deal)s to %(to)s"),
            "nobody": _("Take the owner of %(deal)s away"),
            "value": _("Set the value of %(deal)s to %(to)s"),
            "add": _("Add %(to)s to the value of %(deal)s"),
            "title": _("Call %(deal)s “%(to)s”"),
        }
        return texts[self.what] % {"deal": which_deal(self.which), "to": self._shown()}

    def _shown(self) -> str:
        if self.what == "stage":
            return name_of(Stage, self.stage_id) if self.stage_id else "…"
        if self.what == "owner":
            return name_of(get_user_model(), self.user_id) if self.user_id else "…"
        if self.what == "status":
            return str(dict(DealStatus.choices).get(self.status, "…"))
        return self.title or "…" if self.what == "title" else plain(self.amount or Decimal(0))
