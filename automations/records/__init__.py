"""Kinds of record that an event can be about. Import a kind's module below and texts and conditions know it."""

from .base import RECORDS, RecordKind, kind_of, mentioned, values_for

__all__ = ["RECORDS", "RecordKind", "kind_of", "mentioned", "values_for"]
