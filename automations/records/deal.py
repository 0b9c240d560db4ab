"""The deal that an event is about, or the contact's newest open one."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from contacts.bulk import id_set
from contacts.selectors.fields import fields_of, values_of
from deals.models import Deal, DealContact, DealStatus
from deals.selectors.scores import deal_points_of

from .base import RECORDS, RecordKind

NAMES = (
    "title", "value", "currency", "amount", "status", "stage", "pipeline", "probability", "owner.name",
    "owner.email", "expected_close", "account_name",
)  # fmt: skip


def _contacts(deals: "QuerySet[Any]") -> "QuerySet[Any, Any]":
    return DealContact.objects.filter(deal__in=deals.values("pk")).order_by().values("contact_id")


def newest_open(contacts: Collection[int]) -> dict[int, int]:
    """{contact id: the open deal that was made last}; contacts without an open deal are left out."""
    rows = DealContact.objects.filter(contact__in=id_set(contacts), deal__status=DealStatus.OPEN)
    return dict(rows.order_by("deal_id").values_list("contact_id", "deal_id"))


def _values(ids: Collection[int]) -> Mapping[int, Mapping[str, Any]]:
    deals = Deal.objects.select_related("stage", "pipeline", "owner", "account").in_bulk(list(ids))
    custom, points = values_of(list(deals), scope="deal"), deal_points_of(list(deals))
    return {
        pk: {
            "id": pk,
            "title": deal.title,
            "value": deal.value,
            "currency": deal.currency,
            "amount": deal.shown_value,
            "status": deal.get_status_display(),
            "stage": deal.stage.name,
            "pipeline": deal.pipeline.name,
            "probability": deal.stage.probability,
            "owner": _user(deal.owner),
            "account_name": deal.account.name if deal.account else "",
            "expected_close": deal.expected_close,
            "created_at": deal.created_at,
            "fields": custom.get(pk, {}),
            "scores": points.get(pk, {}),
        }
        for pk, deal in deals.items()
    }


def _user(user: Any) -> dict[str, str]:
    return {"name": user.get_full_name() or user.get_username(), "email": user.email} if user else {}


def _names() -> Sequence[str]:
    return [*NAMES, *(f"fields.{key}" for key in fields_of("deal"))]


def _related(ids: Collection[int]) -> dict[int, dict[str, int]]:
    rows = Deal.objects.filter(pk__in=id_set(ids), account__isnull=False)
    return {deal: {"account": int(account or 0)} for deal, account in rows.values_list("pk", "account_id")}


DEAL = RECORDS.register(
    RecordKind(
        name="deal",
        model=Deal,
        label=gettext_lazy("Deal"),
        that=gettext_lazy("has a deal that %s"),
        triggering=gettext_lazy("entered with a deal that %s"),
        any_of=gettext_lazy("any deal of the contact"),
        contacts=_contacts,
        values=_values,
        names=_names,
        related=_related,
        of_contact=newest_open,
    )
)
