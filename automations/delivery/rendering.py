"""Personalisation: users' texts as sandboxed Liquid templates, never Django's.

Templates see `contact` (with `contact.fields.<key>` and `contact.scores.<key>`), `event`, `links` and
the record that the contact entered with, by its kind: `deal.title`, `order.total`. Unknown names are
empty, so `{{ contact.first_name | default: "friend" }}` falls back; bad syntax is refused when the text
is saved.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from liquid import BoundTemplate, Environment
from liquid.exceptions import LiquidError

from automations.events import told
from automations.records import mentioned, values_for
from contacts.models import Contact


class _Sandbox(Environment):
    """No includes, no endless loops, no huge results: a template is someone's text, not a program."""

    loop_iteration_limit = 10_000
    output_stream_limit = 2_000_000
    local_namespace_limit = 100_000
    context_depth_limit = 20


_html = _Sandbox(autoescape=True)
_text = _Sandbox(autoescape=False)
for environment in (_html, _text):
    for tag in ("include", "render", "extends", "block"):
        environment.tags.pop(tag, None)


def validate_template(source: str) -> None:
    """A form validator: ValidationError that says what doesn't parse, and where."""
    try:
        filters = _text.from_string(source).analyze(include_partials=False).filters
    except LiquidError as error:
        raise ValidationError(_("The personalisation doesn't parse: %s") % str(error).splitlines()[0]) from None
    unknown = sorted(set(filters) - set(_text.filters))
    if unknown:
        raise ValidationError(_("The personalisation has no filter “%s”.") % unknown[0])


@lru_cache(maxsize=1_000)
def _parsed(source: str, html: bool) -> BoundTemplate:
    return (_html if html else _text).from_string(source)


def personalise(
    source: str,
    contact: Contact,
    event: Mapping[str, Any],
    *,
    html: bool,
    links: Mapping[str, str] | None = None,
    records: Mapping[str, Any] | None = None,
) -> str:
    """The text for one contact; values are escaped when `html`.

    `records` are the values of its records by kind (`records_of`, or for many `values_for`); without
    them those that the text names are read.
    """
    if "{" not in source:
        return source
    known = records_of(contact, event, source) if records is None else records
    names = {**_shown(known, contact), **context_of(contact, event), "links": dict(links or {})}
    try:
        return str(_parsed(source, html).render(**names))
    except LiquidError as error:
        raise ValidationError(_("The personalisation failed: %s") % str(error).splitlines()[0]) from None


def records_of(contact: Contact, event: Mapping[str, Any], *sources: str) -> Mapping[str, Any]:
    """The values of the records that these texts may name, for one contact."""
    return values_for([(contact.pk or 0, event)], mentioned(*sources))[0]


def _shown(values: Any, contact: Contact) -> Any:
    """Values of records as templates show them, however deep."""
    if isinstance(values, Mapping):
        return {name: _shown(value, contact) for name, value in values.items()}
    if isinstance(values, list) and any(isinstance(item, Mapping) for item in values):
        return [_shown(item, contact) for item in values]
    return _value(values, _zone(contact))


def _zone(contact: Contact) -> ZoneInfo:
    from automations.engine.index import current_index  # which reads the steps, which validate templates

    return ZoneInfo(contact.time_zone or current_index(fresh=False).zone)


def context_of(contact: Contact, event: Mapping[str, Any]) -> dict[str, Any]:
    """What templates can name. Plain values only: no model, method or setting can be reached.

    Moments are in the contact's time zone, or the account's.
    """
    owner = contact.owner if contact.owner_id else None
    zone = _zone(contact)
    return {
        "contact": {
            "id": contact.pk,
            "email": contact.email,
            "phone": contact.phone,
            "first_name": contact.first_name,
            "last_name": contact.last_name,
            "name": contact.name,
            "language": contact.language,
            "owner": {"name": owner.get_full_name() or owner.get_username(), "email": owner.email}
            if owner
            else {},
            "scores": contact.score_points,
            "fields": {key: _value(value, zone) for key, value in contact.custom_values.items()},
        },
        "event": told(event),
    }


class Choices(tuple[str, ...]):
    """A multi-select's values: a sequence for filters and loops, “Red, Green” when simply put into a text."""

    def __str__(self) -> str:
        return ", ".join(self)


def _value(value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, tuple):
        return f"{value[0]} {value[1]}"
    if isinstance(value, list):
        return Choices(value)
    if isinstance(value, datetime):
        return value.astimezone(zone)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
