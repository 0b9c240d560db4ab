"""The admin pages, one module per area."""

from . import (
    apps,
    contacts,
    engagement,
    fields,
    forms,
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
    "apps",
    "contacts",
    "engagement",
    "fields",
    "forms",
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
