"""Raw values of a record's fields, from the API or a program, as values that can be stored."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from contacts.contact_fields import CONTACT
from contacts.entities import StandardField, entity_of
from contacts.models import CustomField

STANDARD = tuple(CONTACT.standard)
PLAIN = (str, int, float, bool, type(None))


def parse_contact(
    *, standard: Mapping[str, Any], custom: Mapping[str, Any], fields: Mapping[str, CustomField]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """As `parse_fields`, of a contact."""
    return parse_fields(scope="contact", standard=standard, custom=custom, fields=fields)


def parse_fields(
    *, scope: str, standard: Mapping[str, Any], custom: Mapping[str, Any], fields: Mapping[str, CustomField]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(standard values by name, custom values by key), or one ValidationError with every field's errors.

    `fields` are the scope's custom fields. Errors of custom fields are named `fields.<key>`. That an owner
    exists is not checked here.
    """
    known = entity_of(scope).standard
    errors: dict[str, Any] = {}
    values: dict[str, Any] = {}
    parsed: dict[str, Any] = {}
    for name, raw in standard.items():
        _attempt(errors, name, values, name, partial(_standard, known, name, raw))
    for key, raw in custom.items():
        _attempt(errors, f"fields.{key}", parsed, key, partial(_custom, fields, key, raw))
    if errors:
        raise ValidationError(errors)
    return values, parsed


def _attempt(
    errors: dict[str, Any], label: str, target: dict[str, Any], name: str, parse: Callable[[], Any]
) -> None:
    try:
        target[name] = parse()
    except ValidationError as exc:
        errors[label] = exc


def _standard(known: Mapping[str, StandardField], name: str, raw: Any) -> Any:
    if name not in known:
        raise ValidationError(_("There is no such field; the fields are: %s.") % ", ".join(known), code="unknown")
    field = known[name]
    if field.of_users:
        return _user(raw)
    if not isinstance(raw, PLAIN) or isinstance(raw, bool):
        raise ValidationError(_("Give a text."))
    if field.required and not str("" if raw is None else raw).strip():
        raise ValidationError(field.missing or _("Give a value."), code="required")
    return field.parse(raw)


def _user(raw: Any) -> int | None:
    if raw in (None, ""):
        return None
    text = "" if isinstance(raw, bool) else str(raw).strip()
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise ValidationError(_("Give a user's id."))
    return int(text)


def _custom(fields: Mapping[str, CustomField], key: str, raw: Any) -> Any:
    if key not in fields:
        known = ", ".join(fields) or "–"
        raise ValidationError(
            _("There is no custom field “%(key)s”; the fields are: %(known)s.")
            % {"key": key[:60], "known": known},
            code="unknown",
        )
    kind = fields[key].kind
    parts = list(raw.values()) if isinstance(raw, Mapping) else raw if isinstance(raw, list) else []
    plain = isinstance(raw, (*PLAIN, *kind.structures)) and all(isinstance(part, PLAIN) for part in parts)
    if not plain:
        raise ValidationError(_("A field of the type “%s” can't hold this value.") % kind.label)
    return kind.parse(raw, fields[key].options)
