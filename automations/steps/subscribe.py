"""Subscribes the contact to a list (spec: subscribe a list). A refusal is respected unless told otherwise."""

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.forms import SettingsForm
from automations.models import Step
from automations.names import name_of
from automations.reasons import Outcome
from contacts.models import List
from contacts.services import subscribe_contacts

from .base import STEPS, StepRun


@STEPS.register
class SubscribeStep(Step):
    slug = "subscribe"
    label = gettext_lazy("Subscribe to a list")
    summary = gettext_lazy("Makes the contact active on a list.")
    family = "contacts"
    icon = "playlist_add"

    list = models.ForeignKey(List, models.PROTECT, null=True, related_name="+", verbose_name=gettext_lazy("list"))
    resubscribe = models.BooleanField(default=False)

    class Form(SettingsForm):
        list = forms.ModelChoiceField(label=gettext_lazy("List"), queryset=List.objects.all())
        resubscribe = forms.BooleanField(
            label=gettext_lazy("Also those who unsubscribed or bounced"),
            required=False,
            help_text=gettext_lazy("Only where they have asked for it: the law protects a refusal."),
        )

    def run(self, run: StepRun) -> None:
        assert self.list_id is not None  # noqa: S101 publishing demands it
        run.check_exists(List, self.list_id, _("The list does not exist any more."))
        result = subscribe_contacts(contacts=run.contact_ids, list=self.list_id, resubscribe=self.resubscribe)
        run.go_all(result.changed)
        refused = set(result.refused)
        for visit in run.visits:
            if visit.contact_id in refused:
                run.go(visit, outcome=Outcome.NOTHING_TO_DO, detail=_("unsubscribed or bounced before"))

    def describe(self) -> str:
        if not self.list_id:
            return _("Subscribe to a list (not chosen yet)")
        text = _("Subscribe to the list “%s”") % name_of(List, self.list_id)
        return _("%s, also those who left it or bounced") % text if self.resubscribe else text
