"""Signed JSON posts. The address is resolved once and connected to, so that a name can't turn private."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from urllib.parse import urlsplit, urlunsplit

import httpx
from django.conf import settings
from django.core.exceptions import ValidationError

from automations.delivery.addresses import check_url, resolve_public
from automations.delivery.outbox import CHANNELS, Parcel, Permanent, Temporary
from automations.engine.plan import plan_of_version
from automations.models import Delivery


@CHANNELS.register
class WebhookChannel:
    slug = "webhook"
    rate = 0

    @contextmanager
    def open(self) -> Iterator[Callable[[Sequence[Delivery]], Iterator[Parcel]]]:
        with httpx.Client(timeout=settings.WEBHOOK_TIMEOUT, follow_redirects=False, trust_env=False) as client:

            def prepare(deliveries: Sequence[Delivery]) -> Iterator[Parcel]:
                for delivery in deliveries:
                    yield Parcel(delivery, partial(_post, client, delivery))

            yield prepare


def _post(client: httpx.Client, delivery: Delivery) -> str:
    """POST once. The receiver gets an Idempotency-Key: a webhook, unlike a mail, may be repeated safely."""
    request = _request(client, delivery)
    try:
        response = client.send(request, stream=True)
        response.close()
    except httpx.HTTPError as error:
        raise Temporary(f"{type(error).__name__}: {error}") from error
    status = response.status_code
    if status < 300:
        return str(status)
    if status >= 500 or status in (408, 425, 429):
        raise Temporary(f"The address answered {status}.")
    raise Permanent(f"The address answered {status}.")


def _request(client: httpx.Client, delivery: Delivery) -> httpx.Request:
    url = delivery.target
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        check_url(url)
        address = resolve_public(parts.hostname or "", port)
    except ValidationError as error:
        raise Permanent(error.messages[0]) from error
    except OSError as error:
        raise Temporary(f"The name can't be resolved: {error}") from error
    body = json.dumps(delivery.payload, separators=(",", ":")).encode()
    headers = {**_settings(delivery)[0], "Content-Type": "application/json", "Host": parts.netloc}
    headers["Idempotency-Key"] = f"delivery-{delivery.pk}"
    secret = _settings(delivery)[1]
    if secret:
        headers["X-Signature"] = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    literal = f"[{address}]" if ":" in address else address
    target = urlunsplit((parts.scheme, f"{literal}:{port}", parts.path, parts.query, ""))
    return client.build_request(
        "POST", target, content=body, headers=headers, extensions={"sni_hostname": parts.hostname or ""}
    )


def _settings(delivery: Delivery) -> tuple[dict[str, str], str]:
    """Extra headers and signing secret of the step that wanted it; they stand in the version, not in the row."""
    step = plan_of_version(delivery.version_id).steps.get(delivery.step_key) if delivery.version_id else None
    values = step.settings() if step else {}
    lines = str(values.get("headers", "")).splitlines()
    headers = {name.strip(): value.strip() for name, _colon, value in (line.partition(":") for line in lines)}
    return headers, str(values.get("secret", ""))
