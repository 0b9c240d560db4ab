"""Turns facts into events, and answers what contacts ask of every app. The only code that knows both sides."""

from . import (
    apps,
    bulk,
    campaigns,
    contacts,
    ecommerce,
    engagement,
    forms,
    people,
    rules,
    scores,
    segments,
    tracking,
    usage,
)

__all__ = [
    "apps",
    "bulk",
    "campaigns",
    "contacts",
    "ecommerce",
    "engagement",
    "forms",
    "people",
    "rules",
    "scores",
    "segments",
    "tracking",
    "usage",
]
