"""What the tests of stores' triggers share."""

from typing import Any

import pytest
from django.core.cache import cache

from ecommerce.connectors import paypal as paypal_connector
from ecommerce.models import Category, Product
from tests.automations.conftest import build_automation
from tests.peers.stores import connect, deliver, paypal_key, shopify_product, woo_product

ADA = ["ada@example.com"]


@pytest.fixture(autouse=True)
def _nothing_left_over(monkeypatch: Any) -> None:
    cache.clear()
    monkeypatch.setattr(paypal_connector, "fetch", lambda *args, **kwargs: (200, paypal_key()[1]))


def listening(trigger: str, settings: dict[str, Any] | None = None, **more: Any) -> Any:
    record_segment = more.pop("record_segment", None)
    if record_segment is None:
        return build_automation(triggers=[(trigger, settings or {})], **more)
    from automations.models import Automation
    from automations.services import activate, add_step, add_trigger, publish

    automation = Automation.objects.create(name="Automation")
    add_trigger(automation=automation, type=trigger, settings=settings or {}, record_segment=record_segment)
    add_step(automation=automation, type="add_note", settings={"text": "was here"})
    publish(automation=automation)
    activate(automation=automation)
    return automation


def having(kind: str, **settings: Any) -> dict[str, Any]:
    return {"match": "all", "conditions": [{"type": kind, **settings}]}


@pytest.fixture
def shop() -> dict[str, Any]:
    """A store with two products, of which one is of the category Shoes, and another store."""
    store, other = connect("shopify", "Mine"), connect("woocommerce", "Other")
    deliver(store, "products/create", shopify_product(1, "Shoes"))
    deliver(store, "products/create", shopify_product(2, "Hats"))
    deliver(other, "product.created", woo_product(1, "Shirts"))
    one, two = Product.objects.filter(store=store).order_by("external_id")
    categories = dict(Category.objects.values_list("name", "pk"))
    return {"store": store, "other": other, "one": one.pk, "two": two.pk, **categories}
