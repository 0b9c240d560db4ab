"""The types of custom fields: how each reads, stores, writes and compares its values."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, Protocol
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.timezone import is_naive, make_aware
from django.utils.translation import gettext_lazy as _

from contacts.values import check_text, clean_email, normalise_phone

TRUE = {"1", "true", "yes", "on", "y", "oui", "vrai", "x"}
FALSE = {"0", "false", "no", "off", "n", "non", "faux"}
DIGITS = 15


class ValueRow(Protocol):
    """The typed columns of a value row."""

    text: Any
    long_text: Any
    number: Any
    date: Any
    datetime: Any


class FieldType:
    """A type of custom field.

    `parse` turns what a person, a CSV cell or the API gave into a Python value (None: empty) or
    raises ValidationError; `store` gives the columns of each row; `to_text` is the canonical text
    that FieldChange keeps and from/to settings compare.
    """

    slug: ClassVar[str]
    label: ClassVar[Any]
    column: ClassVar[str] = "text"
    has_options: ClassVar[bool] = False
    multiple: ClassVar[bool] = False
    # How a form's page asks a visitor for it: an <input>'s type, or textarea, select, radio, checkbox, checkboxes.
    input: ClassVar[str] = "text"
    # How a setting compares with it: text, number, amount, date, datetime or choice.
    control: ClassVar[str] = "text"
    # What JSON may hold besides plain text, numbers and yes/no.
    structures: ClassVar[tuple[type, ...]] = ()

    def choices(self, options: list[str]) -> list[tuple[str, Any]]:
        """(text form, label) of the values there are, where they are few and known."""
        return [(option, option) for option in options] if self.has_options else []

    def parse(self, raw: Any, options: list[str]) -> Any:
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        if isinstance(raw, str):
            check_text(raw)
        return self.parse_value(raw, options)

    def parse_value(self, raw: Any, options: list[str]) -> Any:
        value = str(raw).strip()
        if len(value) > 500:
            raise ValidationError(_("At most 500 characters; use a text area field for longer texts."))
        return value

    def store(self, value: Any) -> list[Mapping[str, Any]]:
        return [] if value is None else [{self.column: value}]

    def load(self, row: ValueRow) -> Any:
        return getattr(row, self.column)

    def to_text(self, value: Any) -> str:
        return "" if value is None else str(value)

    def to_json(self, value: Any) -> Any:
        """For the API; `parse` takes it back. Numbers are texts, so that they stay exact."""
        return value


class Text(FieldType):
    slug, label = "text", _("Text")


class TextArea(FieldType):
    slug, label, column = "textarea", _("Text area"), "long_text"
    input = "textarea"

    def parse_value(self, raw: Any, options: list[str]) -> Any:
        value = str(raw)
        if len(value) > 20_000:
            raise ValidationError(_("At most 20,000 characters."))
        return value


class Hidden(FieldType):
    slug, label = "hidden", _("Hidden")
    input = "hidden"


class Number(FieldType):
    """A decimal of at most 15 digits (all that SQLite keeps exactly), six of them after the point."""

    slug, label, column, control = "number", _("Number"), "number", "number"

    def parse_value(self, raw: Any, options: list[str]) -> Any:
        if isinstance(raw, bool):
            raise ValidationError(_("Give a number."))
        try:
            value = Decimal(str(raw).strip().replace("\u00a0", "").replace(" ", ""))
        except InvalidOperation:
            raise ValidationError(_("“%s” is not a number; write it like 1234.5.") % str(raw)[:50]) from None
        if not value.is_finite():
            raise ValidationError(_("“%s” is not a number; write it like 1234.5.") % str(raw)[:50])
        # adjusted() first: arithmetic on a number as large as 1e999999999 raises.
        if value.adjusted() >= DIGITS or len(_rounded(value).as_tuple().digits) > DIGITS:
            raise ValidationError(
                _("“%(value)s” has too many digits; a number has at most %(digits)d.")
                % {"value": str(raw)[:50], "digits": DIGITS}
            )
        return _rounded(value)

    def load(self, row: ValueRow) -> Any:
        return None if row.number is None else _plain(row.number)

    def to_text(self, value: Any) -> str:
        return "" if value is None else format(_plain(Decimal(value)), "f")

    def to_json(self, value: Any) -> Any:
        return None if value is None else self.to_text(value)


class Money(FieldType):
    """An amount with an ISO 4217 currency: number in `number`, currency in `text`. Text form: `12.50 EUR`."""

    slug, label, column, control = "money", _("Money"), "number", "amount"
    structures = (Mapping,)

    def parse_value(self, raw: Any, options: list[str]) -> Any:
        if isinstance(raw, Mapping):
            raw = f"{raw.get('amount', '')} {raw.get('currency', '')}"
        parts = str(raw).split()
        default = options[0] if options else "EUR"
        amount, currency = (parts[0], parts[1]) if len(parts) == 2 else (str(raw), default)
        if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
            raise ValidationError(_("Give an amount and a currency, like 12.50 EUR."))
        return Number().parse_value(amount, []), currency.upper()

    def store(self, value: Any) -> list[Mapping[str, Any]]:
        return [] if value is None else [{"number": value[0], "text": value[1]}]

    def load(self, row: ValueRow) -> Any:
        return None if row.number is None else (_plain(row.number), row.text)

    def to_text(self, value: Any) -> str:
        return "" if value is None else f"{format(_plain(Decimal(value[0])), 'f')} {value[1]}"

    def to_json(self, value: Any) -> Any:
        return None if value is None else {"amount": Number().to_text(value[0]), "currency": value[1]}


class Date(FieldType):
    slug, label, column, control = "date", _("Date"), "date", "date"
    input = "date"

    def parse_value(self, raw: Any, options: list[str]) -> Any:
        if isinstance(raw, datetime):
            return raw.date()
        if isinstance(raw, date):
            return raw
        text = str(raw).strip()
        try:
            value = parse_date(text) or parse_datetime(text)
        except ValueError:
            value = None
        if value is None:
            raise ValidationError(_("“%s” is not a date; write it like 2026-03-31.") % str(raw)[:50])
        return value.date() if isinstance(value, datetime) else value

    def to_text(self, value: Any) -> str:
        return "" if value is None else value.isoformat()


class DateTime(FieldType):
    slug, label, column, control = "datetime", _("Date and time"), "datetime", "datetime"
    input = "datetime-local"

    def parse_value(self, raw: Any, options: list[str]) -> Any:
        try:
            value = raw if isinstance(raw, datetime) else parse_datetime(str(raw).strip())
        except ValueError:
            value = None
        if value is None:
            raise ValidationError(
                _("“%s” is not a date and time; write it like 2026-03-31 14:30.") % str(raw)[:50]
            )
        aware = make_aware(value, ZoneInfo(settings.TIME_ZONE)) if is_naive(value) else value
        try:
            # In UTC: in the hour that summer time repeats, Python never holds times of two zones for equal.
            return aware.astimezone(UTC)
        except OverflowError:
            raise ValidationError(_("“%s” is out of the calendar's range.") % str(raw)[:50]) from None

    def to_text(self, value: Any) -> str:
        return "" if value is None else value.astimezone(UTC).isoformat()


class Choice(FieldType):
    has_options, control = True, "choice"

    def parse_value(self, raw: Any, options: list[str]) -> Any:
        return _option(raw, options)


class Dropdown(Choice):
    slug, label = "dropdown", _("Dropdown")
    input = "select"


class Radio(Choice):
    slug, label = "radio", _("Radio buttons")
    input = "radio"


class MultiSelect(FieldType):
    """Several of the options; one value row each. Text form: newline-joined, in the options' order."""

    slug, label, has_options, multiple = "multiselect", _("Multi-select"), True, True
    input = "checkboxes"
    control = "choice"
    structures = (list,)

    def parse_value(self, raw: Any, options: list[str]) -> Any:
        if isinstance(raw, str):
            raw = [part for part in raw.replace("\n", "|").replace(";", "|").split("|") if part.strip()]
        if not isinstance(raw, list | tuple | set):
            raise ValidationError(_("Give a list of options."))
        chosen = {_option(item, options) for item in raw}
        return [option for option in options if option in chosen] or None

    def store(self, value: Any) -> list[Mapping[str, Any]]:
        return [{"text": item} for item in value or []]

    def to_text(self, value: Any) -> str:
        return "\n".join(value or [])


