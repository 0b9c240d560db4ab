"""The admin pages, one module per area."""

from . import apps, contacts, fields, forms, imports, jobs, labels, notes, segments, suppression, tracking, users

__all__ = [
    "apps",
    "contacts",
    "fields",
    "forms",
    "imports",
    "jobs",
    "labels",
    "notes",
    "segments",
    "suppression",
    "tracking",
    "users",
]
