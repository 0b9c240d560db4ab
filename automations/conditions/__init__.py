"""Conditions on a contact. Import a condition's module below and it exists everywhere."""

from . import field, owner, created  # isort: skip
from . import tag, tag_date, subscription, subscription_date  # isort: skip
from . import automation, email_sent, segment, now  # isort: skip
from . import event, form, page, site_message, app_receipt, email_activity  # isort: skip
from . import score, conversion  # isort: skip
from . import account, account_field  # isort: skip
from . import deal_stage, deal_status, deal_value, deal_owner, deal_title  # isort: skip
from . import deal_field, deal_score, deal_role  # isort: skip
from . import task_type, task_outcome, task_about, task_title, task_state  # isort: skip
from . import bought, order_count, total_spent, last_order  # isort: skip
from . import shop_total, shop_currency, shop_status, shop_store, shop_product, shop_category  # isort: skip
from . import shop_date, cart_state  # isort: skip
from . import custom_object  # isort: skip
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
    "bought",
    "cart_state",
    "clean_tree",
    "compile_tree",
    "conversion",
    "created",
    "custom_object",
    "deal_field",
    "deal_owner",
    "deal_role",
    "deal_score",
    "deal_stage",
    "deal_status",
    "deal_title",
    "deal_value",
    "describe_tree",
    "email_activity",
    "email_sent",
    "event",
    "field",
    "form",
    "last_order",
    "matching",
    "now",
    "order_count",
    "owner",
    "page",
    "score",
    "segment",
    "shop_category",
    "shop_currency",
    "shop_date",
    "shop_product",
    "shop_status",
    "shop_store",
    "shop_total",
    "site_message",
    "subscription",
    "subscription_date",
    "tag",
    "tag_date",
    "task_about",
    "task_outcome",
    "task_state",
    "task_title",
    "task_type",
    "total_spent",
]
