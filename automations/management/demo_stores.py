"""The demo's shop: products, a month of carts, orders and subscriptions, and an automation for each trigger."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from automations.models import Automation, ConversionRule, Spreadsheet, Step
from automations.services import activate, add_step, add_trigger, publish, save_spreadsheet
from contacts.models import Contact, Conversion, Tag
from contacts.services.records import save_record
from ecommerce.drafts import CustomerDraft, ItemDraft, OrderDraft, PaymentDraft, ProductDraft
from ecommerce.models import Category, Order, OrderStatus, PaymentStatus, RecurringPayment, Store
from ecommerce.services import abandon_due_carts, save_orders, save_payment, save_products, save_store

SHOP, CLUB = "Paper shop", "Paper club"
PRODUCTS = [
    ("P1", "Notebook, dotted", "Notebooks", "14.50"),
    ("P2", "Notebook, plain", "Notebooks", "12.00"),
    ("P3", "Fountain pen", "Pens", "79.00"),
    ("P4", "Ink, blue-black", "Pens", "11.90"),
    ("P5", "Desk organiser", "Desk", "48.00"),
]
CART = (
    "<p>Hello {{ contact.first_name }},</p><p>you left this in your cart:</p><ul>{% for item in cart.items %}"
    "<li>{{ item.quantity }} × {{ item.name }}, {{ item.total }} {{ cart.currency }}</li>{% endfor %}</ul>"
    '<p><a href="{{ cart.url }}">Go on where you stopped</a></p>'
)
RETURN = (
    "Order: {{ order.number }}\nE-mail: {{ contact.email }}\n"
    "Total: {{ order.total }}\nCurrency: {{ order.currency }}"
)


def make_stores() -> None:
    """Two stores with their products, what counts as a conversion, and the automations."""
    shop = save_store(
        store=Store(),
        values={"kind": "shopify", "name": SHOP, "domain": "paper.example.com", "secret": "demo-signing-key"},
    )
    save_store(store=Store(), values={"kind": "woocommerce", "name": CLUB, "domain": "club.example.com"})
    save_products(
        store=shop,
        drafts=[
            ProductDraft(number, name, timezone.now(), sku=number, categories=(category,))
            for number, name, category, _price in PRODUCTS
        ],
    )
    sale = Conversion.objects.create(name="Purchase", counts="every", value_from="event", currency="EUR")
    save_record(record=ConversionRule(), values={"conversion": sale, "trigger": "purchase_made", "settings": {}})
    _automations(shop)


def shop_day(pick: random.Random, ids: Sequence[int]) -> None:
    """One day in the shop. Some carts are bought at once, some later, some never."""
    now = timezone.now()
    shop, club = Store.objects.get(name=SHOP), Store.objects.get(name=CLUB)
    people = list(Contact.objects.filter(pk__in=pick.sample(list(ids), 9)).order_by("pk"))
    carts = [_draft(pick, f"cart-{now:%m%d}-{n}", one, now) for n, one in enumerate(people)]
    save_orders(store=shop, drafts=carts)
    save_orders(store=shop, drafts=[_bought(cart) for cart in carts[:4]])
    abandon_due_carts(now=now + timedelta(hours=2))
    save_orders(store=shop, drafts=[_bought(cart) for cart in carts[4:6]])
    _move_on(pick, shop, now)
    _subscriptions(pick, club, people[0], now)


def _draft(pick: random.Random, name: str, contact: Contact, now: datetime) -> OrderDraft:
    chosen = pick.sample(PRODUCTS, pick.randint(1, 3))
    items = tuple(
        ItemDraft(number, name, pick.randint(1, 3), Decimal(price), sku=number)
        for number, name, _category, price in chosen
    )
    return OrderDraft(
        external_id="",
        checkout_id=name,
        currency="EUR",
        version=now,
        placed_at=now,
        customer=CustomerDraft(email=contact.email),
        items=items,
        total=sum((item.price * item.quantity for item in items), Decimal(0)),
        url=f"https://paper.example.com/carts/{name}",
    )


def _bought(cart: OrderDraft) -> OrderDraft:
    number = cart.checkout_id.removeprefix("cart-")
    return OrderDraft(
        external_id=number,
        checkout_id=cart.checkout_id,
        number=f"#{number}",
        currency=cart.currency,
        version=cart.version,
        placed_at=cart.placed_at,
        customer=cart.customer,
        items=cart.items,
        total=cart.total,
        status=OrderStatus.PAID,
        store_status="paid",
    )


def _move_on(pick: random.Random, shop: Store, now: datetime) -> None:
    """What was paid yesterday is sent today; now and then something comes back."""
    paid = Order.objects.filter(store=shop, status=OrderStatus.PAID, version__lt=now - timedelta(hours=12))
    drafts = []
    for row in paid.order_by("pk"):
        status = OrderStatus.REFUNDED if pick.random() < 0.15 else OrderStatus.COMPLETED
        drafts.append(
            OrderDraft(
                external_id=row.external_id, number=row.number, currency=row.currency, version=now,
                placed_at=row.placed_at, customer=CustomerDraft(email=row.email), total=row.total,
                status=status, store_status=str(status),
            )
        )  # fmt: skip
    save_orders(store=shop, drafts=drafts)


def _subscriptions(pick: random.Random, club: Store, contact: Contact, now: datetime) -> None:
    _subscription(club, f"sub-{now:%m%d}", contact.email, PaymentStatus.ACTIVE, now)
    old = RecurringPayment.objects.filter(store=club, status=PaymentStatus.ACTIVE, version__lt=now).order_by("pk")
    if old and pick.random() < 0.5:
        _subscription(club, old[0].external_id, old[0].email, PaymentStatus.CANCELLED, now)


def _subscription(club: Store, number: str, email: str, status: str, now: datetime) -> None:
    draft = PaymentDraft(
        external_id=number,
        version=now,
        status=status,
        store_status=str(status),
        customer=CustomerDraft(email=email),
        product=ItemDraft("C1", "Paper club, monthly"),
        name="Paper club, monthly",
        currency="EUR",
        amount=Decimal("9.00"),
        every=1,
        unit="month",
    )
    save_payment(store=club, draft=draft)


# --- Automations -------------------------------------------------------------------------------


def _automations(shop: Store) -> None:
    customer, risk = (Tag.objects.get(name=name).pk for name in ("Customer", "Churn risk"))
    pens = Category.objects.get(name="Pens")
    _automation("Thank you", "After every purchase.", "purchase_made", {}, [
        ("add_tag", {"tag": customer}),
        ("send_email", _mail("Thank you for {{ order.number }}", "<p>You bought {{ order.count }} things.</p>")),
    ])  # fmt: skip
    _automation(
        "Left with pens in the cart", "Reminds of a cart with pens.", "cart_abandoned",
        {"store": shop.pk, "category": pens.pk, "value_is": "above", "value": "20"},
        [("send_email", _mail("Still thinking it over?", CART))],
    )  # fmt: skip
    large = {"match": "all", "conditions": [{"type": "order_total", "op": "above", "amount": "150"}]}
    notice = {"who": "address", "address": "sales@example.com", "subject": "Order {{ order.number }}"}
    _automation("Large orders", "Sales hears of orders above 150.", "order_created", {}, [
        ("notify", {**notice, "text": "{{ contact.name }} ordered for {{ order.total }} {{ order.currency }}."}),
    ], record_segment=large)  # fmt: skip
    returns = save_spreadsheet(spreadsheet=Spreadsheet(), values={"name": "Returns"})
    _automation("Money back", "Asks why an order came back.", "order_updated", {"old": "", "new": "refunded"}, [
        ("send_email", _mail("What was wrong?", "<p>{{ order.number }} came back. Tell us why.</p>")),
        ("add_spreadsheet_row", {"spreadsheet": returns.pk, "cells": RETURN}),
    ])  # fmt: skip
    _automation("Welcome to the club", "A new subscription.", "recurring_payment_created", {}, [
        ("send_email", _mail("Welcome to the club", "<p>{{ payment.name }} begins.</p>")),
    ])  # fmt: skip
    _automation(
        "Leaves the club", "A subscription is cancelled.", "recurring_payment_updated",
        {"old": "active", "new": "cancelled"}, [("add_tag", {"tag": risk})],
    )  # fmt: skip


def _mail(subject: str, html: str) -> dict[str, str]:
    return {"subject": subject, "html": html}


def _automation(
    name: str,
    description: str,
    trigger: str,
    settings: dict[str, Any],
    steps: list[tuple[str, dict[str, Any]]],
    **rules: Any,
) -> None:
    automation = Automation.objects.create(name=name, description=description, entry_policy="any")
    add_trigger(automation=automation, type=trigger, settings=settings, runs="multiple", **rules)
    above: Step | None = None
    for kind, values in steps:
        parent, arm = (above.key, above.arms()[0].name) if above else ("", "")
        above = add_step(automation=automation, type=kind, parent=parent, arm=arm, settings=values)
    publish(automation=automation)
    activate(automation=automation)
