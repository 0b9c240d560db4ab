"""Kinds of record that an event can be about. Import a kind's module below and texts and conditions know it."""

from . import account, custom_object
from .base import RECORDS, RecordKind, kind_of, mentioned, values_for

__all__ = ["RECORDS", "RecordKind", "account", "custom_object", "kind_of", "mentioned", "values_for"]
