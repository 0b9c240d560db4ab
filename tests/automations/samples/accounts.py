"""Samples of what is about accounts."""

from contacts.models import Account
from contacts.services import create_account

from . import CONDITIONS, STEPS, TRIGGERS, Sample, fixed


def an_account() -> int:
    found = Account.objects.filter(name="Sample Ltd").first()
    return (found or create_account(name="Sample Ltd")).pk


TRIGGERS["account_field_changed"] = Sample(
    fixed(field="employees", old="any", old_value="", new="value", new_value="50"),
    (
        ({"field": "gone"}, "field"),
        ({"field": "first_name"}, "field"),
        ({"field": "city", "new": "sometimes"}, "new"),
        ({"field": "employees", "old": "value", "old_value": "many"}, "old_value"),
        ({"field": "city", "old": "value", "old_value": "50", "new": "value", "new_value": "50"}, "new_value"),
    ),
)
STEPS["update_account_field"] = Sample(
    fixed(which="all", field="industry", op="set", value="Bakery"),
    (
        ({"which": "one", "field": "gone", "op": "clear"}, "field"),
        ({"which": "one", "field": "name", "op": "clear"}, "op"),
        ({"which": "one", "field": "employees", "op": "set", "value": "-1"}, "value"),
        ({"which": "one", "field": "city", "op": "increment", "value": "1"}, "op"),
        ({"which": "none", "field": "city", "op": "clear"}, "which"),
    ),
)
STEPS["add_to_account"] = Sample(
    lambda automation: {"account": an_account(), "name": "", "job_title": "Baker"},
    (
        ({"account": 999_999}, "account"),
        ({"account": None, "name": ""}, "account"),
        ({"name": "{{ contact.email"}, "name"),
    ),
)
STEPS["remove_from_account"] = Sample(
    lambda automation: {"which": "account", "account": an_account()},
    (
        ({"which": "account", "account": 999_999}, "account"),
        ({"which": "account", "account": None}, "account"),
        ({"which": "none"}, "which"),
    ),
)
CONDITIONS["account"] = Sample(
    lambda automation: {"op": "not_in", "account": an_account(), "job_title": "Baker", "primary": True},
    (({"op": "in", "account": 999_999}, "account"), ({"op": "near"}, "op")),
)
CONDITIONS["account_field"] = Sample(
    fixed(which="any", field="employees", op="greater", value="10"),
    (
        ({"field": "gone", "op": "is", "value": "x"}, "field"),
        ({"field": "employees", "op": "contains", "value": "1"}, "op"),
        ({"field": "city", "op": "is", "value": ""}, "value"),
        ({"field": "city", "op": "is", "value": "Rome", "which": "other"}, "which"),
    ),
)
