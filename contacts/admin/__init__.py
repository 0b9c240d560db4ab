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
    mailing,
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
    "mailing",
    "notes",
    "segments",
    "site",
    "site_messages",
    "suppression",
    "tracking",
    "users",
]
