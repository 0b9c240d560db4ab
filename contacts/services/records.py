"""Saving one plain record, checked as its admin form checks it."""

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import models, transaction

Record = TypeVar("Record", bound=models.Model)


@transaction.atomic
def save_record(*, record: Record, values: Mapping[str, Any]) -> Record:
    """Set `values` (by field name) on a new or stored record and save it; ValidationError by field.

    Of a stored record only these columns are written, so that two who change different fields at
    the same time both get their way.
    """
    for name, value in values.items():
        setattr(record, name, value)
    record.full_clean()
    if record._state.adding:
        record.save()
    elif values:
        automatic = [f.name for f in record._meta.concrete_fields if getattr(f, "auto_now", False)]
        record.save(update_fields=[*values, *automatic])
    return record
