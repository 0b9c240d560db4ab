"""Writes a note on the contact (spec: add a note)."""

from django import forms
from django.db import models
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.delivery.rendering import validate_template
from automations.forms import SettingsForm
from automations.models import Step
from automations.personal import PersonalText
from contacts.services import write_notes

from .base import STEPS, StepRun


@STEPS.register
class AddNoteStep(Step):
    slug = "add_note"
    label = gettext_lazy("Add a note")
    summary = gettext_lazy("Writes a note on the contact.")
    family = "contacts"
    icon = "sticky_note_2"

    text = models.TextField(gettext_lazy("text"), blank=True)

    class Form(SettingsForm):
        text = forms.CharField(
            label=gettext_lazy("Note"),
            max_length=10_000,
            widget=PersonalText(links=False),
            validators=[validate_template],
            help_text=gettext_lazy("Personalise with {{ contact.first_name }} and the like."),
        )

    def run(self, run: StepRun) -> None:
        notes, texts = [], run.personalised(self.text)
        for visit in run.visits:
            text = texts[visit.id]
            if text.strip():
                notes.append((visit.contact_id, text))
        write_notes(notes=notes)
        run.go_all((contact_id for contact_id, _text in notes), empty=_("the text came out empty"))

    def describe(self) -> str:
        if not self.text:
            return _("Add a note (empty so far)")
        return _("Add the note “%s”") % Truncator(self.text).chars(60)
