"""Setting standard and custom fields of many records at once, whatever has fields (`contacts.entities`)."""

from collections.abc import Collection, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.bulk import chunks, id_set, insert_rows, update_rows
from contacts.entities import Changes, Entity, entity_of
from contacts.models import CustomField
from contacts.selectors.fields import values_of

from .changes import record_field

VALUE_COLUMNS = ("text", "long_text", "number", "date", "datetime")


def parse_standard(name: str, raw: Any, scope: str = "contact") -> Any:
    """The stored value of a standard field, or ValidationError. `owner` takes a user id."""
    return entity_of(scope).standard[name].parse(raw)


@transaction.atomic
def set_field(
    *, field: str | CustomField, values: Mapping[int, Any], scope: str = "contact"
) -> dict[int, tuple[str, str]]:
    """Set one field of many records, each to its own parsed value (None or "" clears).

    `field` is a custom field, which knows what it belongs to, or the name of a standard field of `scope`.
    Returns {record id: (old, new)} of those that really changed.
    """
    changed: dict[int, tuple[str, str]] = {}
    for chunk in chunks(sorted(values)):
        part = {pk: values[pk] for pk in chunk}
        if isinstance(field, CustomField):
            changed |= _set_custom(field, part)
        else:
            changed |= _set_standard(field, part, scope)
    return changed


def set_custom_values(*, values: Mapping[int, Mapping[str, Any]], fields: Mapping[str, CustomField]) -> set[int]:
    """Set parsed custom values, {record id: {field key: value}}; the ids of the records that changed."""
    keys: Collection[str] = {key for row in values.values() for key in row}
    changed: set[int] = set()
    for key in sorted(keys):
        part = {pk: row[key] for pk, row in values.items() if key in row}
        changed |= set_field(field=fields[key], values=part).keys()
    return changed


def write_first_values(*, values: Mapping[int, Mapping[str, Any]], fields: Mapping[str, CustomField]) -> None:
    """The parsed custom values of records that were just made: no change, and so no fact of one."""
    for key in sorted({key for row in values.values() for key in row}):
        part = {pk: row[key] for pk, row in values.items() if key in row}
        _insert_values(entity_of(fields[key].scope), fields[key], part)


def _locked(entity: Entity, ids: Mapping[int, Any]) -> Any:
    """The records' rows are the lock: two writers of one field of one record go one after the other."""
    return entity.model._default_manager.filter(pk__in=id_set(ids)).select_for_update(no_key=True).order_by("pk")


def _set_standard(name: str, values: Mapping[int, Any], scope: str) -> Changes:
    entity = entity_of(scope)
    if name not in entity.standard:
        raise ValidationError(_("“%s” is not a field that can be set.") % name)
    field = entity.standard[name]
    current = dict(_locked(entity, values).values_list("pk", field.column))
    wanted = {pk: field.empty if values[pk] is None else values[pk] for pk in current}
    new = {pk: value for pk, value in wanted.items() if value != current[pk]}
    if not new:
        return {}
    if field.check is not None:
        field.check(new)
    update_rows(entity.model, "id", list(new), {field.column: list(new.values()), "updated_at": timezone.now()})
    changes = {pk: (field.to_text(current[pk]), field.to_text(value)) for pk, value in new.items()}
    record_field(scope=scope, field=name, changes=changes)
    return changes


def _set_custom(field: CustomField, values: Mapping[int, Any]) -> Changes:
    entity = entity_of(field.scope)
    locked = list(_locked(entity, values).values_list("pk", flat=True))
    current = values_of(locked, [field], scope=field.scope)
    if field.required and any(field.to_text(values[pk]) == "" for pk in locked):
        raise ValidationError(_("“%s” can't be empty.") % field.label)
    changes: dict[int, tuple[str, str]] = {}
    for pk in locked:
        old, new = field.to_text(current.get(pk, {}).get(field.key)), field.to_text(values[pk])
        if old != new:
            changes[pk] = (old, new)
    if changes:
        had = [pk for pk in changes if field.key in current.get(pk, {})]
        if had:
            rows = entity.values._default_manager.filter(field=field, **{f"{entity.owner}__in": id_set(had)})
            rows._raw_delete("default")
        _insert_values(entity, field, {pk: values[pk] for pk in changes})
        record_field(scope=field.scope, field=field.key, changes=changes)
    return changes


def _insert_values(entity: Entity, field: CustomField, values: Mapping[int, Any]) -> None:
    rows = [
        (pk, ordinal, columns)
        for pk, value in values.items()
        for ordinal, columns in enumerate(field.kind.store(value))
    ]
    insert_rows(
        entity.values,
        {
            entity.owner_id: [row[0] for row in rows],
            "field_id": field.pk,
            "ordinal": [row[1] for row in rows],
            **{name: [row[2].get(name) for row in rows] for name in VALUE_COLUMNS},
        },
        size=len(rows),
    )
