"""PayPal subscriptions: https://developer.paypal.com/api/rest/webhooks (signature, event names, Subscription)."""

import base64
import binascii
import zlib
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpcore
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.connectors.base import ApiFailed, Request, WrongSignature, json_object, part, text
from contacts.outgoing.http import TooMuch, fetch
from ecommerce.drafts import CustomerDraft, ItemDraft, PaymentDraft
from ecommerce.models import PaymentStatus, Store

from .base import (
    STORES,
    Parcel,
    StoreConnector,
    address,
    count,
    currency,
    ident,
    maybe_moment,
    moment,
    money,
    rows,
    status_of,
)

PREFIX = "BILLING.SUBSCRIPTION."
#: PayPal serves its certificates there and nowhere else.
CERTIFICATES = "/v1/notifications/certs/"
MAX_CERTIFICATE = 64 * 1024
KEEP = 24 * 60 * 60
UNITS = ("day", "week", "month", "year")
STATUSES = {
    "approval_pending": PaymentStatus.PENDING,
    "approved": PaymentStatus.PENDING,
    "active": PaymentStatus.ACTIVE,
    "suspended": PaymentStatus.ON_HOLD,
    "cancelled": PaymentStatus.CANCELLED,
    "expired": PaymentStatus.EXPIRED,
}


@STORES.register
class PayPal(StoreConnector):
    slug = "paypal"
    label = "PayPal"
    icon = "account_balance_wallet"
    secret_label = gettext_lazy("Webhook ID")
    has_orders = False
    has_payments = True
    steps = (
        gettext_lazy("In the PayPal developer dashboard, open Apps & Credentials and choose your application."),
        gettext_lazy("Under Webhooks, add a webhook with the address below and these events."),
        gettext_lazy(
            "Copy the webhook's ID into “Webhook ID” below, and save: without it nothing can be verified."
        ),
    )
    topics = tuple(
        PREFIX + name
        for name in ("CREATED", "ACTIVATED", "UPDATED", "SUSPENDED", "CANCELLED", "EXPIRED", "RE-ACTIVATED")
    )

    def verify(self, request: Request, store: Store) -> None:
        """SHA256withRSA over "transmission id|time|webhook id|CRC32 of the raw body" (docs/decisions/0016)."""
        headers = {name: request.headers.get(f"paypal-{name}", "") for name in (
            "transmission-id", "transmission-time", "transmission-sig", "cert-url", "auth-algo",
        )}  # fmt: skip
        if headers["auth-algo"] != "SHA256withRSA":
            raise WrongSignature
        crc = zlib.crc32(request.body)
        signed = f"{headers['transmission-id']}|{headers['transmission-time']}|{store.secret}|{crc}"
        try:
            signature = base64.b64decode(headers["transmission-sig"], validate=True)
            _key(headers["cert-url"]).verify(signature, signed.encode(), padding.PKCS1v15(), SHA256())
        except (InvalidSignature, binascii.Error, UnicodeError):
            raise WrongSignature from None

    def parse(self, request: Request, store: Store) -> Parcel:
        given = json_object(request.body)
        topic = text(given.get("event_type"))[:100]
        name = ident(given.get("id"), "id")
        subscription = topic.startswith(PREFIX) and given.get("resource_type") == "subscription"
        draft = _subscription(given, part(given, "resource")) if subscription else None
        return Parcel(name, topic, draft, draft.customer.email if draft else "")


def _key(url: str) -> rsa.RSAPublicKey:
    """The public key of PayPal's certificate at `url`, kept for a day. WrongSignature, or ApiFailed."""
    parts = urlsplit(url)
    right = parts.scheme == "https" and parts.netloc in settings.PAYPAL_HOSTS
    if not right or not parts.path.startswith(CERTIFICATES) or parts.query or ".." in parts.path:
        raise WrongSignature
    name = f"paypal-certificate-{zlib.crc32(url.encode())}-{url[-60:]}"
    pem = cache.get(name)
    if pem is None:
        pem = _fetch(url)
        cache.set(name, pem, KEEP)
    return _checked(pem)


def _fetch(url: str) -> bytes:
    try:
        status, answer = fetch("GET", url, headers=[], seconds=settings.WEBHOOK_TIMEOUT, max_bytes=MAX_CERTIFICATE)
    except (OSError, TooMuch, ValidationError, httpcore.NetworkError, httpcore.TimeoutException):
        raise ApiFailed(_("PayPal's certificate can't be read at the moment.")) from None
    if status != 200:
        raise WrongSignature
    return answer


def _checked(pem: bytes) -> rsa.RSAPublicKey:
    try:
        certificate = x509.load_pem_x509_certificate(pem)
    except ValueError:
        raise WrongSignature from None
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    now = datetime.now(UTC)
    valid = certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
    key = certificate.public_key()
    theirs = any(str(name.value).endswith(".paypal.com") for name in names)
    if not valid or not theirs or not isinstance(key, rsa.RSAPublicKey):
        raise WrongSignature
    return key


def _subscription(given: dict[str, Any], resource: dict[str, Any]) -> PaymentDraft:
    word = text(resource.get("status"))
    subscriber, billing = part(resource, "subscriber"), part(resource, "billing_info")
    name = part(subscriber, "name")
    cycle = _cycle(resource)
    price = part(part(billing, "last_payment"), "amount")
    if not price.get("value"):
        price = part(part(cycle, "pricing_scheme"), "fixed_price")
    often = part(cycle, "frequency")
    unit = text(often.get("interval_unit")).lower()
    plan = text(resource.get("plan_id"))[:255]
    return PaymentDraft(
        external_id=ident(resource.get("id"), "resource.id"),
        # The event's time: a subscription's own `update_time` stands still in some events.
        version=moment(given.get("create_time"), "create_time"),
        status=status_of(word, STATUSES, PaymentStatus.OTHER),
        store_status=word[:100],
        customer=CustomerDraft(
            external_id=text(subscriber.get("payer_id"))[:255],
            email=address(subscriber.get("email_address")),
            first_name=text(name.get("given_name"))[:100],
            last_name=text(name.get("surname"))[:100],
        ),
        product=ItemDraft(product_id=plan, name=plan[:250]) if plan else None,
        name=plan[:250],
        currency=currency(price.get("currency_code")) if price.get("value") else "",
        amount=money(price.get("value")) if price.get("value") else None,
        every=min(max(count(often.get("interval_count") or 1), 1), 1_000) if unit else None,
        unit=unit if unit in UNITS else "",
        started_at=maybe_moment(resource.get("start_time")),
        next_at=maybe_moment(billing.get("next_billing_time")),
    )


def _cycle(resource: dict[str, Any]) -> dict[str, Any]:
    """The regular billing cycle, where the subscription has a plan of its own; else only the plan's id is told."""
    cycles = rows(part(resource, "plan").get("billing_cycles"))
    return next((row for row in cycles if row.get("tenure_type") == "REGULAR"), {})
