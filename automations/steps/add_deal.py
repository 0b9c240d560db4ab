"""Makes a deal with the contact (spec: add deal)."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.deal_settings import ADD_ONS, StageChoice
from automations.delivery.rendering import validate_template
from automations.forms import SettingsForm
from automations.models import Step
from automations.names import name_of
from deals.models import Stage
from deals.money import DECIMALS, DIGITS
from deals.services import DealDraft, create_deals

from .base import STEPS, StepError, StepRun, Visit

MAX_DAYS = 3_650


@STEPS.register
class AddDealStep(Step):
    slug = "add_deal"
    label = gettext_lazy("Add a deal")
    summary = gettext_lazy("Makes a deal with the contact as its primary contact.")
    family = "crm"
    icon = "handshake"
    synonyms = (gettext_lazy("opportunity"), gettext_lazy("pipeline"))
    availability = ADD_ONS

    title = models.CharField(max_length=250, blank=True)
    stage = models.ForeignKey(
        Stage, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("stage")
    )
    value = models.DecimalField(max_digits=DIGITS, decimal_places=DECIMALS, default=Decimal(0))
    owner = models.CharField(max_length=7, default="nobody")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    close_days = models.IntegerField(null=True)

    class Form(SettingsForm):
        depends = {"user": ("owner", ("user",))}

        title = forms.CharField(
            label=gettext_lazy("Title"), max_length=250, validators=[validate_template],
            help_text=gettext_lazy("Personalise with {{ contact.name }} and the like."),
        )  # fmt: skip
        stage = StageChoice(label=gettext_lazy("Stage"), required=True, empty_label=None)
        value = forms.DecimalField(
            label=gettext_lazy("Value"), min_value=0, max_digits=DIGITS, decimal_places=DECIMALS, initial=0,
            help_text=gettext_lazy("In the pipeline's currency."),
        )  # fmt: skip
        owner = forms.ChoiceField(
            label=gettext_lazy("Owner"),
            choices=[
                ("nobody", gettext_lazy("nobody")),
                ("contact", gettext_lazy("the contact's owner")),
                ("user", gettext_lazy("a user")),
            ],
            initial="nobody",
        )
        user = forms.ModelChoiceField(
            label=gettext_lazy("User"),
            queryset=get_user_model()._default_manager.filter(is_active=True),
            required=False,
        )
        close_days = forms.IntegerField(
            label=gettext_lazy("Expected close, in days"), min_value=0, max_value=MAX_DAYS, required=False
        )

        def clean(self) -> dict[str, Any]:
            data = super().clean() or {}
            if data.get("owner") != "user":
                data["user"] = None
            elif not data.get("user") and "user" not in self.errors:
                self.add_error("user", forms.ValidationError(_("Choose the user."), code="required"))
            return data

    def run(self, run: StepRun) -> None:
        stage = Stage.objects.select_related("pipeline").filter(pk=self.stage_id or 0).first()
        if stage is None:
            raise StepError(_("The stage does not exist any more."))
        if self.owner == "user":
            run.check_exists(get_user_model(), self.user_id, _("The user does not exist any more."))
        titles = run.personalised(self.title)
        create_deals(drafts=[self._draft(run, visit, titles[visit.id], stage) for visit in run.visits])
        for visit in run.visits:
            run.go(visit)

    def _draft(self, run: StepRun, visit: Visit, title: str, stage: Stage) -> DealDraft:
        contact = run.contacts[visit.contact_id]
        today = run.now.astimezone(ZoneInfo(run.zone)).date()
        return DealDraft(
            # A text that came out empty would be no title.
            title=" ".join(title.split())[:250] or str(contact)[:250],
            stage_id=stage.pk,
            value=self.value,
            currency=stage.pipeline.currency,
            owner_id={"contact": contact.owner_id, "user": self.user_id}.get(self.owner),
            expected_close=None if self.close_days is None else today + timedelta(days=self.close_days),
            contacts=[visit.contact_id],
        )

    def describe(self) -> str:
        if not self.stage_id or not self.title:
            return _("Add a deal (not set up yet)")
        names = {"title": self.title, "stage": name_of(Stage, self.stage_id)}
        return _("Add the deal “%(title)s” in “%(stage)s”") % names
