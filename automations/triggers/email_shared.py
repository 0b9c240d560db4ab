"""A contact shares an e-mail on a network by one of its share links (spec: email_shared)."""

from collections.abc import Hashable, Iterable, Sequence

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import EMAIL_SHARED, Event
from automations.forms import SettingsForm
from automations.models import Trigger
from automations.names import name_of
from contacts.models import Campaign, List
from contacts.models.campaigns import CampaignKind
from contacts.networks import NETWORKS

from .base import TRIGGERS


@TRIGGERS.register
class EmailSharedTrigger(Trigger):
    slug = "email_shared"
    label = gettext_lazy("Shares an e-mail")
    summary = gettext_lazy("A contact follows a share link of an e-mail that counts clicks.")
    family = "email"
    icon = "share"
    synonyms = (gettext_lazy("social"), gettext_lazy("Facebook"), gettext_lazy("LinkedIn"), gettext_lazy("X"))
    listens_to = EMAIL_SHARED

    # None and "" stand for any.
    campaign = models.ForeignKey(
        Campaign, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("e-mail")
    )
    list = models.ForeignKey(
        List, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("list")
    )
    network = models.CharField(gettext_lazy("network"), max_length=20, blank=True)

    class Form(SettingsForm):
        campaign = forms.ModelChoiceField(
            label=gettext_lazy("E-mail"),
            queryset=Campaign.objects.exclude(kind=CampaignKind.PERSONAL),
            required=False,
            empty_label=gettext_lazy("any e-mail"),
        )
        list = forms.ModelChoiceField(
            label=gettext_lazy("List that it went to"),
            queryset=List.objects.all(),
            required=False,
            empty_label=gettext_lazy("any list"),
        )
        network = forms.ChoiceField(
            label=gettext_lazy("Network"),
            choices=[("", gettext_lazy("any network")), *((n.slug, n.label) for n in NETWORKS.values())],
            required=False,
        )

    def index_keys(self) -> Iterable[Hashable]:
        return [self.campaign_id]

    def match(self, event: Event) -> Sequence[int]:
        data = event.data
        found = (
            (self.campaign_id is None or data.get("campaign") == self.campaign_id)
            and (self.list_id is None or self.list_id in (data.get("lists") or ()))
            and (not self.network or data.get("detail") == self.network)
        )
        return event.contact_ids if found else []

    def lists(self) -> set[int]:
        if self.list_id is not None:
            return {self.list_id}
        if self.campaign_id is None:
            return set()
        return set(List.objects.filter(campaigns=self.campaign_id).values_list("pk", flat=True))

    def lists_of(self, event: Event) -> set[int]:
        return set() if self.list_id is not None else set(event.data.get("lists") or ())

    def describe(self) -> str:
        where = NETWORKS[self.network].label if self.network in NETWORKS else self.network
        email = _("the e-mail “%s”") % name_of(Campaign, self.campaign_id) if self.campaign_id else _("any e-mail")
        if self.list_id is not None:
            names = {"email": email, "list": name_of(List, self.list_id)}
            email = _("%(email)s to the list “%(list)s”") % names
        if not where:
            return _("Shares %s") % email
        return _("Shares %(email)s on %(network)s") % {"email": email, "network": where}
