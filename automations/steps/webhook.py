"""Posts the contact to a URL as signed JSON (spec: webhook)."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.delivery.outbox import DeliveryDraft
from automations.delivery.rendering import personalise, validate_template
from automations.forms import SettingsForm
from automations.models import Step
from automations.reasons import Outcome
from contacts.models import Contact
from contacts.outgoing.addresses import check_url

from .base import STEPS, StepRun, Visit

FORBIDDEN = {
    "host", "content-length", "transfer-encoding", "connection", "content-type", "idempotency-key", "x-signature",
}  # fmt: skip


@STEPS.register
class WebhookStep(Step):
    slug = "webhook"
    label = gettext_lazy("Webhook")
    summary = gettext_lazy("Sends the contact's data to a web address, signed, and tries again on failure.")
    family = "flow"
    icon = "webhook"
    synonyms = (gettext_lazy("HTTP"), gettext_lazy("POST"), gettext_lazy("integration"))

    url = models.CharField(gettext_lazy("URL"), max_length=500, blank=True)
    headers = models.TextField(blank=True)
    body = models.TextField(blank=True)
    secret = models.CharField(max_length=100, blank=True)

    class Form(SettingsForm):
        url = forms.URLField(label=gettext_lazy("URL"), max_length=500, assume_scheme="https")
        headers = forms.CharField(
            label=gettext_lazy("Extra headers"),
            required=False,
            max_length=4_000,
            widget=forms.Textarea(attrs={"rows": 2}),
            help_text=gettext_lazy("One a line, like “X-Token: abc”."),
        )
        body = forms.CharField(
            label=gettext_lazy("Extra data"),
            required=False,
            max_length=10_000,
            widget=forms.Textarea(attrs={"rows": 3}),
            validators=[validate_template],
            help_text=gettext_lazy("A text with personalisation, sent as “data” beside the contact."),
        )
        secret = forms.CharField(
            label=gettext_lazy("Signing secret"),
            required=False,
            max_length=100,
            help_text=gettext_lazy("The body's HMAC-SHA256 with it goes out in the header X-Signature."),
        )

        def clean_url(self) -> str:
            url: str = self.cleaned_data["url"]
            check_url(url)
            return url

        def clean_headers(self) -> str:
            lines = [line for line in self.cleaned_data["headers"].splitlines() if line.strip()]
            for line in lines:
                name, colon, value = line.partition(":")
                if not colon or not name.strip().replace("-", "").isalnum() or not name.isascii():
                    raise ValidationError(_("“%s” is not a header; write Name: value.") % line[:50])
                if name.strip().casefold() in FORBIDDEN:
                    raise ValidationError(_("The header “%s” is set by the system.") % name.strip())
                if not value.isprintable():
                    raise ValidationError(_("The value of “%s” has characters that a header can't have.") % name)
            return "\n".join(lines)

    def run(self, run: StepRun) -> None:
        drafts = [
            DeliveryDraft(visit, "webhook", self.url, "", self._payload(run.contacts[visit.contact_id], visit))
            for visit in run.visits
        ]
        run.deliver(drafts)
        for visit in run.visits:
            run.go(visit, outcome=Outcome.QUEUED)

    def _payload(self, contact: Contact, visit: Visit) -> dict[str, Any]:
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
            "data": personalise(self.body, contact, visit.event, html=False) if self.body else None,
        }

    def describe(self) -> str:
        return _("Post to %s") % self.url if self.url else _("Webhook (no address yet)")


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str | list):
        return value
    if isinstance(value, tuple):
        return f"{value[0]} {value[1]}"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
