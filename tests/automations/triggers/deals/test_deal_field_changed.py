"""deal_field_changed: (field, from and to, the change) -> who entered."""

from datetime import date
from typing import Any

import pytest

from contacts.models import CustomField
from deals.models import Deal
from deals.services import update_deal
from tests.automations.conftest import passes

from .conftest import ANY, BOTH, build

pytestmark = pytest.mark.django_db


FIELDS = [
    ({"field": "budget", **ANY}, {"budget": "50"}, True),
    ({"field": "budget", **ANY}, {"budget": "10.0"}, False),
    ({"field": "budget", **ANY}, {"size": "50"}, False),
    ({"field": "budget", "old": "any", "new": "value", "new_value": "50"}, {"budget": 50}, True),
    ({"field": "budget", "old": "any", "new": "value", "new_value": "50"}, {"budget": 500}, False),
    ({"field": "budget", "old": "value", "old_value": "10", "new": "any"}, {"budget": None}, True),
    ({"field": "budget", "old": "value", "old_value": "11", "new": "any"}, {"budget": None}, False),
]


@pytest.mark.parametrize(("settings", "custom", "enter"), FIELDS)
def test_deal_field_changed(deal: Deal, settings: dict[str, Any], custom: dict[str, Any], enter: bool) -> None:
    for key in ("budget", "size"):
        CustomField.objects.create(entity="deal", key=key, label=key, type="number")
    update_deal(deal=deal, custom={"budget": 10})
    automation = build("deal_field_changed", settings)
    update_deal(deal=deal, custom=custom)
    assert passes(automation) == (BOTH if enter else [])


def test_the_expected_close_date_is_a_field(deal: Deal) -> None:
    settings = {"field": "expected_close", "old": "any", "new": "value", "new_value": "2027-01-31"}
    automation = build("deal_field_changed", settings)
    update_deal(deal=deal, expected_close=date(2027, 1, 30))
    assert passes(automation) == []
    deal.refresh_from_db()
    deal.expected_close = date(2027, 1, 31)
    deal.save()
    assert passes(automation) == BOTH