class Checkbox(FieldType):
    slug, label, column, control = "checkbox", _("Checkbox"), "number", "choice"
    input = "checkbox"

    def choices(self, options: list[str]) -> list[tuple[str, Any]]:
        return [("yes", _("yes")), ("no", _("no"))]

    def parse_value(self, raw: Any, options: list[str]) -> Any:
        word = str(raw).strip().casefold()
        if word in TRUE:
            return True
        if word in FALSE:
            return False
        raise ValidationError(_("“%s” is neither yes nor no.") % str(raw)[:50])

    def store(self, value: Any) -> list[Mapping[str, Any]]:
        return [] if value is None else [{"number": Decimal(int(value))}]

    def load(self, row: ValueRow) -> Any:
        return None if row.number is None else bool(row.number)

    def to_text(self, value: Any) -> str:
        return "" if value is None else ("yes" if value else "no")


class Url(FieldType):
    slug, label = "url", _("URL")
    input = "url"

    def parse_value(self, raw: Any, options: list[str]) -> Any:
        value = super().parse_value(raw, options)
        try:
            URLValidator(schemes=["http", "https"])(value)
        except ValidationError:
            raise ValidationError(
                _("“%s” is not a web address; write it like https://example.com.") % value[:50]
            ) from None
        return value


class Email(FieldType):
    slug, label = "email", _("E-mail")
    input = "email"

    def parse_value(self, raw: Any, options: list[str]) -> Any:
        return clean_email(str(raw))


class Phone(FieldType):
    slug, label = "phone", _("Phone")
    input = "tel"

    def parse_value(self, raw: Any, options: list[str]) -> Any:
        value = normalise_phone(str(raw))
        if not any(character.isdigit() for character in value):
            raise ValidationError(_("“%s” is not a phone number.") % str(raw)[:50])
        if len(value) > 32:
            raise ValidationError(_("A phone number has at most 32 characters."))
        return value


def _option(raw: Any, options: list[str]) -> str:
    wanted = str(raw).strip().casefold()
    for option in options:
        if option.casefold() == wanted:
            return option
    raise ValidationError(_("“%(value)s” is not one of the options: %(options)s.") % {
        "value": str(raw)[:50], "options": ", ".join(options[:20])
    })  # fmt: skip


def _rounded(value: Decimal) -> Decimal:
    return _plain(value.quantize(Decimal("0.000001"))) or Decimal(0)  # never -0


def _plain(value: Decimal) -> Decimal:
    value = value.normalize()
    return value.quantize(Decimal(1)) if value.as_tuple().exponent > 0 else value  # type: ignore[operator]  # finite


FIELD_TYPES: dict[str, FieldType] = {
    cls.slug: cls()
    for cls in (
        Text, TextArea, Number, Money, Date, DateTime, Dropdown, MultiSelect, Checkbox, Radio,
        Hidden, Url, Email, Phone,
    )
}  # fmt: skip


def field_type_choices() -> list[tuple[str, Any]]:
    return [(slug, kind.label) for slug, kind in FIELD_TYPES.items()]
