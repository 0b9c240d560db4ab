"""The admin pages, one module per area."""

from . import (
    contacts,
    fields,
    imports,
    jobs,
    labels,
    notes,
    segments,
    site,
    site_messages,
    suppression,
    tracking,
    users,
)

__all__ = [
    "contacts",
    "fields",
    "imports",
    "jobs",
    "labels",
    "notes",
    "segments",
    "site",
    "site_messages",
    "suppression",
    "tracking",
    "users",
]
