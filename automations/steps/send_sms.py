"""Sends a text message to the contact's phone, through a provider's back end (spec: send SMS)."""

from django import forms
from django.db import models
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.delivery.outbox import DeliveryDraft
from automations.delivery.rendering import validate_template
from automations.forms import SettingsForm
from automations.models import Step
from automations.personal import PersonalText
from automations.reasons import Outcome

from .base import STEPS, StepRun

#: Ten parts of a concatenated message; more is no text message any more.
LONGEST = 1_530


@STEPS.register
class SendSmsStep(Step):
    slug = "send_sms"
    label = gettext_lazy("Send SMS")
    summary = gettext_lazy("Sends a text message to the contact's phone.")
    family = "sending"
    icon = "sms"
    synonyms = (gettext_lazy("text message"), gettext_lazy("mobile"))

    text = models.TextField(blank=True)

    class Form(SettingsForm):
        text = forms.CharField(
            label=gettext_lazy("Message"),
            max_length=LONGEST,
            widget=PersonalText(links=False),
            validators=[validate_template],
            help_text=gettext_lazy(
                "A part of a message holds 160 plain characters, or 70 with others among them."
            ),
        )

    def run(self, run: StepRun) -> None:
        texts, drafts = run.personalised(self.text), []
        for visit in run.visits:
            phone, text = run.contacts[visit.contact_id].phone, texts[visit.id].strip()[:LONGEST]
            if not phone:
                run.go(visit, outcome=Outcome.NOTHING_TO_DO, detail=_("the contact has no phone number"))
            elif not text:
                run.go(visit, outcome=Outcome.NOTHING_TO_DO, detail=_("the text came out empty"))
            else:
                drafts.append(DeliveryDraft(visit, "sms", phone, "", {"text": text}))
                run.go(visit, outcome=Outcome.QUEUED)
        run.deliver(drafts)

    def describe(self) -> str:
        if not self.text:
            return _("Send an SMS (empty so far)")
        return _("Send the SMS “%s”") % Truncator(self.text).chars(60)
