"""Sends a marketing e-mail, once to a contact and pass (spec: send e-mail)."""

from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.delivery.outbox import DeliveryDraft
from automations.delivery.rendering import validate_template
from automations.forms import SettingsForm
from automations.models import Step
from automations.personal import PersonalText
from automations.reasons import Outcome
from contacts.values import clean_email

from .base import STEPS, StepRun


@STEPS.register
class SendEmailStep(Step):
    """The ledger row names version and step; the message is made from them when it is sent."""

    slug = "send_email"
    label = gettext_lazy("Send an e-mail")
    summary = gettext_lazy("Sends a personal marketing e-mail to the contact.")
    family = "sending"
    icon = "mail"
    synonyms = (gettext_lazy("newsletter"), gettext_lazy("message"))

    subject = models.CharField(gettext_lazy("subject"), max_length=250, blank=True)
    preheader = models.CharField(gettext_lazy("preheader"), max_length=250, blank=True)
    html = models.TextField(gettext_lazy("content"), blank=True)
    text = models.TextField(gettext_lazy("plain text"), blank=True)
    from_name = models.CharField(max_length=100, blank=True)
    from_email = models.EmailField(blank=True)
    reply_to = models.EmailField(blank=True)
    track_opens = models.BooleanField(default=True)
    track_links = models.BooleanField(default=True)

    class Form(SettingsForm):
        subject = forms.CharField(label=gettext_lazy("Subject"), max_length=250, validators=[validate_template])
        preheader = forms.CharField(
            label=gettext_lazy("Preheader"),
            max_length=250,
            required=False,
            validators=[validate_template],
            help_text=gettext_lazy("The line that mail programs show beside the subject."),
        )
        html = forms.CharField(
            label=gettext_lazy("Content (HTML)"),
            max_length=500_000,
            widget=PersonalText,
            validators=[validate_template],
            help_text=gettext_lazy("Personalise with {{ contact.first_name | default: 'friend' }} and the like."),
        )
        text = forms.CharField(
            label=gettext_lazy("Plain text"),
            max_length=500_000,
            required=False,
            widget=forms.Textarea,
            validators=[validate_template],
            help_text=gettext_lazy("Left empty, it is made from the HTML."),
        )
        from_name = forms.CharField(label=gettext_lazy("From (name)"), max_length=100, required=False)
        from_email = forms.EmailField(label=gettext_lazy("From (address)"), required=False)
        reply_to = forms.EmailField(label=gettext_lazy("Reply to"), required=False)

        track_opens = forms.BooleanField(label=gettext_lazy("Count opens"), required=False, initial=True)
        track_links = forms.BooleanField(
            label=gettext_lazy("Count clicks"),
            required=False,
            initial=True,
            help_text=gettext_lazy("Links lead through this server first."),
        )

        def clean_from_name(self) -> str:
            name: str = self.cleaned_data["from_name"]
            if any(character in name for character in '\r\n"<>'):
                raise forms.ValidationError(_("The name can't have line breaks, quotes or angle brackets."))
            return name

        def clean_from_email(self) -> str:
            address = self.cleaned_data["from_email"]
            return clean_email(address) if address else ""

    def run(self, run: StepRun) -> None:
        # `once` per pass, not per visit: a loop back to this step sends nothing again.
        drafts = [
            DeliveryDraft(visit=visit, channel="email", target="", subject=self.subject, once=True)
            for visit in run.visits
        ]
        first = run.deliver(drafts)
        for visit in run.visits:
            run.go(visit, outcome=Outcome.QUEUED if visit.id in first else Outcome.SENT_BEFORE)

    def message_content(self) -> dict[str, Any]:
        return self.settings()

    def describe(self) -> str:
        return _("Send the e-mail “%s”") % self.subject if self.subject else _("Send an e-mail (no subject yet)")
