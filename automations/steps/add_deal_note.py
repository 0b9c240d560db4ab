"""Writes a note on a deal (spec: add deal note)."""

from django import forms
from django.db import models
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.delivery.rendering import validate_template
from automations.personal import PersonalText
from deals.services import write_deal_notes

from .base import STEPS, StepRun
from .deal_target import DealStep, WhichDealForm


@STEPS.register
class AddDealNoteStep(DealStep):
    slug = "add_deal_note"
    label = gettext_lazy("Add a note to a deal")
    summary = gettext_lazy("Writes a note on the deal.")
    icon = "note_add"

    text = models.TextField(gettext_lazy("text"), blank=True)

    class Form(WhichDealForm):
        text = forms.CharField(
            label=gettext_lazy("Note"),
            max_length=10_000,
            widget=PersonalText(links=False),
            validators=[validate_template],
            help_text=gettext_lazy("Personalise with {{ deal.title }}, {{ contact.name }} and the like."),
        )

    def run(self, run: StepRun) -> None:
        deals, texts = self.deals(run), run.personalised(self.text)
        notes = [(pk, texts[v.id]) for v in run.visits for pk in deals[v.id] if texts[v.id].strip()]
        write_deal_notes(notes=notes)
        self.answer(run, deals, {pk for pk, _text in notes}, _("the text came out empty"))

    def describe(self) -> str:
        if not self.text:
            return _("Add a note to the deal (empty so far)")
        return _("Add the note “%s” to the deal") % Truncator(self.text).chars(60)
