"""The contact as an entity: its standard fields, and what is special about them."""

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
from contacts.facts import FieldChanged
from contacts.models import Contact, ContactFieldValue, FieldChange
from contacts.values import check_text, clean_email


def _parse_email(raw: Any) -> str:
    return clean_email("" if raw is None else check_text(str(raw).strip()))


def _check_addresses(values: Mapping[int, str]) -> None:
    addresses = set(values.values())
    if not all(addresses):
        raise ValidationError(_("A contact needs an e-mail address."))
    if len(addresses) < len(values):
        raise ValidationError(
            _("“%s” can't be the e-mail address of several contacts.") % ", ".join(sorted(addresses)[:5])
        )
    taken = Contact.objects.filter(email__in=addresses).order_by("email").values_list("email", flat=True)
    if found := list(taken[:5]):
        raise ValidationError(_("Another contact has the e-mail address “%s”.") % ", ".join(found))


def _batch(scope: str, field: str, changes: Changes) -> FieldChanged:
    return FieldChanged(field=field, changes=changes)


CONTACT = register(
    Entity(
        key="contact",
        model=Contact,
        values=ContactFieldValue,
        owner="contact",
        facts=FieldChange,
        batch=_batch,
        label=gettext_lazy("Contact"),
        standard=standard_fields(
            StandardField(
                "email",
                gettext_lazy("E-mail"),
                parser=_parse_email,
                check=_check_addresses,
                required=True,
                missing=gettext_lazy("Give an e-mail address."),
            ),
            StandardField("phone", gettext_lazy("Phone"), parser=parse_phone),
            StandardField("first_name", gettext_lazy("First name"), parser=text_parser(Contact, "first_name")),
            StandardField("last_name", gettext_lazy("Last name"), parser=text_parser(Contact, "last_name")),
            owner_field(),
            StandardField("time_zone", gettext_lazy("Time zone"), parser=text_parser(Contact, "time_zone")),
            StandardField("language", gettext_lazy("Language"), parser=text_parser(Contact, "language")),
        ),
    )
)
