"""Recording conversions: one insert for each 10,000 contacts, and the queries for their touches."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.bulk import chunks, insert_rows
from contacts.facts import ConversionRecorded
from contacts.models import Contact, Conversion, ConversionRecord
from contacts.selectors.touches import Touch, first_and_last

from .changes import announce, current_facts
from .selection import Contacts, contact_ids

MAX_VALUE = Decimal(10) ** 12


@transaction.atomic
def record_conversion(
    *,
    contacts: Contacts,
    conversion: Conversion | int,
    value: Decimal | None = None,
    currency: str = "",
    detail: str = "",
) -> list[int]:
    """Record it for contacts; return the ids of those for whom it counted.

    Without `value` and `currency` those of the conversion are taken. ValidationError by field.
    """
    kind = conversion if isinstance(conversion, Conversion) else Conversion.objects.get(pk=conversion)
    amount = kind.value if value is None else check_value(value)
    coin = check_currency(currency) if currency else kind.currency
    now, counted = timezone.now(), []
    for chunk in chunks(contact_ids(contacts)):
        ids = list(chunk)
        columns = {
            "contact_id": ids,
            "conversion_id": kind.pk,
            "value": amount,
            "currency": coin,
            "detail": detail[:250],
            "once": kind.counts == Conversion.Counts.ONCE,
            "at": now,
            **_touch_columns(ids, first_and_last(ids, now)),
        }
        rows = insert_rows(
            ConversionRecord, {**columns, **current_facts()}, size=len(ids),
            ignore_conflicts=True, returning=["contact_id"],
        )  # fmt: skip
        new = sorted(row[0] for row in rows)
        if new:
            announce(ConversionRecorded(kind.pk, str(amount), coin, new))
            counted += new
    return counted


def merge_conversions(*, keep: Contact, drop: Contact) -> None:
    """All stay, as they were recorded; of two that count once, `keep`'s goes on barring a third."""
    mine = ConversionRecord.objects.filter(contact=keep, once=True).values("conversion")
    theirs = ConversionRecord.objects.filter(contact=drop)
    theirs.filter(once=True, conversion__in=mine).update(once=False)
    theirs.update(contact=keep)


def check_value(value: Decimal | str) -> Decimal:
    """An amount of 0 or more, with cents; ValidationError otherwise."""
    try:
        amount = Decimal(value).quantize(Decimal("0.01"))
    except (InvalidOperation, ValueError):
        raise ValidationError({"value": _("Give an amount such as 12.50.")}) from None
    if not amount.is_finite() or not 0 <= amount < MAX_VALUE:
        raise ValidationError({"value": _("Give an amount of 0 or more, below a million millions.")})
    return amount


def check_currency(code: str) -> str:
    text = code.strip().upper()
    if not (len(text) == 3 and text.isascii() and text.isalpha()):
        raise ValidationError({"currency": _("Give three letters, such as EUR.")})
    return text


def _touch_columns(
    ids: list[int], touches: Mapping[int, tuple[Touch, Touch]]
) -> dict[str, Sequence[str | datetime | None]]:
    ends = [touches.get(pk, (None, None)) for pk in ids]
    return {
        "first_touch": [first.label[:200] if first else "" for first, _last in ends],
        "first_touch_at": [first.at if first else None for first, _last in ends],
        "last_touch": [last.label[:200] if last else "" for _first, last in ends],
        "last_touch_at": [last.at if last else None for _first, last in ends],
    }
