"""deal_value_changed: (from and to, the new value) -> who entered."""

from typing import Any

import pytest

from deals.models import Deal, Pipeline
from deals.services import create_deal, update_deal
from tests.automations.conftest import passes

from .conftest import ANY, BOTH, build

pytestmark = pytest.mark.django_db


VALUES = [
    (ANY, {"value": 20}, True),
    (ANY, {"value": 10}, False),
    (ANY, {"title": "Ship"}, False),
    (ANY, {"currency": "USD"}, True),
    ({**ANY, "currency": "EUR"}, {"value": 20}, True),
    ({**ANY, "currency": "USD"}, {"value": 20}, False),
    ({**ANY, "currency": "USD"}, {"value": 20, "currency": "USD"}, True),
    ({"old": "amount", "old_amount": "10"}, {"value": 20}, True),
    ({"old": "amount", "old_amount": "11"}, {"value": 20}, False),
    ({"new": "amount", "new_amount": "20"}, {"value": "20.000"}, True),
    ({"new": "amount", "new_amount": "20"}, {"value": "20.001"}, False),
    ({"new": "amount", "new_amount": "20", "currency": "EUR"}, {"value": 20, "currency": "USD"}, False),
    ({"old": "amount", "old_amount": "10", "currency": "USD"}, {"value": 20, "currency": "USD"}, False),
]


@pytest.mark.parametrize(("settings", "values", "enter"), VALUES)
def test_deal_value_changed(deal: Deal, settings: dict[str, str], values: dict[str, Any], enter: bool) -> None:
    automation = build("deal_value_changed", {**ANY, **settings})
    update_deal(deal=deal, **values)
    assert passes(automation) == (BOTH if enter else [])


def test_a_new_deal_has_no_value_that_changes(deal: Deal, people: list[Any], sales: Pipeline) -> None:
    automation = build("deal_value_changed", ANY)
    create_deal(title="Ship", pipeline=sales, value=500, contacts=people)
    assert passes(automation) == []


# from, to, the owner before and after
