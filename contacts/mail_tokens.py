"""Tokens that name a SentEmail, for one use each: an address to answer to, a share, a forward, a version to read.

    <e-mail in base 36>.<128 bits of HMAC-SHA256 in base 32>

Lower case throughout: mail servers may change the case of an address.
"""

import base64

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import base36_to_int, int_to_base36

SALT = "contacts.mail"
BYTES = 16
LONGEST = 50


def make_token(purpose: str, email: int) -> str:
    name = int_to_base36(email)
    return f"{name}.{_signature(purpose, name, settings.SECRET_KEY)}"


def read_token(purpose: str, token: str) -> int | None:
    """The id of a SentEmail; None for a token that isn't ours or is for something else."""
    if len(token) > LONGEST:
        return None
    name, _dot, signature = token.lower().partition(".")
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    good = any(constant_time_compare(signature, _signature(purpose, name, key)) for key in keys)
    return base36_to_int(name) if name and good else None


def reply_address(email: int) -> str:
    """Where answers to the e-mail come in; "" where none come in here (INBOUND_DOMAIN)."""
    domain = settings.INBOUND_DOMAIN
    return f"reply+{make_token('reply', email)}@{domain}" if domain else ""


def read_reply_address(address: str) -> int | None:
    """The id of the SentEmail that an address answers to."""
    local, _at, domain = address.strip().lower().rpartition("@")
    if not settings.INBOUND_DOMAIN or domain != settings.INBOUND_DOMAIN.lower() or not local.startswith("reply+"):
        return None
    return read_token("reply", local.removeprefix("reply+"))


def _signature(purpose: str, name: str, secret: str) -> str:
    digest = salted_hmac(f"{SALT}.{purpose}", name, secret=secret, algorithm="sha256").digest()
    return base64.b32encode(digest[:BYTES]).decode().rstrip("=").lower()
