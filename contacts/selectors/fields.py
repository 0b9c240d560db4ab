"""Reads of custom fields and their values. A scope says whose; see `contacts.entities`."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from contacts.bulk import id_set
from contacts.entities import entity_of, scope_query
from contacts.models import CustomField


def fields_of(scope: str) -> dict[str, CustomField]:
    """The scope's custom fields by key, in their order."""
    return {field.key: field for field in CustomField.objects.filter(**scope_query(scope))}


def contact_fields() -> dict[str, CustomField]:
    return fields_of("contact")


def values_of(
    ids: Collection[int], fields: Collection[CustomField] | None = None, scope: str = "contact"
) -> dict[int, dict[str, Any]]:
    """{record id: {field key: value}} in one query; records and fields without a value are left out."""
    entity = entity_of(scope)
    rows = entity.values._default_manager.filter(**{f"{entity.owner}__in": id_set(ids)}).select_related("field")
    if fields is not None:
        rows = rows.filter(field__in=fields)
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    for row in rows.order_by(entity.owner_id, "field_id", "ordinal"):
        values, field = found[getattr(row, entity.owner_id)], row.field
        if field.kind.multiple:
            values.setdefault(field.key, []).append(row.text)
        else:
            values[field.key] = row.value
    return dict(found)
