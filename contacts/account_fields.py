"""The account as an entity: its standard fields."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.entities import (
    Changes,
    Entity,
    StandardField,
    owner_field,
    parse_phone,
    register,
    standard_fields,
    text_parser,
)
from contacts.facts import AccountFieldChanged
from contacts.field_types import FIELD_TYPES, Number
from contacts.models import Account, AccountFieldChange, AccountFieldValue
from contacts.models.accounts import MAX_EMPLOYEES
from contacts.values import web_address


def _parse_name(raw: Any) -> str:
    name = text_parser(Account, "name", lambda value: " ".join(value.split()))(raw)
    if not name:
        raise ValidationError(_("An account needs a name."), code="required")
    return name


def _check_names(values: Mapping[int, str]) -> None:
    names = {name.casefold() for name in values.values()}
    if not all(names):
        raise ValidationError(_("An account needs a name."))
    if len(names) < len(values):
        raise ValidationError(_("“%s” can't be the name of several accounts.") % min(values.values()))
    for pk, name in sorted(values.items()):
        if Account.objects.filter(name__iexact=name).exclude(pk=pk).exists():
            raise ValidationError(_("Another account has the name “%s”.") % name)


def _parse_employees(raw: Any) -> int | None:
    number = Number().parse(raw, [])
    if number is None:
        return None
    if number != int(number) or not 0 <= number <= MAX_EMPLOYEES:
        raise ValidationError(_("Give a whole number from 0 to %d.") % MAX_EMPLOYEES)
    return int(number)


def _batch(scope: str, field: str, changes: Changes) -> AccountFieldChanged:
    return AccountFieldChanged(field=field, changes=changes)


def _text(key: str, label: Any) -> StandardField:
    return StandardField(key, label, parser=text_parser(Account, key))


ACCOUNT = register(
    Entity(
        key="account",
        model=Account,
        values=AccountFieldValue,
        owner="account",
        facts=AccountFieldChange,
        batch=_batch,
        label=gettext_lazy("Account"),
        standard=standard_fields(
            StandardField(
                "name",
                gettext_lazy("Name"),
                parser=_parse_name,
                check=_check_names,
                required=True,
                missing=gettext_lazy("An account needs a name."),
            ),
            StandardField("url", gettext_lazy("Web address"), parser=text_parser(Account, "url", web_address)),
            StandardField("phone", gettext_lazy("Phone"), parser=parse_phone),
            _text("address_1", gettext_lazy("Address")),
            _text("address_2", gettext_lazy("Address, second line")),
            _text("postal_code", gettext_lazy("Postal code")),
            _text("city", gettext_lazy("City")),
            _text("region", gettext_lazy("Region")),
            _text("country", gettext_lazy("Country")),
            _text("industry", gettext_lazy("Industry")),
            StandardField(
                "employees",
                gettext_lazy("Employees"),
                kind=FIELD_TYPES["number"],
                parser=_parse_employees,
                empty=None,
            ),
            owner_field(),
            StandardField(
                "description",
                gettext_lazy("Description"),
                kind=FIELD_TYPES["textarea"],
                parser=text_parser(Account, "description"),
            ),
        ),
    )
)
