"""The admin pages, one module per area."""

from . import (
    contacts,
    engagement,
    fields,
    forms,
    imports,
    jobs,
    labels,
    mailing,
    notes,
    segments,
    suppression,
    tracking,
    users,
)

__all__ = [
    "contacts",
    "engagement",
    "fields",
    "forms",
    "imports",
    "jobs",
    "labels",
    "mailing",
    "notes",
    "segments",
    "suppression",
    "tracking",
    "users",
]
