"""Reads of custom fields and their values."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from contacts.bulk import id_set
from contacts.models import ContactFieldValue, CustomField


def contact_fields() -> dict[str, CustomField]:
    """The contacts' custom fields by key, in their order."""
    return {field.key: field for field in CustomField.objects.filter(entity=CustomField.Entity.CONTACT)}


def values_of(
    contact_ids: Collection[int], fields: Collection[CustomField] | None = None
) -> dict[int, dict[str, Any]]:
    """{contact id: {field key: value}} in one query; contacts and fields without a value are left out."""
    rows = ContactFieldValue.objects.filter(contact__in=id_set(contact_ids)).select_related("field")
    if fields is not None:
        rows = rows.filter(field__in=fields)
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    for row in rows.order_by("contact_id", "field_id", "ordinal"):
        values, field = found[row.contact_id], row.field
        if field.kind.multiple:
            values.setdefault(field.key, []).append(row.text)
        else:
            values[field.key] = row.value
    return dict(found)
