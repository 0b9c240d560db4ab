"""Conditions on a contact. Import a condition's module below and it exists everywhere."""

from . import field, owner, created  # isort: skip
from . import tag, tag_date, subscription, subscription_date  # isort: skip
from . import automation, email_sent, segment, now  # isort: skip
from . import event, form, page, site_message, app_receipt, email_activity  # isort: skip
from . import score, conversion  # isort: skip
from . import account, account_field, custom_object  # isort: skip
from .base import CONDITIONS, Condition, Moment
from .tree import ConditionError, Tree, clean_tree, compile_tree, describe_tree, matching

__all__ = [
    "CONDITIONS",
    "Condition",
    "ConditionError",
    "Moment",
    "Tree",
    "account",
    "account_field",
    "app_receipt",
    "automation",
    "clean_tree",
    "compile_tree",
    "conversion",
    "created",
    "custom_object",
    "describe_tree",
    "email_activity",
    "email_sent",
    "event",
    "field",
    "form",
    "matching",
    "now",
    "owner",
    "page",
    "score",
    "segment",
    "site_message",
    "subscription",
    "subscription_date",
    "tag",
    "tag_date",
]
