"""How text messages leave: one class a provider, named by SMS_BACKEND.

A back end has `send(to, text, reference) -> the provider's id, or ""`, and raises the ledger's
Temporary, Permanent or Unclear. `to` is in E.164 form. ValueError from its constructor says what its
settings lack.
"""

import json
import sys

from django.conf import settings
from django.utils.translation import gettext as _

from automations.delivery.channels.posting import Unreachable, header_lines, post_json
from automations.delivery.outbox import Unclear
from contacts.outgoing.http import NOTHING_SENT


class ConsoleBackend:
    """Writes messages to standard output: what is there without a provider."""

    def send(self, *, to: str, text: str, reference: str) -> str:
        sys.stdout.write(f"SMS to {to} ({reference}): {text}\n")
        sys.stdout.flush()
        return ""


class GatewayBackend:
    """Posts {"to", "text", "from", "reference"} as JSON to SMS_URL, with SMS_TOKEN as bearer token.

    Most providers take this shape, or a small adapter of theirs does. After a time-out the gateway
    may have the message: it is uncertain, and not sent again.
    """

    def __init__(self) -> None:
        if not settings.SMS_URL:
            raise ValueError(_("Set SMS_URL to the gateway's address."))

    def send(self, *, to: str, text: str, reference: str) -> str:
        message = {"to": to, "text": text, "from": settings.SMS_SENDER, "reference": reference}
        headers = {"Content-Type": "application/json", "Idempotency-Key": reference}
        if settings.SMS_TOKEN:
            headers["Authorization"] = f"Bearer {settings.SMS_TOKEN}"
        try:
            post_json(
                settings.SMS_URL, json.dumps(message).encode(), header_lines(headers), settings.WEBHOOK_TIMEOUT
            )
        except Unreachable as error:
            if isinstance(error.__cause__, NOTHING_SENT):
                raise
            raise Unclear(str(error)) from error
        return ""
