"""Kinds of record that an event can be about. Import a kind's module below and texts and conditions know it.

What comes along with a record stands after it: a task's deal, a deal's account.
"""

from . import task, deal, account  # isort: skip
from .base import RECORDS, RecordKind, kind_of, mentioned, values_for

__all__ = ["RECORDS", "RecordKind", "account", "deal", "kind_of", "mentioned", "task", "values_for"]
__all__ = ["RECORDS", "RecordKind", "account", "kind_of", "mentioned", "values_for"]
from . import ecommerce

__all__ = ["RECORDS", "RecordKind", "ecommerce", "kind_of", "mentioned", "values_for"]
from . import custom_object

__all__ = ["RECORDS", "RecordKind", "account", "custom_object", "kind_of", "mentioned", "values_for"]
