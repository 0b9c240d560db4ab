"""Dates of deals: their contacts enter, as with every trigger about a deal."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext_lazy

from contacts.bulk import id_set
from deals.fields import DEAL
from deals.models import DealContact

from .date_fields import DatedRecords, People, register_dated


def _people(deals: Collection[int]) -> Mapping[int, People]:
    found: dict[int, list[int]] = defaultdict(list)
    primary: dict[int, int] = {}
    rows = DealContact.objects.filter(deal__in=id_set(deals))
    for deal, contact, is_primary in rows.values_list("deal_id", "contact_id", "is_primary"):
        found[deal].append(contact)
        if is_primary:
            primary[deal] = contact
    return {deal: People(contacts, primary.get(deal)) for deal, contacts in found.items()}


def _zone(deal: str) -> "Subquery[Any]":
    primary = DealContact.objects.filter(deal=OuterRef(deal), is_primary=True)
    return Subquery(primary.values("contact__time_zone")[:1])


register_dated(DatedRecords(scope=DEAL.key, label=gettext_lazy("Deals"), people=_people, zone=_zone))
