"""Creating and changing one record that has fields, whichever it is: a contact, an account, a deal ..."""

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from django.db import transaction

from contacts.entities import Entity, entity_of
from contacts.models.tracked import Tracked
from contacts.selectors.fields import fields_of

from .fields import set_custom_values
from .parsing import parse_fields

Record = TypeVar("Record", bound=Tracked)


def create_fielded(
    *, record: Record, scope: str, standard: Mapping[str, Any], custom: Mapping[str, Any] | None = None
) -> Record:
    """Fill the new `record` from raw values and save it; ValidationError by field."""
    fields = fields_of(scope)
    values, parsed = parse_fields(scope=scope, standard=standard, custom=custom or {}, fields=fields)
    _assign(record, entity_of(scope), values)
    record.full_clean()
    with transaction.atomic():
        record.save()
        set_custom_values(values={record.pk: parsed}, fields=fields)
    return record


@transaction.atomic
def update_fielded(
    *, record: Record | int, scope: str, standard: Mapping[str, Any], custom: Mapping[str, Any] | None = None
) -> Record:
    """Change one record from raw values; ValidationError by field. What is not named stays as it is."""
    entity, fields = entity_of(scope), fields_of(scope)
    pk = record.pk if isinstance(record, Tracked) else record
    values, parsed = parse_fields(scope=scope, standard=standard, custom=custom or {}, fields=fields)
    stored = cast(Record, entity.model._default_manager.select_for_update(no_key=True).get(pk=pk))
    columns = {entity.standard[name].column: value for name, value in values.items()}
    changed = [name for name, value in columns.items() if getattr(stored, name) != value]
    _assign(stored, entity, values)
    if changed:
        stored.full_clean()
    if set_custom_values(values={pk: parsed}, fields=fields) or changed:
        stored.save(update_fields=[*changed, "updated_at"])
    return stored


def _assign(record: Tracked, entity: Entity, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(record, entity.standard[name].column, value)
