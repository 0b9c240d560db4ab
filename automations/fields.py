"""A choice among the contact's standard and custom fields, as conditions, triggers and steps offer it."""

from typing import Any

from django import forms
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


class FieldChoice(forms.ChoiceField):
    """Names the field that is missing instead of “not one of the available choices”."""

    default_error_messages = {
        "invalid_choice": gettext_lazy("The contact field “%(value)s” does not exist (any more); choose another.")
    }


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


def canonical(key: str, value: str) -> str:
    """The text that a FieldChange would hold for `value`; ValidationError where the field can't have it."""
    if not value.strip():
        return ""
    if key in STANDARD:
        parsed = parse_standard(key, value)
        return "" if parsed is None else str(parsed)
    field = contact_fields()[key]
    return field.kind.to_text(field.kind.parse(value, field.options))
