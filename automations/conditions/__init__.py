"""Conditions on a contact. Import a condition's module below and it exists everywhere."""

from . import tag, subscription, field, created, automation, now  # isort: skip
from .base import CONDITIONS, Condition, Moment
from .tree import ConditionError, Tree, clean_tree, compile_tree, describe_tree, matching

__all__ = [
    "CONDITIONS",
    "Condition",
    "ConditionError",
    "Moment",
    "Tree",
    "automation",
    "clean_tree",
    "compile_tree",
    "created",
    "describe_tree",
    "field",
    "matching",
    "now",
    "subscription",
    "tag",
]
