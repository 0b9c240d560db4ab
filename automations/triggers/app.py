"""What the triggers of connected apps share: any source or one, always once per contact."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, ClassVar

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _

from automations.events import APP_RECEIVED, Event
from automations.forms import SettingsForm
from automations.models import Trigger
from automations.models.trigger import Runs
from automations.names import name_of
from contacts.models import AppSource
from contacts.selectors.apps import missing_for


class AppTrigger(Trigger):
    """Base of one app's trigger: give the class `app`, its words, `Form = source_form(...)` and two sentences."""

    family = "apps"
    listens_to = APP_RECEIVED
    fixed_runs = Runs.ONCE
    #: The slug of a connector.
    app: ClassVar[str]
    #: The sentences for any source, and for one (“%s”).
    any_source: ClassVar[Any]
    one_source: ClassVar[Any]

    # Empty stands for any.
    source = models.ForeignKey(
        AppSource, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("app source")
    )

    class Meta:
        abstract = True

    @classmethod
    def unavailable_reason(cls) -> str:
        return missing_for(cls.app)

    def index_keys(self) -> Iterable[Hashable]:
        return [self.source_id]

    def match(self, event: Event) -> Sequence[int]:
        return event.contact_ids if event.data["app"] == self.app else []

    def describe(self) -> str:
        if self.source_id is None:
            return str(self.any_source)
        return str(self.one_source) % name_of(AppSource, self.source_id)


def source_form(app: str, label: Any, every: Any) -> type[SettingsForm]:
    """The settings form: one source of the app, or none for any."""
    field = forms.ModelChoiceField(
        label=label,
        queryset=AppSource.objects.filter(connection__app=app),
        required=False,
        empty_label=every,
    )
    return type("Form", (SettingsForm,), {"source": field})
