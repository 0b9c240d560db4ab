"""A contact sends an e-mail on to friends by its form (spec: email_forwarded)."""

from collections.abc import Hashable, Iterable, Sequence

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import EMAIL_FORWARDED, Event
from automations.forms import SettingsForm
from automations.models import Trigger
from automations.names import name_of
from contacts.models import Campaign, List
from contacts.models.campaigns import CampaignKind

from .base import TRIGGERS


@TRIGGERS.register
class EmailForwardedTrigger(Trigger):
    slug = "email_forwarded"
    label = gettext_lazy("Forwards an e-mail to friends")
    summary = gettext_lazy("A contact sends an e-mail on with the form that its “forward” link leads to.")
    family = "email"
    icon = "forward_to_inbox"
    synonyms = (gettext_lazy("forward"), gettext_lazy("tell a friend"))
    listens_to = EMAIL_FORWARDED

    campaign = models.ForeignKey(
        Campaign, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("e-mail")
    )

    class Form(SettingsForm):
        campaign = forms.ModelChoiceField(
            label=gettext_lazy("E-mail"),
            queryset=Campaign.objects.exclude(kind=CampaignKind.PERSONAL),
            required=False,
            empty_label=gettext_lazy("any e-mail"),
        )

    def index_keys(self) -> Iterable[Hashable]:
        return [self.campaign_id]

    def match(self, event: Event) -> Sequence[int]:
        wanted = self.campaign_id
        return event.contact_ids if wanted is None or event.data.get("campaign") == wanted else []

    def lists(self) -> set[int]:
        if self.campaign_id is None:
            return set()
        return set(List.objects.filter(campaigns=self.campaign_id).values_list("pk", flat=True))

    def lists_of(self, event: Event) -> set[int]:
        return set(event.data.get("lists") or ())

    def describe(self) -> str:
        if self.campaign_id is None:
            return _("Forwards any e-mail to friends")
        return _("Forwards the e-mail “%s” to friends") % name_of(Campaign, self.campaign_id)
