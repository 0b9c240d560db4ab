"""The admin pages, one module per area."""

from . import apps, contacts, fields, imports, jobs, labels, notes, segments, suppression, tracking, users

__all__ = [
    "apps",
    "contacts",
    "fields",
    "imports",
    "jobs",
    "labels",
    "notes",
    "segments",
    "suppression",
    "tracking",
    "users",
]
