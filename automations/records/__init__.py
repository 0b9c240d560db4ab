"""Kinds of record that an event can be about. Import a kind's module below and texts and conditions know it."""

from . import account
from .base import RECORDS, RecordKind, kind_of, mentioned, values_for

__all__ = ["RECORDS", "RecordKind", "account", "kind_of", "mentioned", "values_for"]
from . import ecommerce

__all__ = ["RECORDS", "RecordKind", "ecommerce", "kind_of", "mentioned", "values_for"]
