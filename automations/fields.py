"""A choice among the contact's standard and custom fields, as conditions, triggers and steps offer it."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.names import remembered
from contacts.models import CustomField
from contacts.selectors import fields as contact_selectors
from contacts.services.fields import parse_standard

STANDARD = {
    "email": gettext_lazy("E-mail"),
    "phone": gettext_lazy("Phone"),
    "first_name": gettext_lazy("First name"),
    "last_name": gettext_lazy("Last name"),
    "owner": gettext_lazy("Owner"),
    "time_zone": gettext_lazy("Time zone"),
    "language": gettext_lazy("Language"),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Follows:
    """The control of a value follows the contact field that another setting names.

    A help for people only: the value stays a text, which the form checks as before.
    """

    field: str
    #: The setting whose value may ask for something else: for a text, or for a number.
    op: str = ""
    text: tuple[str, ...] = ()
    number: tuple[str, ...] = ()
    #: {what the field has: what the value is here}, as a moment is compared by its day.
    instead: Mapping[str, str] = dataclasses.field(default_factory=dict)
    #: Of a field with several choices a value is one.
    one_of_many: bool = False
    #: Offer the choices, and let anything else be typed.
    suggest: bool = False


class FieldChoice(forms.ChoiceField):
    """Names the field that is missing instead of “not one of the available choices”.

    For controls that follow it (`Follows`) it tells the page how each field's values are typed.
    """

    default_error_messages = {
        "invalid_choice": gettext_lazy("The contact field “%(value)s” does not exist (any more); choose another.")
    }

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "data-controls": CONTROLS()}


def _controls() -> str:
    """{field key: {control, choices, multiple}} as JSON, of those that are more than a text."""
    found = {
        key: {
            "control": field.kind.control,
            "choices": [[value, str(label)] for value, label in field.kind.choices(field.options)],
            "multiple": field.kind.multiple,
        }
        for key, field in contact_fields().items()
        if field.kind.control != "text"
    }
    return json.dumps(found, ensure_ascii=False)


#: Read when the page is drawn, as the choices are.
CONTROLS = lazy(_controls, str)


def contact_fields() -> dict[str, CustomField]:
    """The contacts' custom fields by key; read once within a `remembered_names` block."""
    return remembered("contact_fields", contact_selectors.contact_fields)


def field_choices() -> list[Any]:
    custom = [(field.key, field.label) for field in contact_fields().values()]
    groups: list[Any] = [(_("Standard fields"), list(STANDARD.items()))]
    return [*groups, (_("Custom fields"), custom)] if custom else groups


def field_label(key: str) -> str:
    if key in STANDARD:
        return str(STANDARD[key])
    field = contact_fields().get(key)
    return field.label if field else _("(deleted field “%s”)") % key


def field_references(key: str) -> set[tuple[str, int]]:
    if key in STANDARD:
        return set()
    field = contact_fields().get(key)
    return {(CustomField._meta.label_lower, field.pk)} if field else set()


def parse_value(key: str, value: str) -> Any:
    """The value as the field stores it; ValidationError where it can't. An owner is an id or a user name."""
    if key == "owner":
        return _user_id(value.strip())
    if key in STANDARD:
        return parse_standard(key, value)
    field = contact_fields().get(key)
    if field is None:
        raise ValidationError(_("The contact field “%s” does not exist (any more).") % key)
    return field.kind.parse(value, field.options)


def _user_id(value: str) -> int | None:
    if not value:
        return None
    users = get_user_model()._default_manager
    known = users.filter(username=value) | (users.filter(pk=int(value)) if _is_id(value) else users.none())
    found = known.values_list("pk", flat=True).first()
    if found is None:
        raise ValidationError(_("There is no user “%s”.") % value[:50])
    return int(found)


def _is_id(value: str) -> bool:
    return value.isdecimal() and len(value) <= 18


def canonical(key: str, value: str) -> str:
    """The text that a FieldChange would hold for `value`; ValidationError where the field can't have it."""
    if not value.strip():
        return ""
    parsed = parse_value(key, value)
    if key in STANDARD:
        return "" if parsed is None else str(parsed)
    return contact_fields()[key].kind.to_text(parsed)
