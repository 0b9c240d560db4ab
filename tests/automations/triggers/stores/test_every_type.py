"""What the triggers of stores have in common: plans, uses, and cost."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from automations.models import Account
from contacts.services import InUse, delete_unused
from ecommerce.drafts import CustomerDraft, ItemDraft, OrderDraft
from ecommerce.models import Category, Product
from ecommerce.services import save_orders
from tests.peers.stores import connect, now

from .conftest import listening

pytestmark = pytest.mark.django_db


def test_what_an_automation_uses_stays(shop: dict[str, Any]) -> None:
    settings = {"store": shop["store"].pk, "product": shop["one"], "category": shop["Shoes"]}
    listening("cart_abandoned", settings)
    for record in (shop["store"], Product.objects.get(pk=shop["one"]), Category.objects.get(pk=shop["Shoes"])):
        with pytest.raises(InUse, match="automation"):
            delete_unused(record=record)


@pytest.mark.parametrize(
    ("slug", "plans"),
    [
        ("purchase_made", {"starter", "plus", "professional", "enterprise"}),
        ("cart_abandoned", {"starter", "plus", "professional", "enterprise"}),
        ("order_created", {"starter", "plus", "professional", "enterprise"}),
        ("order_updated", {"starter", "plus", "professional", "enterprise"}),
        ("recurring_payment_created", {"professional", "enterprise"}),
        ("recurring_payment_updated", {"professional", "enterprise"}),
    ],
)
def test_plans(slug: str, plans: set[str]) -> None:
    from automations.triggers import TRIGGERS

    every = ("starter", "plus", "professional", "enterprise")
    allowed = {plan for plan in every if TRIGGERS[slug].availability.allows(Account(plan=plan).plan, [])}
    assert allowed == plans


def test_a_batch_costs_the_same_however_large_it_is() -> None:
    store, at, counts = connect("api"), now(), []
    for number, size in enumerate((2, 2, 40)):
        items = tuple(ItemDraft(f"{number}-{n}", f"Item {n}", categories=("Shoes",)) for n in range(size))
        people = [CustomerDraft(email=f"{number}-{n}@example.com") for n in range(size)]
        drafts = [
            OrderDraft(f"{number}-{n}", "EUR", at, at, customer=one, items=items) for n, one in enumerate(people)
        ]
        with CaptureQueriesContext(connection) as queries:
            save_orders(store=store, drafts=drafts)
        counts.append(len(queries))
    assert counts[1] == counts[2] < 30, counts  # the first one also reads what automations there are
