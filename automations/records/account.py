"""The account that an event is about, or that the contact belongs to."""

from collections.abc import Collection
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from contacts.bulk import id_set
from contacts.models import Account, AccountContact

from .base import RECORDS, RecordKind
from .fielded import fielded_names, fielded_values


def _contacts(accounts: "QuerySet[Any]") -> "QuerySet[Any, Any]":
    return AccountContact.objects.filter(account__in=accounts.values("pk")).order_by().values("contact_id")


def _of_contact(contacts: Collection[int]) -> dict[int, int]:
    """The account that each has belonged to longest."""
    rows = AccountContact.objects.filter(contact__in=id_set(contacts)).order_by("-pk")
    return dict(rows.values_list("contact_id", "account_id"))


ACCOUNT = RECORDS.register(
    RecordKind(
        name="account",
        model=Account,
        label=gettext_lazy("Account"),
        that=gettext_lazy("belongs to an account that %s"),
        triggering=gettext_lazy("entered with an account that %s"),
        any_of=gettext_lazy("any account of the contact"),
        contacts=_contacts,
        values=partial(fielded_values, "account"),
        names=partial(fielded_names, "account"),
        of_contact=_of_contact,
    )
)
