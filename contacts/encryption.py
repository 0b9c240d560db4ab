"""Secrets at rest: encrypted with keys derived from SECRET_KEY, readable while a fallback key is kept.

Fernet (AES-128-CBC with HMAC-SHA256) from `cryptography`. After SECRET_KEY has changed, keep the
old one in SECRET_KEY_FALLBACKS and run `manage.py rotate_secrets`; then the old one can go.
"""

import base64
import logging
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import FieldError
from django.db import models

logger = logging.getLogger(__name__)
PURPOSE = b"encrypted fields, 1"


class Unreadable(str):
    """Stands for a text whose key is lost: empty, and saved again as it was."""

    __slots__ = ("stored",)
    stored: str


def is_set(text: str) -> bool:
    """Whether there is a secret, be it one that no key of today opens."""
    return bool(text) or isinstance(text, Unreadable)


def encrypt(text: str) -> str:
    """The text as it may be stored; "" stays ""."""
    return _fernet().encrypt(text.encode()).decode() if text else ""


def decrypt(stored: str) -> str:
    """The text of `encrypt`; an `Unreadable` where no key of today opens it."""
    if not stored:
        return ""
    try:
        return _fernet().decrypt(stored.encode()).decode()
    except InvalidToken:
        logger.error("A stored secret can't be read with SECRET_KEY or SECRET_KEY_FALLBACKS.")
        text = Unreadable()
        text.stored = stored
        return text


class Encrypts:
    """A model field that stores secrets encrypted; saving a record encrypts them with the key of today."""

    def texts(self, value: Any) -> list[str]:
        """The secrets of a value, an `Unreadable` for each that no key opens."""
        raise NotImplementedError


class EncryptedTextField(Encrypts, models.TextField):
    """A text that the database sees only encrypted. It can't be searched, sorted or compared there."""

    def texts(self, value: Any) -> list[str]:
        return [value] if is_set(value) else []

    def get_prep_value(self, value: Any) -> Any:
        if value is None:
            return None
        return value.stored if isinstance(value, Unreadable) else encrypt(str(value))

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        return None if value is None else decrypt(value)

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is encrypted: the database can't compare it.")
        return super().get_lookup(lookup_name)


def _fernet() -> MultiFernet:
    return _fernet_of(settings.SECRET_KEY, tuple(settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=4)
def _fernet_of(key: str, fallbacks: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_derived(text)) for text in (key, *fallbacks)])


def _derived(key: str) -> bytes:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(key.encode())
    return base64.urlsafe_b64encode(derived)
