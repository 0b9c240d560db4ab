"""Puts a tag on the contact (spec: add tag)."""

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.forms import SettingsForm
from automations.models import Step
from automations.names import name_of
from contacts.models import Tag
from contacts.services import tag_contacts

from .base import STEPS, StepRun


@STEPS.register
class AddTagStep(Step):
    slug = "add_tag"
    label = gettext_lazy("Add a tag")
    summary = gettext_lazy("Puts a tag on the contact.")
    family = "contacts"
    icon = "label"

    tag = models.ForeignKey(Tag, models.PROTECT, null=True, related_name="+", verbose_name=gettext_lazy("tag"))

    class Form(SettingsForm):
        tag = forms.ModelChoiceField(label=gettext_lazy("Tag"), queryset=Tag.objects.all())

    def run(self, run: StepRun) -> None:
        assert self.tag_id is not None  # noqa: S101 publishing demands it
        run.check_exists(Tag, self.tag_id, _("The tag does not exist any more."))
        run.go_all(tag_contacts(contacts=run.contact_ids, tag=self.tag_id))

    def describe(self) -> str:
        return (
            _("Add the tag “%s”") % name_of(Tag, self.tag_id) if self.tag_id else _("Add a tag (not chosen yet)")
        )
