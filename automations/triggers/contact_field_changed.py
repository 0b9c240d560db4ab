"""A standard or custom contact field changes (spec: contact_field_changed)."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.availability import PLUS_AND_UP, Availability
from automations.events import FIELD_CHANGED, Event
from automations.fields import FieldChoice, Follows, canonical, field_choices, field_label, field_references
from automations.forms import SettingsForm
from automations.models import Trigger

from .base import TRIGGERS


@TRIGGERS.register
class ContactFieldChangedTrigger(Trigger):
    slug = "contact_field_changed"
    label = gettext_lazy("Contact field changes")
    summary = gettext_lazy("A standard or custom field of a contact gets another value.")
    family = "contacts"
    icon = "edit_note"
    synonyms = (gettext_lazy("custom field"), gettext_lazy("attribute"), gettext_lazy("value"))
    availability = Availability(plans=PLUS_AND_UP)
    listens_to = FIELD_CHANGED

    field = models.CharField(gettext_lazy("field"), max_length=64, blank=True)
    # "any" leaves a side open; with "value" it must be `..._value`, and "" is the empty value.
    old = models.CharField(max_length=5, default="any")
    old_value = models.CharField(max_length=500, blank=True)
    new = models.CharField(max_length=5, default="any")
    new_value = models.CharField(max_length=500, blank=True)

    class Form(SettingsForm):
        SIDES = (("any", gettext_lazy("any value")), ("value", gettext_lazy("this value")))
        follows = dict.fromkeys(("old_value", "new_value"), Follows("field"))
        depends = {"old_value": ("old", ("value",)), "new_value": ("new", ("value",))}

        field = FieldChoice(label=gettext_lazy("Field"), choices=field_choices)
        old = forms.ChoiceField(label=gettext_lazy("From"), choices=SIDES, initial="any")
        old_value = forms.CharField(label=gettext_lazy("From value"), required=False, max_length=500)
        new = forms.ChoiceField(label=gettext_lazy("To"), choices=SIDES, initial="any")
        new_value = forms.CharField(label=gettext_lazy("To value"), required=False, max_length=500)

        def clean(self) -> dict[str, Any]:
            data = super().clean() or {}
            for side in ("old", "new"):
                if data.get(side) != "value":
                    data[f"{side}_value"] = ""
                elif data.get("field"):
                    try:
                        data[f"{side}_value"] = canonical(data["field"], data.get(f"{side}_value", ""))
                    except ValidationError as error:
                        self.add_error(f"{side}_value", error)
            if data.get("old") == data.get("new") == "value" and data.get("old_value") == data.get("new_value"):
                self.add_error("new_value", _("“From” and “to” are the same value: that is no change."))
            return data

    def index_keys(self) -> Iterable[Hashable]:
        return [self.field]

    def match(self, event: Event) -> Sequence[int]:
        if self.old == self.new == "any":
            return event.contact_ids
        return [
            contact
            for contact, (old, new) in (event.changes or {}).items()
            if (self.old == "any" or old == self.old_value) and (self.new == "any" or new == self.new_value)
        ]

    def references(self) -> set[tuple[str, int]]:
        return field_references(self.field)

    def describe(self) -> str:
        if not self.field:
            return _("A contact field changes (not chosen yet)")
        parts = [_("The field “%s” changes") % field_label(self.field)]
        if self.old == "value":
            parts.append(_("from “%s”") % (self.old_value or _("empty")))
        if self.new == "value":
            parts.append(_("to “%s”") % (self.new_value or _("empty")))
        return " ".join(parts)
