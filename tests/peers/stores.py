"""Deliveries as Shopify, WooCommerce and PayPal send them, by their public documentation, signed as they sign."""

import base64
import hashlib
import hmac
import itertools
import json
import zlib
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from django.test import Client

from ecommerce.models import Store
from ecommerce.services import save_store, take_in_deliveries

SECRET = "a-signing-key-of-the-tests"
DOMAINS = {"shopify": "example.myshopify.com", "woocommerce": "shop.example.com"}
CERTIFICATE = "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-1d93a270"
CART = "eeafa272cebfd4b22385bc4b645e762c"
_numbers = itertools.count(1)


def connect(kind: str = "shopify", name: str = "", **values: Any) -> Store:
    """A store that was connected a day ago."""
    lists = values.pop("lists", None)
    given = {"kind": kind, "name": name or f"{kind} {next(_numbers)}", "domain": DOMAINS.get(kind, ""), **values}
    if kind != "api":
        given.setdefault("secret", SECRET)
    store = save_store(store=Store(), values=given, lists=lists)
    Store.objects.filter(pk=store.pk).update(created_at=now() - timedelta(days=1))
    return Store.objects.get(pk=store.pk)


def now() -> datetime:
    return datetime.now(UTC)


def iso(at: datetime) -> str:
    """As Shopify writes times: with the shop's offset."""
    return (at + timedelta(hours=-5)).replace(tzinfo=None, microsecond=0).isoformat() + "-05:00"


def gmt(at: datetime) -> str:
    """As WooCommerce writes them: UTC, without saying so."""
    return at.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat()


# --- Shopify -----------------------------------------------------------------------------------


def shopify_lines(*products: int, price: str = "199.00") -> list[dict[str, Any]]:
    return [
        {
            "id": 866550311766439020 + number,
            "admin_graphql_api_id": f"gid://shopify/LineItem/{number}",
            "attributed_staffs": [],
            "current_quantity": 1,
            "fulfillable_quantity": 1,
            "fulfillment_service": "manual",
            "fulfillment_status": None,
            "gift_card": False,
            "grams": 567,
            "name": f"Product {number} - 151cm",
            "price": price,
            "price_set": {"shop_money": {"amount": price, "currency_code": "USD"}},
            "product_exists": True,
            "product_id": number,
            "properties": [],
            "quantity": 1,
            "requires_shipping": True,
            "sku": f"IPOD-{number}",
            "taxable": True,
            "title": f"Product {number}",
            "total_discount": "0.00",
            "variant_id": 808950810 + number,
            "variant_title": "151cm",
            "vendor": "Example",
            "tax_lines": [],
            "duties": [],
            "discount_allocations": [],
        }
        for number in products
    ]


def shopify_customer(email: str | None, number: int = 115310627314723954) -> dict[str, Any]:
    return {
        "id": number,
        "email": email,
        "created_at": None,
        "updated_at": None,
        "first_name": "John",
        "last_name": "Smith",
        "state": "disabled",
        "note": None,
        "verified_email": True,
        "multipass_identifier": None,
        "tax_exempt": False,
        "phone": None,
        "email_marketing_consent": {
            "state": "not_subscribed", "opt_in_level": None, "consent_updated_at": None,
        },
        "tags": "",
        "currency": "USD",
        "tax_exemptions": [],
        "default_address": {"id": 715243470612851245, "country": "Canada", "phone": "123-123-1234"},
    }  # fmt: skip


