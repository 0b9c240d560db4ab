"""Over live HTTP: what stores post to the web server, the worker takes in, and contacts enter."""

import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ecommerce.models import Order, WebhookDelivery
from tests.automations.conftest import build_automation, passes
from tests.peers.processes import Server, Worker
from tests.peers.stores import connect, shopify_order, signed, woo_order, woo_subscription

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def eventually(condition: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not in {seconds} s: {what}"
        time.sleep(0.1)


def test_from_the_store_to_the_automation(server: Server, worker: Worker) -> None:
    shopify, woo = connect("shopify"), connect("woocommerce")
    purchases = build_automation(triggers=[("purchase_made", {})], runs="multiple", entry_policy="any")
    payments = build_automation(triggers=[("recurring_payment_created", {})])

    def post(store: Any, topic: str, given: Any, **headers: str) -> tuple[int, str]:
        body = json.dumps(given).encode()
        sent = {"Content-Type": "application/json", **signed(store, topic, body, name=headers.pop("name", ""))}
        answer = httpx.post(f"{server.url}/stores/{store.public_id}/", content=body, headers=sent | headers)
        said = answer.json()
        return answer.status_code, said.get("outcome") or said["error"]["code"]

    # Accepted while no worker runs, and not lost.
    assert post(shopify, "orders/create", shopify_order(), name="one") == (200, "accepted")
    assert post(shopify, "orders/create", shopify_order(), name="one") == (200, "replay")
    forged = {"X-Shopify-Hmac-Sha256": "forged"}
    assert post(shopify, "orders/create", shopify_order(number=2), **forged) == (403, "wrong_signature")
    assert post(woo, "order.created", woo_order("bob@example.com")) == (200, "accepted")
    assert not Order.objects.exists()
    worker.start()
    eventually(lambda: len(passes(purchases)) == 2, 60, "the orders that waited")
    assert post(woo, "subscription.created", woo_subscription("cy@example.com")) == (200, "accepted")
    eventually(lambda: passes(payments) == ["cy@example.com"], 60, "a delivery while the worker runs")
    assert passes(purchases) == ["ada@example.com", "bob@example.com"]
    assert set(WebhookDelivery.objects.values_list("outcome", flat=True)) == {"received"}
