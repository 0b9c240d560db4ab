"""Asking an app's API: JSON there and back, with a token, guarded and bounded."""

import json
from typing import Any

import httpcore
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from contacts.outgoing.http import Header, TooMuch, fetch

from .base import ApiFailed

MAX_ANSWER = 2 * 1024 * 1024
PAGES = 20
REFUSED = (401, 403)


def ask(url: str, token: str, *, send: Any = None, method: str = "") -> dict[str, Any]:
    """The answer as an object; ApiFailed with a sentence for whoever pressed the button."""
    body = b"" if send is None else json.dumps(send).encode()
    headers: list[Header] = [(b"Accept", b"application/json"), (b"Content-Type", b"application/json")]
    if not token.isascii() or not token.isprintable():
        raise ApiFailed(_("The API token has characters that no token has; copy it again."))
    headers.append((b"Authorization", f"Bearer {token}".encode()))
    try:
        status, answer = fetch(
            method or ("GET" if send is None else "POST"),
            url,
            headers=headers,
            body=body,
            seconds=settings.WEBHOOK_TIMEOUT,
            max_bytes=MAX_ANSWER,
        )
    except (OSError, httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, ValidationError):
        raise ApiFailed(_("The app's API can't be reached at the moment; try again later.")) from None
    except TooMuch:
        raise ApiFailed(_("The app's API answered with too much.")) from None
    if status in REFUSED:
        raise ApiFailed(_("The app refuses the API token; check that it is right and may do this."))
    if status == 409:
        raise ApiFailed(_("The app says that this address is connected already."))
    if not 200 <= status < 300:
        raise ApiFailed(_("The app's API answered with the status %d.") % status)
    return _object(answer)


def _object(answer: bytes) -> dict[str, Any]:
    try:
        found = json.loads(answer or b"{}")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ApiFailed(_("The app's API answered with something that is no JSON object."))
    return found