def shopify_order(email: str | None = "ada@example.com", number: int = 820982911946154508, **changes: Any) -> Any:
    at = changes.pop("at", None) or now()
    customer = changes.pop("customer", shopify_customer(email))
    return {
        "id": number,
        "admin_graphql_api_id": f"gid://shopify/Order/{number}",
        "app_id": None,
        "browser_ip": None,
        "buyer_accepts_marketing": True,
        "cancel_reason": None,
        "cancelled_at": None,
        "cart_token": None,
        "checkout_id": None,
        "checkout_token": None,
        "closed_at": None,
        "confirmation_number": None,
        "contact_email": email,
        "created_at": iso(at),
        "currency": "USD",
        "current_total_price": "398.00",
        "customer_locale": "en",
        "discount_codes": [{"code": "WELCOME", "amount": "20.00", "type": "percentage"}],
        "email": email,
        "financial_status": "paid",
        "fulfillment_status": None,
        "landing_site": None,
        "name": f"#{number % 10_000}",
        "number": 234,
        "order_number": 1234,
        "order_status_url": "https://example.myshopify.com/690933842/orders/123456abcd/authenticate?key=abcdefg",
        "payment_gateway_names": ["visa", "bogus"],
        "phone": None,
        "presentment_currency": "USD",
        "processed_at": iso(at),
        "source_name": "web",
        "subtotal_price": "388.00",
        "tags": "tag1, tag2",
        "test": True,
        "token": "123456abcd",
        "total_discounts": "20.00",
        "total_line_items_price": "398.00",
        "total_price": "398.00",
        "total_shipping_price_set": {
            "shop_money": {"amount": "10.00", "currency_code": "USD"},
            "presentment_money": {"amount": "10.00", "currency_code": "USD"},
        },
        "total_tax": "0.00",
        "updated_at": iso(at),
        "billing_address": {"first_name": "Steve", "address1": "123 Shipping Street", "country": "United States"},
        "customer": customer,
        "line_items": shopify_lines(632910392, 632910393),
        "shipping_lines": [{"id": 271878346596884015, "price": "10.00", "title": "Generic Shipping"}],
        **changes,
    }


def shopify_cart(email: str | None = "ada@example.com", token: str = CART, **changes):
    at = changes.pop("at", None) or now()
    return {
        "id": 981820079255243537,
        "token": token,
        "cart_token": "eeafa272cebfd4b22385bc4b645e762c",
        "email": email,
        "gateway": None,
        "buyer_accepts_marketing": False,
        "created_at": iso(at),
        "updated_at": iso(at),
        "landing_site": None,
        "note": None,
        "note_attributes": [],
        "referring_site": None,
        "shipping_lines": [],
        "taxes_included": False,
        "total_weight": 1300,
        "currency": "USD",
        "completed_at": None,
        "phone": None,
        "customer_locale": None,
        "name": f"#{token[:6]}",
        "abandoned_checkout_url": f"https://checkout.example.com/548380009/checkouts/{token}/recover?key=abc",
        "discount_codes": [],
        "tax_lines": [],
        "presentment_currency": "USD",
        "source_name": "web",
        "total_discounts": "0.00",
        "total_line_items_price": "398.00",
        "total_price": "398.00",
        "total_tax": "0.00",
        "subtotal_price": "398.00",
        "customer": shopify_customer(email),
        "line_items": shopify_lines(632910392),
        **changes,
    }


def shopify_product(number: int = 632910392, kind: str = "Cult Products", **changes: Any) -> dict[str, Any]:
    at = changes.pop("at", None) or now()
    return {
        "id": number,
        "title": f"Product {number}",
        "body_html": "<p>It's the small player.</p>",
        "vendor": "Example",
        "product_type": kind,
        "created_at": iso(at),
        "handle": "product",
        "updated_at": iso(at),
        "published_at": iso(at),
        "status": "active",
        "tags": "Emotive",
        "variants": [{"id": 808950810, "product_id": number, "title": "Pink", "price": "199.00", "sku": "IPOD-P"}],
        "options": [],
        "images": [],
        "image": {"id": 1, "src": "https://cdn.shopify.com/s/files/1/0006/9093/3842/products/ipod.png"},
        **changes,
    }


# --- WooCommerce -------------------------------------------------------------------------------


def woo_lines(*products: int, price: float = 29.35, name: str = "") -> list[dict[str, Any]]:
    return [
        {
            "id": 315 + number,
            "name": name or f"Woo Single #{number}",
            "product_id": number,
            "variation_id": 0,
            "quantity": 2,
            "tax_class": "",
            "subtotal": "58.70",
            "subtotal_tax": "0.00",
            "total": "58.70",
            "total_tax": "0.00",
            "taxes": [],
            "meta_data": [],
            "sku": f"WOO-{number}",
            "price": price,
            "image": {"id": "42", "src": "https://shop.example.com/wp-content/uploads/single.jpg"},
            "parent_name": None,
        }
        for number in products
    ]


