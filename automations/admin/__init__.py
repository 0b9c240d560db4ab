"""The admin pages, one module per area. Those of triggers and steps are generated from the registries."""

from . import account, automations, conversions, deliveries, enrollments, feeds, parts, queue, scores  # isort: skip
from . import segments, spreadsheets  # isort: skip

__all__ = [
    "account",
    "automations",
    "conversions",
    "deliveries",
    "enrollments",
    "feeds",
    "parts",
    "queue",
    "scores",
    "segments",
    "spreadsheets",
]
