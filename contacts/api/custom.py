"""Custom values of records in answers of the API."""

from collections import defaultdict
from typing import Any

from django.db.models import Prefetch

from contacts.entities import entity_of


def prefetch_values(scope: str) -> "Prefetch[Any]":
    """One query for any number of records; their models call the rows `field_values`."""
    rows = entity_of(scope).values._default_manager.select_related("field")
    return Prefetch("field_values", rows.order_by("field__position", "field_id", "ordinal"))


def custom_values(record: Any) -> dict[str, Any]:
    """Values by key, from the prefetched rows."""
    several: dict[str, list[Any]] = defaultdict(list)
    found: dict[str, Any] = {}
    for row in record.field_values.all():
        kind, key = row.field.kind, row.field.key
        if kind.multiple:
            several[key].append(row.text)
            found[key] = several[key]
        else:
            found[key] = kind.to_json(row.value)
    return found
