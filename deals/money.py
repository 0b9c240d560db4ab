"""Amounts of money. Pure functions."""

from decimal import Decimal
from functools import cache

from babel.core import UnknownLocaleError
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from moneyed import Money, get_currency, list_all_currencies
from moneyed.classes import CurrencyDoesNotExist
from moneyed.l10n import format_money

#: All that SQLite keeps exactly, and the decimals of the currencies that have most (dinars).
DIGITS, DECIMALS = 15, 3
COMMON = ("EUR", "USD", "GBP", "CHF", "CAD", "AUD", "JPY")


@cache
def currency_choices() -> list[tuple[str, str]]:
    """(code, “EUR – Euro”): the common ones first, then every currency of ISO 4217 by code."""
    names = {currency.code: currency.name for currency in list_all_currencies() if currency.numeric}
    codes = [*COMMON, *sorted(set(names) - set(COMMON))]
    return [(code, f"{code} – {names[code]}") for code in codes]


def check_currency(code: str) -> str:
    """The code in capitals; ValidationError where it is none of ISO 4217."""
    folded = code.strip().upper()
    try:
        get_currency(folded)
    except CurrencyDoesNotExist:
        raise ValidationError(
            _("“%s” is not a currency; use a code of ISO 4217 such as EUR.") % code[:20], code="currency"
        ) from None
    return folded


def plain(value: Decimal) -> str:
    """The number without an exponent or needless zeros: 1200, 12.5."""
    text = format(Decimal(value), "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("", "-0") else text


def money_text(value: Decimal, currency: str) -> str:
    """The canonical text that facts keep: `12.5 EUR`."""
    return f"{plain(value)} {currency}"


def shown(value: Decimal | str, currency: str) -> str:
    """As people of the language in use write it: €1,200.00, 1 200,00 €."""
    money = Money(Decimal(value), currency)
    language = (get_language() or "en").replace("-", "_")
    try:
        return str(format_money(money, locale=language))
    except (UnknownLocaleError, ValueError):
        return str(format_money(money, locale="en"))