def woo_order(email: str = "ada@example.com", number: int = 727, **changes: Any) -> dict[str, Any]:
    at = changes.pop("at", None) or now()
    billing = {
        "first_name": "John", "last_name": "Doe", "company": "", "address_1": "969 Market",
        "city": "San Francisco", "country": "US", "email": email, "phone": "(555) 555-5555",
    }  # fmt: skip
    return {
        "id": number,
        "parent_id": 0,
        "number": str(number),
        "order_key": "wc_order_58d2d042d1d",
        "created_via": "rest-api",
        "version": "9.4.0",
        "status": "processing",
        "currency": "EUR",
        "date_created": gmt(at + timedelta(hours=-3)),
        "date_created_gmt": gmt(at),
        "date_modified": gmt(at + timedelta(hours=-3)),
        "date_modified_gmt": gmt(at),
        "discount_total": "5.00",
        "discount_tax": "0.00",
        "shipping_total": "10.00",
        "shipping_tax": "0.00",
        "cart_tax": "1.35",
        "total": "68.70",
        "total_tax": "1.35",
        "prices_include_tax": False,
        "customer_id": 0,
        "customer_ip_address": "",
        "customer_note": "",
        "billing": billing,
        "shipping": {"first_name": "John", "last_name": "Doe"},
        "payment_method": "bacs",
        "payment_url": "https://shop.example.com/checkout/order-pay/727/?pay_for_order=true&key=wc_order_58",
        "transaction_id": "",
        "date_paid_gmt": gmt(at),
        "date_completed": None,
        "cart_hash": "",
        "meta_data": [],
        "line_items": woo_lines(93),
        "tax_lines": [],
        "shipping_lines": [{"id": 317, "method_title": "Flat Rate", "total": "10.00"}],
        "fee_lines": [],
        "coupon_lines": [{"id": 318, "code": "welcome5", "discount": "5", "discount_type": "fixed_cart"}],
        "refunds": [],
        **changes,
    }


def woo_product(number: int = 93, *categories: str, **changes: Any) -> dict[str, Any]:
    at = changes.pop("at", None) or now()
    return {
        "id": number,
        "name": f"Woo Single #{number}",
        "slug": "woo-single",
        "permalink": f"https://shop.example.com/product/woo-single-{number}/",
        "date_created_gmt": gmt(at),
        "date_modified_gmt": gmt(at),
        "type": "simple",
        "status": "publish",
        "sku": f"WOO-{number}",
        "price": "29.35",
        "categories": [{"id": 9 + n, "name": name, "slug": name.lower()} for n, name in enumerate(categories)],
        "images": [{"id": 42, "src": "https://shop.example.com/wp-content/uploads/single.jpg"}],
        **changes,
    }


def woo_subscription(email: str = "ada@example.com", number: int = 881, status: str = "active", **changes: Any):
    at = changes.pop("at", None) or now()
    return {
        **woo_order(email, number, at=at),
        "status": status,
        "billing_period": "month",
        "billing_interval": "1",
        "start_date_gmt": gmt(at),
        "trial_end_date_gmt": "",
        "next_payment_date_gmt": gmt(at + timedelta(days=30)),
        "end_date_gmt": "",
        "total": "10.00",
        **changes,
    }


# --- PayPal ------------------------------------------------------------------------------------


def paypal(
    email: str | None = "ada@example.com", name: str = "ACTIVATED", number: str = "I-BW452GLLEP1G", **changes
):
    at = changes.pop("at", None) or now()
    stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    status = {"CREATED": "APPROVAL_PENDING", "SUSPENDED": "SUSPENDED", "CANCELLED": "CANCELLED"}.get(
        name, "ACTIVE"
    )
    subscriber = {
        "email_address": email,
        "payer_id": "2J6QB8YJQSJRJ",
        "name": {"given_name": "John", "surname": "Doe"},
        "shipping_address": {"address": {"country_code": "US"}},
    }
    resource = {
        "id": number,
        "status": status,
        "status_update_time": stamp,
        "plan_id": "P-5ML4271244454362WXNWU5NQ",
        "start_time": stamp,
        "quantity": "1",
        "shipping_amount": {"currency_code": "USD", "value": "10.00"},
        "subscriber": subscriber if email else {},
        "auto_renewal": True,
        "billing_info": {
            "outstanding_balance": {"currency_code": "USD", "value": "0.00"},
            "cycle_executions": [{"tenure_type": "REGULAR", "sequence": 1, "cycles_completed": 1}],
            "last_payment": {"amount": {"currency_code": "USD", "value": "12.00"}, "time": stamp},
            "next_billing_time": stamp,
            "failed_payments_count": 0,
        },
        "create_time": stamp,
        "update_time": stamp,
        "links": [],
    }
    return {
        "id": f"WH-{next(_numbers)}-1HE329230C693231F",
        "event_version": "1.0",
        "create_time": stamp,
        "resource_type": "subscription",
        "resource_version": "2.0",
        "event_type": f"BILLING.SUBSCRIPTION.{name}",
        "summary": "Subscription",
        "resource": {**resource, **changes},
        "links": [],
    }


