"""Turns facts into events, and answers what contacts ask of every app. The only code that knows both sides."""

from . import (
    accounts,
    apps,
    bulk,
    campaigns,
    contacts,
    ecommerce,
    engagement,
    forms,
    mail,
    people,
    rules,
    scores,
    segments,
    tracking,
    usage,
)

__all__ = [
    "accounts",
    "apps",
    "bulk",
    "campaigns",
    "contacts",
    "ecommerce",
    "engagement",
    "forms",
    "mail",
    "people",
    "rules",
    "scores",
    "segments",
    "tracking",
    "usage",
]
