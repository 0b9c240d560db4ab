"""Setting standard and custom fields of many contacts at once."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.bulk import chunks, id_set, insert_rows, update_rows
from contacts.models import Contact, ContactFieldValue, CustomField
from contacts.selectors.fields import values_of
from contacts.values import check_text, clean_email, normalise_phone

from .changes import record_field

STANDARD = frozenset(name.removesuffix("_id") for name in Contact.TRACKED)
VALUE_COLUMNS = ("text", "long_text", "number", "date", "datetime")


def parse_standard(name: str, raw: Any) -> Any:
    """The stored value of a standard field, or ValidationError. `owner` takes a user id."""
    if name == "owner":
        return _owner_id(raw)
    value = "" if raw is None else check_text(str(raw).strip())
    if name == "email":
        return clean_email(value)
    value = normalise_phone(value) if name == "phone" else value
    field: models.Field[Any, Any] = getattr(Contact, name).field
    field.run_validators(value)
    return value


def _owner_id(raw: Any) -> int | None:
    text = "" if raw is None else str(raw).strip()
    if not text:
        return None
    if not text.isdecimal() or len(text) > 18:
        raise ValidationError(_("“%s” is not the id of a user.") % text[:50])
    return int(text)


@transaction.atomic
def set_field(*, field: str | CustomField, values: Mapping[int, Any]) -> dict[int, tuple[str, str]]:
    """Set one field of many contacts, each to its own parsed value (None or "" clears).

    `field` is a standard field's name or a custom field. Returns {contact id: (old, new)} of
    those that really changed.
    """
    changed: dict[int, tuple[str, str]] = {}
    for chunk in chunks(sorted(values)):
        part = {pk: values[pk] for pk in chunk}
        if isinstance(field, CustomField):
            changed |= _set_custom(field, part)
        else:
            changed |= _set_standard(field, part)
    return changed


def _set_standard(name: str, values: Mapping[int, Any]) -> dict[int, tuple[str, str]]:
    if name not in STANDARD:
        raise ValidationError(_("“%s” is not a field that can be set.") % name)
    column = "owner_id" if name == "owner" else name
    empty = None if name == "owner" else ""
    rows = Contact.objects.filter(pk__in=id_set(values)).select_for_update(no_key=True).order_by("pk")
    current = dict(rows.values_list("pk", column))
    wanted = {pk: empty if values[pk] is None else values[pk] for pk in current}
    new = {pk: value for pk, value in wanted.items() if value != current[pk]}
    if not new:
        return {}
    if name in CHECKS:
        CHECKS[name](set(new.values()), len(new))
    update_rows(Contact, "id", list(new), {column: list(new.values()), "updated_at": timezone.now()})
    changes = {pk: (_text(current[pk]), _text(value)) for pk, value in new.items()}
    record_field(field=name, changes=changes)
    return changes


def _check_addresses(addresses: set[str], contacts: int) -> None:
    if not all(addresses):
        raise ValidationError(_("A contact needs an e-mail address."))
    if len(addresses) < contacts:
        raise ValidationError(
            _("“%s” can't be the e-mail address of several contacts.") % ", ".join(sorted(addresses)[:5])
        )
    taken = Contact.objects.filter(email__in=addresses).order_by("email").values_list("email", flat=True)
    if found := list(taken[:5]):
        raise ValidationError(_("Another contact has the e-mail address “%s”.") % ", ".join(found))


def _check_owners(owners: set[Any], contacts: int) -> None:
    wanted = owners - {None}
    known = get_user_model()._default_manager.filter(pk__in=wanted).values_list("pk", flat=True)
    if missing := wanted - set(known):
        raise ValidationError(_("There is no user with the id %s.") % ", ".join(map(str, missing)))


CHECKS: dict[str, Callable[[set[Any], int], None]] = {"email": _check_addresses, "owner": _check_owners}


def _set_custom(field: CustomField, values: Mapping[int, Any]) -> dict[int, tuple[str, str]]:
    kind = field.kind
    # The contacts' rows are the lock: two writers of one field of one contact go one after the other.
    locked = list(
        Contact.objects.filter(pk__in=id_set(values))
        .select_for_update(no_key=True)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    current = values_of(locked, [field])
    changes: dict[int, tuple[str, str]] = {}
    for pk in locked:
        old, new = kind.to_text(current.get(pk, {}).get(field.key)), kind.to_text(values[pk])
        if old != new:
            changes[pk] = (old, new)
    if changes:
        had = [pk for pk in changes if field.key in current.get(pk, {})]
        if had:
            ContactFieldValue.objects.filter(field=field, contact__in=id_set(had))._raw_delete("default")
        _insert_values(field, {pk: values[pk] for pk in changes})
        record_field(field=field.key, changes=changes)
    return changes


def _insert_values(field: CustomField, values: Mapping[int, Any]) -> None:
    rows = [
        (pk, ordinal, columns)
        for pk, value in values.items()
        for ordinal, columns in enumerate(field.kind.store(value))
    ]
    insert_rows(
        ContactFieldValue,
        {
            "contact_id": [row[0] for row in rows],
            "field_id": field.pk,
            "ordinal": [row[1] for row in rows],
            **{name: [row[2].get(name) for row in rows] for name in VALUE_COLUMNS},
        },
        size=len(rows),
    )


def _text(value: Any) -> str:
    return "" if value is None else str(value)
