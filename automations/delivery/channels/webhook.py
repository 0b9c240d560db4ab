"""Signed JSON posts."""

import hashlib
import hmac
import json
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.utils.translation import gettext as _

from automations.delivery.outbox import CHANNELS, Parcel, Permanent, Temporary
from automations.engine.plan import plan_of_version
from automations.masks import split_headers
from automations.models import Delivery
from contacts.encryption import Unreadable
from contacts.outgoing.http import Header

from .posting import Unreachable, header_lines, post_json


@CHANNELS.register
class WebhookChannel:
    """Repeatable: the Idempotency-Key lets the receiver see that it has had a post already."""

    slug = "webhook"
    rate = 0
    repeatable = True

    @contextmanager
    def open(self) -> Iterator[Callable[[Sequence[Delivery]], Iterator[Parcel]]]:
        tls = httpx.create_ssl_context()  # certifi's authorities, or those of SSL_CERT_FILE

        yield partial(_prepare, tls)


def _prepare(tls: ssl.SSLContext, deliveries: Sequence[Delivery]) -> Iterator[Parcel]:
    """Whoever didn't answer once is not asked again in this batch: a dead receiver holds nobody else up."""
    silent: set[str] = set()
    for delivery in deliveries:
        if urlsplit(delivery.target).netloc in silent:
            yield Parcel(delivery)
        else:
            yield Parcel(delivery, partial(_post, delivery, tls, silent))


def _post(delivery: Delivery, tls: ssl.SSLContext, silent: set[str]) -> str:
    """Post once; returns the status. A receiver that can't be reached is noted in `silent`."""
    try:
        headers, body = _request(delivery)
    except ValidationError as error:
        raise Permanent(error.messages[0]) from error
    try:
        return post_json(delivery.target, body, headers, settings.WEBHOOK_TIMEOUT, tls)
    except Unreachable:
        silent.add(urlsplit(delivery.target).netloc)
        raise


def _request(delivery: Delivery) -> tuple[list[Header], bytes]:
    extra, secret = _settings(delivery)
    body = json.dumps(delivery.payload, separators=(",", ":")).encode()
    headers = {**extra, "Content-Type": "application/json", "Idempotency-Key": f"delivery-{delivery.pk}"}
    headers.setdefault("User-Agent", "marketing-automation")
    if secret:
        headers["X-Signature"] = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return header_lines(headers), body


def _settings(delivery: Delivery) -> tuple[dict[str, str], str]:
    """Extra headers and signing secret of the step that wanted it; they stand in the version, not in the row."""
    try:
        values = plan_of_version(delivery.version_id or 0).steps[delivery.step_key].settings()
    except (ObjectDoesNotExist, KeyError):
        # Unsigned and without its credentials it would only be refused by the receiver, or worse, believed.
        raise ValidationError(_("The version of the automation that held this webhook is gone.")) from None
    found = [values.get(name, "") for name in ("headers", "secret")]
    if any(isinstance(text, Unreadable) for text in found):
        raise Temporary(_("The step's secrets can't be read with SECRET_KEY or SECRET_KEY_FALLBACKS."))
    headers, secret = map(str, found)
    return dict(split_headers(headers)), secret
