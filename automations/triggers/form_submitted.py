"""A contact submits a form (spec: form_submitted). With double opt-in it counts from the confirmation on."""

from collections.abc import Hashable, Iterable

from django import forms
from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import FORM_SUBMITTED, Event
from automations.forms import SettingsForm
from automations.models import Trigger
from automations.names import name_of
from contacts.models import Contact, FormSubmission
from contacts.models import Form as ContactForm
from contacts.models.forms import SubmissionStatus

from .base import TRIGGERS


@TRIGGERS.register
class FormSubmittedTrigger(Trigger):
    slug = "form_submitted"
    label = gettext_lazy("Submits a form")
    summary = gettext_lazy("A contact submits a form, and confirms it where the form asks for that.")
    family = "contacts"
    icon = "dynamic_form"
    synonyms = (gettext_lazy("sign up"), gettext_lazy("landing page"), gettext_lazy("opt-in"))
    listens_to = FORM_SUBMITTED

    # None stands for any form.
    form = models.ForeignKey(
        ContactForm, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("form")
    )

    class Form(SettingsForm):
        form = forms.ModelChoiceField(
            label=gettext_lazy("Form"),
            queryset=ContactForm.objects.all(),
            required=False,
            empty_label=gettext_lazy("Any form"),
        )

    def index_keys(self) -> Iterable[Hashable]:
        return [self.form_id]

    def lists(self) -> set[int]:
        return set(self.form.lists.values_list("pk", flat=True)) if self.form else set()

    def lists_of(self, event: Event) -> set[int]:
        """Also for one form: its lists may have changed since the automation was published."""
        return set(event.data.get("lists", ()))

    def meets_now(self) -> QuerySet[Contact]:
        rows = FormSubmission.objects.filter(status=SubmissionStatus.CONFIRMED)
        rows = rows.filter(form=self.form_id) if self.form_id else rows
        return Contact.objects.filter(pk__in=rows.values("contact_id"))

    def describe(self) -> str:
        if not self.form_id:
            return _("Submits any form")
        return _("Submits the form “%s”") % name_of(ContactForm, self.form_id)
