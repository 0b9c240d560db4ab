"""The admin pages, one module per area."""

from . import contacts, fields, forms, imports, jobs, labels, notes, segments, suppression, tracking, users

__all__ = [
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
