"""Addresses that stand in one e-mail to one person: its pixel and its links.

A token names a SentEmail and what it is for, and is signed for that use alone: one of another e-mail,
or made for the pixel, is no click's. It can lead only where the e-mail led: to a link of its campaign,
or to the address that is signed with it (a personalised one).

    pixel   <e-mail>.<signature>
    click   <e-mail>.<link>[.<address>].<signature>

Numbers in base 36, the address in base64, the signature 128 bits of HMAC-SHA256.
"""

import base64
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import base36_to_int, int_to_base36

SALT = "contacts.engagement"
BYTES = 16


@dataclass(frozen=True, slots=True)
class ClickToken:
    """`address` is "" where the link leads to the address as it is written."""

    email: int
    link: int
    address: str = ""


def pixel_url(email: int) -> str:
    return _url("pixel", _signed("pixel", int_to_base36(email)))


def click_url(email: int, link: int, address: str = "") -> str:
    parts = [int_to_base36(email), int_to_base36(link)]
    if address:
        parts.append(_encode(address.encode()))
    return _url("click", _signed("click", ".".join(parts)))


def read_pixel(token: str) -> int | None:
    """The id of a SentEmail; None for a token that isn't ours or is for something else."""
    payload = _unsigned("pixel", token)
    return None if payload is None else base36_to_int(payload)


def read_click(token: str) -> ClickToken | None:
    """None for a token that isn't ours or is for something else."""
    payload = _unsigned("click", token)
    if payload is None:
        return None
    email, link, *address = payload.split(".")
    return ClickToken(base36_to_int(email), base36_to_int(link), _decode(address[0]).decode() if address else "")


def _signed(purpose: str, payload: str) -> str:
    return f"{payload}.{_signature(purpose, payload, settings.SECRET_KEY)}"


def _unsigned(purpose: str, token: str) -> str | None:
    payload, _dot, signature = token.rpartition(".")
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    good = any(constant_time_compare(signature, _signature(purpose, payload, key)) for key in keys)
    return payload if payload and good else None


def _signature(purpose: str, payload: str, secret: str) -> str:
    digest = salted_hmac(f"{SALT}.{purpose}", payload, secret=secret, algorithm="sha256").digest()
    return _encode(digest[:BYTES])


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _url(name: str, token: str) -> str:
    return str(settings.SITE_URL) + reverse(f"contacts:{name}", args=[token])
