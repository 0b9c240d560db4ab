"""A contact stops being active on a list (spec: list_unsubscribed), whoever or whatever did it."""

from collections.abc import Hashable, Iterable

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import LIST_UNSUBSCRIBED, Event
from automations.forms import SettingsForm
from automations.models import Trigger
from automations.names import name_of
from contacts.models import List

from .base import TRIGGERS


@TRIGGERS.register
class ListUnsubscribedTrigger(Trigger):
    slug = "list_unsubscribed"
    label = gettext_lazy("Unsubscribes from a list")
    summary = gettext_lazy("A contact stops being active on a list: by link, by hand, by a bounce or a step.")
    family = "contacts"
    icon = "playlist_remove"
    synonyms = (gettext_lazy("opt-out"), gettext_lazy("bounce"), gettext_lazy("complaint"))
    listens_to = LIST_UNSUBSCRIBED

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

    def describe(self) -> str:
        if not self.list_id:
            return _("Unsubscribes from any list")
        return _("Unsubscribes from the list “%s”") % name_of(List, self.list_id)
