"""Conditions on what contacts bought, each with near misses; the times of orders are relative to NOW."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from automations.conditions.base import Moment
from automations.conditions.tree import clean_tree, describe_tree
from contacts.models import Contact
from ecommerce.drafts import CustomerDraft, ItemDraft, OrderDraft, PaymentDraft
from ecommerce.models import Category, Product, Store
from ecommerce.services import abandon_due_carts, save_orders, save_payment
from tests.factories import ContactFactory
from tests.peers.stores import connect

from .conftest import NOW, leaf, meeting

pytestmark = pytest.mark.django_db

NAMES = ("ada", "bob", "cy", "dan", "eve")


def order(number: str, who: str, days: float, total: str, *products: str, **more: Any) -> OrderDraft:
    at = NOW - timedelta(days=days)
    items = tuple(ItemDraft(name, name, categories=("Shoes",) if name == "boots" else ()) for name in products)
    more = {"external_id": number, "currency": "EUR", **more}
    customer = CustomerDraft(email=f"{who}@example.com")
    return OrderDraft(
        version=at, placed_at=at, customer=customer, items=items, total=Decimal(total), historical=True, **more
    )


@pytest.fixture
def shops() -> tuple[Store, Store]:
    """ada: boots 3 and 40 days ago (30.00); bob: a hat 10 days ago, cancelled (20.00) and socks 100 days ago in
    USD (5.00); cy: a hat in the other store 1 day ago (7.00); dan: a cart with boots (50.00); eve: nothing."""
    one, other = connect("api", "One"), connect("api", "Other")
    save_orders(
        store=one,
        drafts=[
            order("1", "ada", 3, "10.00", "boots"),
            order("2", "ada", 40, "20.00", "boots", "hat"),
            order("3", "bob", 10, "20.00", "hat", status="cancelled"),
            order("4", "bob", 100, "5.00", "socks", currency="USD"),
            order("", "dan", 1, "50.00", "boots", checkout_id="c1"),
        ],
    )
    save_orders(store=other, drafts=[order("1", "cy", 1, "7.00", "hat")])
    ContactFactory(email="eve@example.com")
    return one, other


TABLE = [
    # type, settings, who meets it
    ("bought", {"op": "bought", "what": "any"}, "ada bob cy"),
    ("bought", {"op": "not_bought", "what": "any"}, "dan eve"),
    ("bought", {"op": "bought", "what": "product", "product": "boots"}, "ada"),
    ("bought", {"op": "not_bought", "what": "product", "product": "boots"}, "bob cy dan eve"),
    ("bought", {"op": "bought", "what": "product", "product": "hat"}, "ada bob"),  # of store one
    ("bought", {"op": "bought", "what": "product", "product": "boots", "times": 2}, "ada"),
    ("bought", {"op": "bought", "what": "product", "product": "boots", "times": 2, "days": 39}, ""),
    ("bought", {"op": "bought", "what": "product", "product": "hat", "days": 10}, "bob"),
    ("bought", {"op": "bought", "what": "product", "product": "hat", "days": 9}, ""),
    ("bought", {"op": "bought", "what": "category", "category": "Shoes"}, "ada"),
    ("bought", {"op": "bought", "what": "category", "category": "Shoes", "days": 2}, ""),
    ("bought", {"op": "not_bought", "what": "any", "days": 5}, "bob dan eve"),
    ("order_count", {"op": "above", "count": 1}, "ada bob"),
    ("order_count", {"op": "above", "count": 0}, "ada bob cy"),
    ("order_count", {"op": "equals", "count": 0}, "dan eve"),
    ("order_count", {"op": "equals", "count": 1}, "cy"),
    ("order_count", {"op": "below", "count": 2}, "cy dan eve"),
    ("order_count", {"op": "below", "count": 1, "store": "Other"}, "ada bob dan eve"),
    ("order_count", {"op": "above", "count": 0, "store": "Other"}, "cy"),
    ("total_spent", {"op": "above", "amount": "29.99", "currency": "EUR"}, "ada"),
    ("total_spent", {"op": "above", "amount": "30", "currency": "EUR"}, ""),
    ("total_spent", {"op": "equals", "amount": "30", "currency": "eur"}, "ada"),
    ("total_spent", {"op": "equals", "amount": "0", "currency": "EUR"}, "bob dan eve"),
    ("total_spent", {"op": "below", "amount": "7.01", "currency": "EUR"}, "bob cy dan eve"),
    ("total_spent", {"op": "above", "amount": "1", "currency": "USD"}, "bob"),
    ("total_spent", {"op": "above", "amount": "1", "currency": "EUR", "store": "Other"}, "cy"),
    ("last_order", {"which": "last", "op": "within", "days": 3}, "ada cy"),
    ("last_order", {"which": "last", "op": "within", "days": 2}, "cy"),
    ("last_order", {"which": "last", "op": "before", "days": 5}, "bob"),
    ("last_order", {"which": "first", "op": "before", "days": 39}, "ada bob"),
    ("last_order", {"which": "first", "op": "within", "days": 39}, "cy"),
    ("order_total", {"op": "above", "amount": "10"}, "ada bob"),
    ("order_total", {"op": "above", "amount": "49"}, ""),  # a cart is no order
    ("order_status", {"op": "is", "status": "cancelled"}, "bob"),
    ("order_store", {"op": "is", "store": "Other"}, "cy"),
    ("order_date", {"op": "before", "days": 50}, "bob"),
    ("order_currency", {"op": "is", "currency": "USD"}, "bob"),
    ("order_category", {"op": "has", "category": "Shoes"}, "ada"),
    ("cart_total", {"op": "equals", "amount": "50"}, "dan"),
    ("cart_total", {"op": "below", "amount": "50"}, ""),
    ("cart_product", {"op": "has", "product": "boots"}, "dan"),
    ("cart_state", {"state": "open"}, "dan"),
    ("cart_state", {"state": "abandoned"}, ""),
    ("cart_date", {"op": "within", "days": 1}, "dan"),
    ("cart_date", {"op": "before", "days": 1}, ""),
]


@pytest.mark.parametrize(("kind", "settings", "expected"), TABLE)
def test_who_meets_it(shops: Any, kind: str, settings: dict[str, Any], expected: str) -> None:
    ids = {
        "product": dict(Product.objects.filter(store=shops[0]).values_list("name", "pk")),
        "category": dict(Category.objects.values_list("name", "pk")),
        "store": dict(Store.objects.values_list("name", "pk")),
    }
    filled = {name: ids[name][value] if name in ids else value for name, value in settings.items()}
    tree = clean_tree(leaf(kind, **filled))
    found = meeting(tree, Moment(now=NOW))
    named = Contact.objects.filter(pk__in=found).order_by("email").values_list("email", flat=True)
    assert " ".join(email.partition("@")[0] for email in named) == expected
    assert describe_tree(tree)


def test_an_abandoned_cart_and_a_recovered_one() -> None:
    store, at = connect("api"), datetime.now(NOW.tzinfo)
    cart = OrderDraft("", "EUR", at, at, checkout_id="c", customer=CustomerDraft(email="ada@example.com"))
    save_orders(store=store, drafts=[cart])
    abandon_due_carts(now=at + timedelta(hours=2))
    ada = Contact.objects.get()

    def states() -> list[str]:
        wanted = ("open", "abandoned", "recovered")
        return [one for one in wanted if ada.pk in meeting(clean_tree(leaf("cart_state", state=one)), Moment())]

    assert states() == ["abandoned"]
    save_orders(store=store, drafts=[OrderDraft("1", "EUR", at, at, checkout_id="c", customer=cart.customer)])
    assert states() == ["recovered"]


def test_recurring_payments() -> None:
    store = connect("api")
    draft = PaymentDraft(
        "1", NOW, status="active", customer=CustomerDraft(email="ada@example.com"), currency="EUR",
        amount=Decimal("9.00"), started_at=NOW - timedelta(days=3),
    )  # fmt: skip
    save_payment(store=store, draft=draft)
    ContactFactory(email="eve@example.com")
    asked = {
        "is active": leaf("payment_status", op="is", status="active"),
        "is cancelled": leaf("payment_status", op="is", status="cancelled"),
        "has no product": leaf("payment_currency", op="is_not", currency="USD"),
        "began lately": leaf("payment_date", op="within", days=2),
        "is dear": leaf("payment_amount", op="above", amount="8.99"),
    }
    ada = Contact.objects.get(email="ada@example.com")
    met = [name for name, tree in asked.items() if meeting(clean_tree(tree), Moment(now=NOW)) == {ada.pk}]
    assert met == ["is active", "has no product", "is dear"]
