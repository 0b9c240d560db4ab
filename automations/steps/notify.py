"""Sends an e-mail to a user, the contact's owner or an address (spec: notify someone)."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.delivery.outbox import DeliveryDraft
from automations.delivery.rendering import validate_template
from automations.forms import SettingsForm
from automations.models import Step
from automations.names import name_of
from automations.personal import PersonalText
from automations.reasons import Outcome
from contacts.models import Contact

from .base import STEPS, StepError, StepRun


@STEPS.register
class NotifyStep(Step):
    slug = "notify"
    label = gettext_lazy("Notify someone")
    summary = gettext_lazy("Sends an e-mail to a user, the contact's owner or an address.")
    family = "sending"
    icon = "notifications"

    who = models.CharField(max_length=10, default="owner")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    address = models.EmailField(blank=True)
    subject = models.CharField(max_length=250, blank=True)
    text = models.TextField(blank=True)

    class Form(SettingsForm):
        depends = {"user": ("who", ("user",)), "address": ("who", ("address",))}

        who = forms.ChoiceField(
            label=gettext_lazy("Whom"),
            choices=[
                ("owner", gettext_lazy("the contact's owner")),
                ("user", gettext_lazy("a user")),
                ("address", gettext_lazy("an address")),
            ],
            initial="owner",
        )
        user = forms.ModelChoiceField(
            label=gettext_lazy("User"),
            queryset=get_user_model()._default_manager.filter(is_active=True),
            required=False,
        )
        address = forms.EmailField(label=gettext_lazy("Address"), required=False)
        subject = forms.CharField(label=gettext_lazy("Subject"), max_length=250, validators=[validate_template])
        text = forms.CharField(
            label=gettext_lazy("Message"),
            max_length=10_000,
            widget=PersonalText(links=False),
            validators=[validate_template],
        )

        def clean(self) -> dict[str, Any]:
            data = super().clean() or {}
            if data.get("who") == "user" and not data.get("user"):
                self.add_error("user", ValidationError(_("Choose the user."), code="required"))
            elif data.get("who") == "user" and not data["user"].email:
                self.add_error("user", _("This user has no e-mail address; add it to the user first."))
            if data.get("who") == "address" and not data.get("address"):
                self.add_error("address", ValidationError(_("Give the address."), code="required"))
            return data

    def run(self, run: StepRun) -> None:
        drafts = []
        fixed = self._fixed_target()
        subjects, texts = run.personalised(self.subject), run.personalised(self.text)
        for visit in run.visits:
            target = fixed or _owner_address(run.contacts[visit.contact_id])
            if target:
                content = {"text": texts[visit.id]}
                drafts.append(DeliveryDraft(visit, "notification", target, subjects[visit.id], content))
                run.go(visit, outcome=Outcome.QUEUED)
            else:
                run.go(visit, outcome=Outcome.NOTHING_TO_DO, detail=_("the contact has no owner with an address"))
        run.deliver(drafts)

    def _fixed_target(self) -> str:
        """The address that is the same for every contact; "" where it is the owner's."""
        if self.who == "address":
            return self.address
        if self.who == "user":
            user = get_user_model()._default_manager.filter(pk=self.user_id or 0, is_active=True).first()
            if user is None or not user.email:
                raise StepError(_("The user to be notified is gone, or has no e-mail address."))
            return str(user.email)
        return ""

    def describe(self) -> str:
        if self.who == "address":
            return _("Notify %s") % (self.address or "…")
        if self.who == "user":
            return _("Notify %s") % (name_of(get_user_model(), self.user_id) if self.user_id else "…")
        return _("Notify the contact's owner")


def _owner_address(contact: Contact) -> str:
    return str(contact.owner.email) if contact.owner is not None and contact.owner.is_active else ""
