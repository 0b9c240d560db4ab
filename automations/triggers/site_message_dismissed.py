"""A contact closes the first view of a site message (spec: site_message_dismissed). A click is no closing."""

from collections.abc import Hashable, Iterable, Sequence

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.availability import PLUS_AND_UP, Availability
from automations.events import SITE_MESSAGE, Event
from automations.forms import SettingsForm
from automations.models import Trigger
from automations.names import name_of
from contacts.models import SiteMessage, SiteMessageAction

from .base import TRIGGERS


@TRIGGERS.register
class SiteMessageDismissedTrigger(Trigger):
    slug = "site_message_dismissed"
    label = gettext_lazy("Site message is dismissed")
    summary = gettext_lazy("A contact closes a site message the first time it is shown.")
    family = "site"
    icon = "cancel_presentation"
    synonyms = (gettext_lazy("pop-up"), gettext_lazy("close"), gettext_lazy("banner"))
    availability = Availability(plans=PLUS_AND_UP)
    listens_to = SITE_MESSAGE

    # None stands for any message.
    message = models.ForeignKey(
        SiteMessage,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=gettext_lazy("site message"),
    )

    class Form(SettingsForm):
        message = forms.ModelChoiceField(
            label=gettext_lazy("Site message"),
            queryset=SiteMessage.objects.all(),
            required=False,
            empty_label=gettext_lazy("Any site message"),
        )

    def index_keys(self) -> Iterable[Hashable]:
        return [self.message_id]

    def match(self, event: Event) -> Sequence[int]:
        first = event.data["action"] == SiteMessageAction.DISMISSED and event.data["view"] == 1
        return event.contact_ids if first else []

    def describe(self) -> str:
        if not self.message_id:
            return _("Any site message is closed at its first view")
        return _("The site message “%s” is closed at its first view") % name_of(SiteMessage, self.message_id)
