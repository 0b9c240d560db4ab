"""Customers of a store and their contacts, for a whole batch in a fixed number of statements."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.utils import timezone

from contacts.bulk import insert_rows, update_rows
from contacts.services import ContactDraft, save_contacts, subscribe_contacts
from contacts.values import normalise_phone
from ecommerce.drafts import CustomerDraft
from ecommerce.models import Customer, Store

#: What a draft may change in a customer that is known.
CHANGEABLE = ("email", "contact_id", "first_name", "last_name", "accepts_marketing")


def customers_for(*, store: Store, drafts: Iterable[CustomerDraft]) -> dict[str, Customer]:
    """{key: customer}, made or brought up to date, with their contacts. The rows stay locked.

    Drafts without id and address have no customer. Of drafts of the same key the last counts.
    """
    wanted = {draft.key: draft for draft in drafts if draft.key}
    if not wanted:
        return {}
    found = _stored(store, wanted)
    missing = [wanted[key] for key in sorted(wanted.keys() - found.keys())]
    contacts = _contacts([*missing, *(wanted[key] for key, row in found.items() if _moved(row, wanted[key]))])
    if missing:
        found |= _made(store, missing, contacts)
    _update(found, wanted, contacts)
    _subscribe(store, found, wanted)
    return found


def _moved(customer: Customer, draft: CustomerDraft) -> bool:
    """Whether a contact has to be looked for: another address than the known one, or none was found for it."""
    return bool(draft.email) and (customer.email != draft.email or customer.contact_id is None)


def _contacts(drafts: Collection[CustomerDraft]) -> dict[str, int]:
    """{address: contact}. Contacts that exist are left as they are."""
    people = [
        ContactDraft(
            draft.email,
            {
                "first_name": draft.first_name,
                "last_name": draft.last_name,
                "phone": normalise_phone(draft.phone)[:32],
            },
        )
        for draft in drafts
        if draft.email
    ]
    return save_contacts(drafts=people, update_existing=False).ids if people else {}


def _stored(store: Store, keys: Collection[str]) -> dict[str, Customer]:
    rows = Customer.objects.select_for_update().filter(store=store, external_id__in=keys).order_by("pk")
    return {row.external_id: row for row in rows}


def _made(store: Store, drafts: list[CustomerDraft], contacts: Mapping[str, int]) -> dict[str, Customer]:
    now = timezone.now()
    rows = insert_rows(
        Customer,
        {
            "store_id": store.pk,
            "external_id": [draft.key for draft in drafts],
            "contact_id": [contacts.get(draft.email) for draft in drafts],
            "email": [draft.email for draft in drafts],
            "first_name": [draft.first_name for draft in drafts],
            "last_name": [draft.last_name for draft in drafts],
            "accepts_marketing": [bool(draft.accepts_marketing) for draft in drafts],
            "orders_count": 0,
            "created_at": now,
            "updated_at": now,
        },
        size=len(drafts),
        ignore_conflicts=True,
        returning=["id", "external_id"],
    )
    ids = {key: pk for pk, key in rows}
    made = {
        draft.key: Customer(
            pk=ids[draft.key], store=store, external_id=draft.key, contact_id=contacts.get(draft.email),
            email=draft.email, first_name=draft.first_name, last_name=draft.last_name,
            accepts_marketing=bool(draft.accepts_marketing),
        )
        for draft in drafts
        if draft.key in ids
    }  # fmt: skip
    # Somebody else made the others a moment ago.
    others = {draft.key for draft in drafts} - made.keys()
    return made | (_stored(store, others) if others else {})


def _update(
    found: Mapping[str, Customer], wanted: Mapping[str, CustomerDraft], contacts: Mapping[str, int]
) -> None:
    changed = []
    for key, customer in found.items():
        new = _news(wanted[key], contacts, customer)
        if any(getattr(customer, name) != value for name, value in new.items()):
            for name, value in new.items():
                setattr(customer, name, value)
            changed.append(customer)
    columns: dict[str, Any] = {name: [getattr(row, name) for row in changed] for name in CHANGEABLE}
    update_rows(Customer, "id", [row.pk for row in changed], {**columns, "updated_at": timezone.now()})


def _news(draft: CustomerDraft, contacts: Mapping[str, int], customer: Customer) -> dict[str, Any]:
    new: dict[str, Any] = {name: getattr(draft, name) for name in ("first_name", "last_name")}
    new = {name: value for name, value in new.items() if value}
    if _moved(customer, draft):
        new |= {"email": draft.email, "contact_id": contacts.get(draft.email)}
    if draft.accepts_marketing is not None:
        new["accepts_marketing"] = draft.accepts_marketing
    return new


def _subscribe(store: Store, found: Mapping[str, Customer], wanted: Mapping[str, CustomerDraft]) -> None:
    """Those who say now that they accept marketing go on the store's lists, but for those who left them."""
    agree = {
        row.contact_id
        for key, row in found.items()
        if wanted[key].accepts_marketing and row.contact_id is not None
    }
    if agree:
        for one in store.lists.all():
            subscribe_contacts(contacts=sorted(agree), list=one)
