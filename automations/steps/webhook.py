"""Posts the contact to a URL as signed JSON (spec: webhook)."""

from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.delivery.outbox import DeliveryDraft
from automations.delivery.rendering import validate_template
from automations.forms import SettingsForm
from automations.masks import HeadersField, SecretField
from automations.models import Step
from automations.reasons import Outcome
from contacts.encryption import EncryptedTextField
from contacts.models import Contact
from contacts.outgoing.addresses import check_url

from .base import STEPS, StepRun, Visit


@STEPS.register
class WebhookStep(Step):
    slug = "webhook"
    label = gettext_lazy("Webhook")
    summary = gettext_lazy("Sends the contact's data to a web address, signed, and tries again on failure.")
    family = "flow"
    icon = "webhook"
    synonyms = (gettext_lazy("HTTP"), gettext_lazy("POST"), gettext_lazy("integration"))

    url = models.CharField(gettext_lazy("URL"), max_length=500, blank=True)
    headers = EncryptedTextField(blank=True)
    body = models.TextField(blank=True)
    secret = EncryptedTextField(blank=True)

    class Form(SettingsForm):
        url = forms.URLField(label=gettext_lazy("URL"), max_length=500, assume_scheme="https")
        headers = HeadersField(
            label=gettext_lazy("Extra headers"),
            required=False,
            max_length=4_000,
            help_text=gettext_lazy("One a line, like “X-Token: abc”. Values are hidden once they are saved."),
        )
        body = forms.CharField(
            label=gettext_lazy("Extra data"),
            required=False,
            max_length=10_000,
            widget=forms.Textarea(attrs={"rows": 3}),
            validators=[validate_template],
            help_text=gettext_lazy("A text with personalisation, sent as “data” beside the contact."),
        )
        secret = SecretField(
            label=gettext_lazy("Signing secret"),
            required=False,
            max_length=100,
            help_text=gettext_lazy(
                "The body's HMAC-SHA256 with it goes out in the header X-Signature. Hidden once it is saved: "
                "type another to replace it, or empty the field to remove it."
            ),
        )

        def clean_url(self) -> str:
            url: str = self.cleaned_data["url"]
            check_url(url)
            return url

    def run(self, run: StepRun) -> None:
        texts = run.personalised(self.body)
        drafts = [
            DeliveryDraft(
                visit,
                "webhook",
                self.url,
                "",
                self._payload(run.contacts[visit.contact_id], visit, texts[visit.id]),
            )
            for visit in run.visits
        ]
        run.deliver(drafts)
        for visit in run.visits:
            run.go(visit, outcome=Outcome.QUEUED)

    def _payload(self, contact: Contact, visit: Visit, body: str) -> dict[str, Any]:
        fields = {key: _plain(value) for key, value in contact.custom_values.items()}
        return {
            "automation": visit.automation_id,
            "enrollment": visit.id,
            "event": visit.event,
            "contact": {
                "id": contact.pk,
                **{name: getattr(contact, name) for name in ("email", "phone", "first_name", "last_name")},
                "time_zone": contact.time_zone,
                "language": contact.language,
                "fields": fields,
            },
            "data": body or None,
        }

    def describe(self) -> str:
        return _("Post to %s") % self.url if self.url else _("Webhook (no address yet)")


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str | list):
        return value
    if isinstance(value, tuple):
        return f"{value[0]} {value[1]}"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
