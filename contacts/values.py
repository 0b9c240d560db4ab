"""Canonical forms of addresses and numbers. Pure functions."""

import hashlib

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _


def fold_email(value: str) -> str:
    """Trimmed and case folded; the domain and the local part alike, as every large host treats them."""
    return value.strip().casefold()


def clean_email(value: str) -> str:
    """The folded address, or ValidationError naming what was given."""
    folded = fold_email(value)
    try:
        validate_email(folded)
    except ValidationError:
        raise ValidationError(
            _("“%(value)s” is not an e-mail address."), params={"value": value[:254]}, code="email"
        ) from None
    if len(folded) > 254:
        raise ValidationError(_("An e-mail address has at most 254 characters."), code="email")
    return folded


def check_text(value: str) -> str:
    """The text as it is, or ValidationError: PostgreSQL stores neither NUL nor half a surrogate pair."""
    try:
        value.encode()
    except UnicodeEncodeError:
        storable = False
    else:
        storable = "\x00" not in value
    if not storable:
        raise ValidationError(_("The text has a character that can't be stored."), code="character")
    return value


def address_hash(email: str) -> str:
    """SHA-256 of the folded address: remembers a refusal after the address itself was erased."""
    return hashlib.sha256(fold_email(email).encode()).hexdigest()


def normalise_phone(value: str) -> str:
    """E.164 where the number has a country code and is possible; otherwise as typed, trimmed."""
    value = value.strip()
    formatted = _e164(value)
    # A trunk zero is dropped from each form: a bogus “+20 000...” would shrink with every save.
    return formatted if formatted and _e164(formatted) == formatted else value


def web_address(value: str) -> str:
    """Trimmed; what people type without a scheme gets https://."""
    value = value.strip()
    return value if not value or "://" in value else f"https://{value}"


def _e164(value: str) -> str:
    if not value.startswith("+"):
        return ""
    try:
        number = phonenumbers.parse(value)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
