"""What the triggers on changes of fields share: which field, from what, to what."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.events import Event
from automations.fields import FieldChoice, Follows, canonical, field_label, field_references, shown_value
from automations.forms import SettingsForm
from automations.models import Trigger

SIDES = (("any", gettext_lazy("any value")), ("value", gettext_lazy("this value")))


class FieldChangeForm(SettingsForm):
    """A subclass names the scope, and its own FieldChoice of that scope."""

    scope: ClassVar[str] = "contact"
    follows = dict.fromkeys(("old_value", "new_value"), Follows("field"))
    depends = {"old_value": ("old", ("value",)), "new_value": ("new", ("value",))}

    field = FieldChoice(label=gettext_lazy("Field"))
    old = forms.ChoiceField(label=gettext_lazy("From"), choices=SIDES, initial="any")
    old_value = forms.CharField(label=gettext_lazy("From value"), required=False, max_length=500)
    new = forms.ChoiceField(label=gettext_lazy("To"), choices=SIDES, initial="any")
    new_value = forms.CharField(label=gettext_lazy("To value"), required=False, max_length=500)

    def whose(self) -> str:
        """The scope; a form that asks for it looks at what was chosen."""
        return self.scope

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for side in ("old", "new"):
            if data.get(side) != "value":
                data[f"{side}_value"] = ""
            elif data.get("field"):
                try:
                    data[f"{side}_value"] = canonical(data["field"], data.get(f"{side}_value", ""), self.whose())
                except ValidationError as error:
                    self.add_error(f"{side}_value", error)
        if data.get("old") == data.get("new") == "value" and data.get("old_value") == data.get("new_value"):
            self.add_error("new_value", _("“From” and “to” are the same value: that is no change."))
        return data


class FieldChangeTrigger(Trigger):
    """Its events have the field's key as `key`. `scope` says whose fields."""

    scope: ClassVar[str] = "contact"

    field = models.CharField(gettext_lazy("field"), max_length=64, blank=True)
    # "any" leaves a side open; with "value" it must be `..._value`, and "" is the empty value.
    old = models.CharField(max_length=5, default="any")
    old_value = models.CharField(max_length=500, blank=True)
    new = models.CharField(max_length=5, default="any")
    new_value = models.CharField(max_length=500, blank=True)

    class Meta(Trigger.Meta):
        abstract = True
        constraints: ClassVar[list[Any]] = []

    def whose(self) -> str:
        """The scope; a type that asks for it looks at its settings."""
        return self.scope

    def index_keys(self) -> Iterable[Hashable]:
        return [self.field]

    def match(self, event: Event) -> Sequence[int]:
        if event.record is not None:
            return super().match(event)
        if self.old == self.new == "any":
            return event.contact_ids
        return [contact for contact, change in (event.changes or {}).items() if self.fits(*change)]

    def concerns(self, event: Event) -> bool:
        """Of a record, whose change is one; contacts' changes are many, and `match` picks among them."""
        return event.change is not None and self.fits(*event.change)

    def fits(self, old: str, new: str) -> bool:
        """Whether a change from `old` to `new`, canonical texts, is one that the settings mean."""
        return (self.old == "any" or old == self.old_value) and (self.new == "any" or new == self.new_value)

    def references(self) -> set[tuple[str, int]]:
        return field_references(self.field, self.whose())

    def describe(self) -> str:
        if not self.field:
            return str(_("A field changes (not chosen yet)"))
        parts = [_("The field “%s” changes") % field_label(self.field, self.whose())]
        if self.old == "value":
            parts.append(_("from “%s”") % (shown_value(self.field, self.old_value, self.whose()) or _("empty")))
        if self.new == "value":
            parts.append(_("to “%s”") % (shown_value(self.field, self.new_value, self.whose()) or _("empty")))
        return " ".join(parts)
