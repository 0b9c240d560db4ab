"""Ends the contact's subscription to a list (spec: unsubscribe a list)."""

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.forms import SettingsForm
from automations.models import Step
from automations.names import name_of
from contacts.models import List
from contacts.services import unsubscribe_contacts

from .base import STEPS, StepRun


@STEPS.register
class UnsubscribeStep(Step):
    slug = "unsubscribe"
    label = gettext_lazy("Unsubscribe from a list")
    summary = gettext_lazy("Ends the contact's subscription to a list.")
    family = "contacts"
    icon = "playlist_remove"

    list = models.ForeignKey(List, models.PROTECT, null=True, related_name="+", verbose_name=gettext_lazy("list"))

    class Form(SettingsForm):
        list = forms.ModelChoiceField(label=gettext_lazy("List"), queryset=List.objects.all())

    def run(self, run: StepRun) -> None:
        assert self.list_id is not None  # noqa: S101 publishing demands it
        run.go_all(unsubscribe_contacts(contacts=run.contact_ids, list=self.list_id))

    def describe(self) -> str:
        if not self.list_id:
            return _("Unsubscribe from a list (not chosen yet)")
        return _("Unsubscribe from the list “%s”") % name_of(List, self.list_id)
