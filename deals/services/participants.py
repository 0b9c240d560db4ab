"""The contacts of deals: who takes part, in which role, and who is the primary one."""

from collections.abc import Iterable, Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from contacts.bulk import chunks, id_set, insert_rows
from contacts.models import Contact
from contacts.services.selection import Contacts, contact_ids
from deals.facts import CONTACT, DealContactsChanged
from deals.models import Deal, DealContact

from .changes import announce, write_facts

Row = tuple[int, int, str, bool]


def insert_participants(rows: Sequence[Row]) -> list[tuple[int, int]]:
    """Rows as (deal, contact, role, is primary); the (deal, contact) pairs that were new.

    Contacts who belong to the deal already stay as they are.
    """
    added: list[tuple[int, int]] = []
    for chunk in chunks(sorted(rows)):
        added += insert_rows(
            DealContact,
            {
                "deal_id": [deal for deal, _contact, _role, _primary in chunk],
                "contact_id": [contact for _deal, contact, _role, _primary in chunk],
                "role": [role for _deal, _contact, role, _primary in chunk],
                "is_primary": [primary for _deal, _contact, _role, primary in chunk],
            },
            size=len(chunk),
            ignore_conflicts=True,
            returning=["deal_id", "contact_id"],
        )
    write_facts([(CONTACT, deal, ("", str(contact))) for deal, contact in sorted(added)])
    _announce(contact for _deal, contact in added)
    return added


@transaction.atomic
def add_deal_contacts(
    *, deal: Deal | int, contacts: Contacts, role: str = "", primary: int | None = None
) -> list[int]:
    """Let contacts take part in a deal; the ids of those who are new in it.

    `primary` is one of them, or one who takes part already. ValidationError where a contact does not exist.
    """
    pk, ids = deal.pk if isinstance(deal, Deal) else deal, contact_ids(contacts)
    if missing := set(ids) - set(Contact.objects.filter(pk__in=id_set(ids)).values_list("pk", flat=True)):
        named = ", ".join(map(str, sorted(missing)[:20]))
        raise ValidationError({"contacts": _("There is no contact %s.") % named}, code="does_not_exist")
    _lock(pk)
    added = insert_participants([(pk, contact, check_role(role), False) for contact in ids])
    if primary is not None:
        set_primary_contact(deal=pk, contact=primary)
    return sorted(contact for _deal, contact in added)


@transaction.atomic
def remove_deal_contacts(*, deal: Deal | int, contacts: Contacts) -> list[int]:
    """Let contacts take no more part in a deal; the ids of those who did."""
    pk, ids = deal.pk if isinstance(deal, Deal) else deal, contact_ids(contacts)
    _lock(pk)
    rows = DealContact.objects.filter(deal=pk, contact__in=id_set(ids))
    removed = sorted(rows.order_by().values_list("contact_id", flat=True))
    rows.delete()
    write_facts([(CONTACT, pk, (str(contact), "")) for contact in removed])
    _announce(removed)
    return removed


@transaction.atomic
def set_primary_contact(*, deal: Deal | int, contact: Contact | int) -> None:
    """Make one of the deal's contacts the primary one; ValidationError where it is none of them."""
    pk = deal.pk if isinstance(deal, Deal) else deal
    chosen = contact.pk if isinstance(contact, Contact) else contact
    _lock(pk)
    rows = DealContact.objects.filter(deal=pk)
    if not rows.filter(contact=chosen).exists():
        raise ValidationError({"primary": _("The primary contact is one of the deal's contacts.")}, code="primary")
    rows.filter(is_primary=True).exclude(contact=chosen).update(is_primary=False)
    rows.filter(contact=chosen, is_primary=False).update(is_primary=True)


def set_role(*, deal: Deal | int, contacts: Contacts, role: str) -> int:
    """Give contacts a role in the deal; how many had another."""
    pk, ids = deal.pk if isinstance(deal, Deal) else deal, contact_ids(contacts)
    rows = DealContact.objects.filter(deal=pk, contact__in=id_set(ids)).exclude(role=check_role(role))
    return rows.update(role=role.strip())


def check_role(role: str) -> str:
    if len(role.strip()) > 100:
        raise ValidationError({"role": _("A role has at most 100 characters.")}, code="max_length")
    return role.strip()


def move_participations(*, keep: int, drop: int) -> None:
    """Of two contacts who become one: the deals of `drop` are those of `keep`, who is primary where either was."""
    mine = set(DealContact.objects.filter(contact=keep).values_list("deal_id", flat=True))
    theirs: Iterable[DealContact] = DealContact.objects.filter(contact=drop)
    primary = [row.deal_id for row in theirs if row.is_primary and row.deal_id in mine]
    DealContact.objects.filter(contact=drop, deal__in=id_set(mine)).delete()
    DealContact.objects.filter(contact=keep, deal__in=id_set(primary)).update(is_primary=True)
    DealContact.objects.filter(contact=drop).update(contact_id=keep)


def _announce(contacts: Iterable[int]) -> None:
    if ids := sorted(set(contacts)):
        announce(DealContactsChanged(contact_ids=ids))


def _lock(deal: int) -> None:
    """Two who change a deal's contacts do it one after the other; ValidationError where it is gone."""
    if not Deal.objects.select_for_update().filter(pk=deal).values_list("pk", flat=True):
        raise ValidationError(_("This deal does not exist any more."), code="gone")