@cache
def paypal_key(common_name: str = "messageverificationcerts.paypal.com", days: int = 30) -> tuple[Any, bytes]:
    """(private key, certificate as PEM), as PayPal's would be; a negative `days` is one that has expired."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
    start = now() - timedelta(days=90)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(start)
        .not_valid_after(now() + timedelta(days=days)).sign(key, SHA256())
    )  # fmt: skip
    return key, certificate.public_bytes(serialization.Encoding.PEM)


# --- Sending -----------------------------------------------------------------------------------


def signed(store: Store, topic: str, body: bytes, secret: str = SECRET, name: str = "") -> dict[str, str]:
    """The headers of a delivery."""
    name = name or f"{next(_numbers)}-b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"
    mac = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    if store.kind == "shopify":
        return {
            "X-Shopify-Hmac-Sha256": mac, "X-Shopify-Topic": topic, "X-Shopify-Shop-Domain": DOMAINS["shopify"],
            "X-Shopify-Webhook-Id": name, "X-Shopify-API-Version": "2025-10", "X-Shopify-Event-Id": f"e{name}",
            "X-Shopify-Triggered-At": now().isoformat().replace("+00:00", "Z"),
        }  # fmt: skip
    if store.kind == "woocommerce":
        resource, _dot, event = topic.partition(".")
        return {
            "X-WC-Webhook-Signature": mac, "X-WC-Webhook-Topic": topic, "X-WC-Webhook-Resource": resource,
            "X-WC-Webhook-Event": event, "X-WC-Webhook-Source": f"https://{DOMAINS['woocommerce']}/",
            "X-WC-Webhook-ID": "142", "X-WC-Webhook-Delivery-ID": name,
        }  # fmt: skip
    return paypal_signed(body, secret, name)


def paypal_signed(body: bytes, webhook: str = SECRET, name: str = "69cd13f0", key: Any = None) -> dict[str, str]:
    stamp = now().strftime("%Y-%m-%dT%H:%M:%SZ")
    text = f"{name}|{stamp}|{webhook}|{zlib.crc32(body)}"
    signature = (key or paypal_key()[0]).sign(text.encode(), padding.PKCS1v15(), SHA256())
    return {
        "PayPal-Transmission-Id": name, "PayPal-Transmission-Time": stamp, "PayPal-Auth-Algo": "SHA256withRSA",
        "PayPal-Transmission-Sig": base64.b64encode(signature).decode(), "PayPal-Cert-Url": CERTIFICATE,
    }  # fmt: skip


def deliver(store: Store, topic: str, given: Any, **options: Any) -> tuple[int, str]:
    """(status, outcome or error code). `given` is a payload, or bytes as they are sent.

    What is accepted is taken in at once, and the outcome is that; with `wait` it waits.
    """
    body = given if isinstance(given, bytes) else json.dumps(given).encode()
    headers = {**signed(store, topic, body, options.get("secret", SECRET), options.get("name", ""))}
    headers |= options.get("headers", {})
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    path = options.get("path", f"/stores/{store.public_id}/")
    answer = client.post(path, body, content_type="application/json", headers=headers)
    said = answer.json()
    outcome = said.get("outcome") or said["error"]["code"]
    if outcome == "accepted" and not options.get("wait"):
        (waiting,) = store.deliveries.filter(outcome="waiting")
        take_in_deliveries()  # as the worker does
        waiting.refresh_from_db()
        outcome = waiting.outcome
    return answer.status_code, outcome
