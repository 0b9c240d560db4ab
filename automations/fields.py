"""A choice among standard and custom fields, as conditions, triggers and steps offer it.

A scope says whose fields (`contacts.entities`): the contact's unless told.
"""

import dataclasses
import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.names import name_of, remembered
from contacts.contact_fields import CONTACT
from contacts.entities import StandardField, entity_of
from contacts.models import CustomField
from contacts.selectors.fields import fields_of

STANDARD = {key: field.label for key, field in CONTACT.standard.items()}


@dataclasses.dataclass(frozen=True, slots=True)
class Follows:
    """The control of a value follows the field that another setting names.

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
        "invalid_choice": gettext_lazy("The field “%(value)s” does not exist (any more); choose another.")
    }

    def __init__(self, *, scope: str = "contact", choices: Any = None, **kwargs: Any) -> None:
        self.scope = scope
        super().__init__(choices=choices or partial(field_choices, scope), **kwargs)

    def use(self, scope: str) -> None:
        """Offer another scope's fields: of a form's own field, once the form knows whose they are."""
        self.scope, self.choices = scope, partial(field_choices, scope)
        self.widget.attrs["data-controls"] = CONTROLS(scope)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "data-controls": CONTROLS(self.scope)}


def _controls(scope: str) -> str:
    """{field key: {control, choices, multiple}} as JSON, of those that are more than a text."""
    found = {
        key: {
            "control": field.kind.control,
            "choices": [[value, str(label)] for value, label in field.kind.choices(field.options)],
            "multiple": field.kind.multiple,
        }
        for key, field in all_fields(scope).items()
        if field.kind.control != "text"
    }
    return json.dumps(found, ensure_ascii=False)


#: Read when the page is drawn, as the choices are.
CONTROLS = lazy(_controls, str)


def custom_fields(scope: str) -> dict[str, CustomField]:
    """The scope's custom fields by key; read once within a `remembered_names` block."""
    return remembered(("fields", scope), lambda: fields_of(scope))


def contact_fields() -> dict[str, CustomField]:
    return custom_fields("contact")


def all_fields(scope: str) -> "dict[str, StandardField | CustomField]":
    return {**entity_of(scope).standard, **custom_fields(scope)}


def field_of(key: str, scope: str = "contact") -> "StandardField | CustomField | None":
    """The field, or None where it is gone; a query only for a custom one."""
    return entity_of(scope).standard.get(key) or custom_fields(scope).get(key)


def field_choices(scope: str = "contact") -> list[Any]:
    standard = [(key, field.label) for key, field in entity_of(scope).standard.items()]
    custom = [(field.key, field.label) for field in custom_fields(scope).values()]
    groups = [(_("Standard fields"), standard), (_("Custom fields"), custom)]
    return [group for group in groups if group[1]]


def field_label(key: str, scope: str = "contact") -> str:
    field = field_of(key, scope)
    return str(field.label) if field else _("(deleted field “%s”)") % key


def field_references(key: str, scope: str = "contact") -> set[tuple[str, int]]:
    field = field_of(key, scope)
    return {(CustomField._meta.label_lower, field.pk)} if isinstance(field, CustomField) else set()


def parse_value(key: str, value: str, scope: str = "contact") -> Any:
    """The value as the field stores it; ValidationError where it can't. A user is an id or a user name."""
    field = field_of(key, scope)
    if field is None:
        raise ValidationError(_("The field “%s” does not exist (any more).") % key)
    if isinstance(field, StandardField) and field.of_users:
        return _user_id(value.strip())
    return field.parse(value)


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


def canonical(key: str, value: str, scope: str = "contact") -> str:
    """The text that a fact would hold for `value`; ValidationError where the field can't have it."""
    if not value.strip():
        return ""
    parsed = parse_value(key, value, scope)
    field = field_of(key, scope)
    return field.to_text(parsed) if field else ""


def shown_value(key: str, text: str, scope: str = "contact") -> str:
    """A canonical text as people read it: a user by name, several options in one line."""
    field = field_of(key, scope)
    if isinstance(field, StandardField) and field.of_users and text:
        return name_of(get_user_model(), int(text))
    return ", ".join(text.splitlines())
