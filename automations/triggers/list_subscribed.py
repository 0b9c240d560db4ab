"""A contact becomes active on a list (spec: list_subscribed). A pending double opt-in is not active yet."""

from collections.abc import Hashable, Iterable

from django import forms
from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import LIST_SUBSCRIBED, Event
from automations.forms import SettingsForm
from automations.models import Trigger
from automations.names import name_of
from contacts.models import Contact, List, Subscription
from contacts.models.lists import SubscriptionStatus

from .base import TRIGGERS


@TRIGGERS.register
class ListSubscribedTrigger(Trigger):
    slug = "list_subscribed"
    label = gettext_lazy("Subscribes to a list")
    summary = gettext_lazy("A contact becomes active on a list, however it was subscribed.")
    family = "contacts"
    icon = "playlist_add"
    synonyms = (gettext_lazy("newsletter"), gettext_lazy("opt-in"), gettext_lazy("sign up"))
    listens_to = LIST_SUBSCRIBED

    # None stands for any list.
    list = models.ForeignKey(
        List, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("list")
    )

    class Form(SettingsForm):
        list = forms.ModelChoiceField(
            label=gettext_lazy("List"),
            queryset=List.objects.all(),
            required=False,
            empty_label=gettext_lazy("Any list"),
        )

    def index_keys(self) -> Iterable[Hashable]:
        return [self.list_id]

    def lists(self) -> set[int]:
        return {self.list_id} if self.list_id else set()

    def lists_of(self, event: Event) -> set[int]:
        return set() if self.list_id or "list" not in event.data else {event.data["list"]}

    def meets_now(self) -> QuerySet[Contact]:
        rows = Subscription.objects.filter(status=SubscriptionStatus.ACTIVE)
        rows = rows.filter(list=self.list_id) if self.list_id else rows
        return Contact.objects.filter(pk__in=rows.values("contact_id"))

    def describe(self) -> str:
        if not self.list_id:
            return _("Subscribes to any list")
        return _("Subscribes to the list “%s”") % name_of(List, self.list_id)
