"""What triggers on a record's status share: from any or one, to any or one."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import Event
from automations.forms import SettingsForm
from automations.models import Trigger


class StatusTrigger(Trigger):
    """Base: give the class `Form = status_form(...)`, and `sentence` and `labels()`."""

    #: “An order's status changes”
    sentence: Any

    # Empty stands for any.
    old = models.CharField(max_length=20, blank=True)
    new = models.CharField(max_length=20, blank=True)

    class Meta:
        abstract = True

    @classmethod
    def labels(cls) -> Mapping[str, Any]:
        raise NotImplementedError  # each type has statuses of its own; the contract tests describe every one

    def concerns(self, event: Event) -> bool:
        old, new = event.change or ("", "")
        return old != new and self.old in ("", old) and self.new in ("", new)

    def describe(self) -> str:
        labels, parts = self.labels(), [str(self.sentence)]
        if self.old:
            parts.append(_("from “%s”") % labels.get(self.old, self.old))
        if self.new:
            parts.append(_("to “%s”") % labels.get(self.new, self.new))
        return " ".join(parts)


class _StatusForm(SettingsForm):
    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("old") and data.get("old") == data.get("new"):
            self.add_error("new", _("“From” and “to” are the same status: that is no change."))
        return data


def status_form(choices: Sequence[tuple[str, Any]]) -> type[SettingsForm]:
    every = [("", gettext_lazy("any status")), *choices]
    fields = {
        "old": forms.ChoiceField(label=gettext_lazy("From"), choices=every, required=False),
        "new": forms.ChoiceField(label=gettext_lazy("To"), choices=every, required=False),
    }
    return type("Form", (_StatusForm,), fields)
