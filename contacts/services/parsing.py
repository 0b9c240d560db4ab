"""Raw values of a contact, from the API or a program, as values that can be stored."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from contacts.models import CustomField

from .fields import parse_standard

STANDARD = ("email", "phone", "first_name", "last_name", "owner", "time_zone", "language")
PLAIN = (str, int, float, bool, type(None))


def parse_contact(
    *, standard: Mapping[str, Any], custom: Mapping[str, Any], fields: Mapping[str, CustomField]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(standard values by name, custom values by key), or one ValidationError with every field's errors.

    Errors of custom fields are named `fields.<key>`. That an owner exists is not checked here.
    """
    errors: dict[str, Any] = {}
    values: dict[str, Any] = {}
    parsed: dict[str, Any] = {}
    for name, raw in standard.items():
        _attempt(errors, name, values, name, partial(_standard, name, raw))
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


def _standard(name: str, raw: Any) -> Any:
    if name not in STANDARD:
        raise ValidationError(
            _("There is no such field; the fields are: %s.") % ", ".join(STANDARD), code="unknown"
        )
    if name == "owner":
        return _owner(raw)
    if not isinstance(raw, PLAIN) or isinstance(raw, bool):
        raise ValidationError(_("Give a text."))
    text = "" if raw is None else str(raw).strip()
    if name == "email" and not text:
        raise ValidationError(_("Give an e-mail address."), code="required")
    if name == "phone" and len(text) > 32:
        raise ValidationError(_("A phone number has at most 32 characters."))
    return parse_standard(name, text)


def _owner(raw: Any) -> int | None:
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
