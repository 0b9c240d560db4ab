"""What a service accepts as “contacts”."""

from collections.abc import Iterable, Sequence

from django.db import connection
from django.db.models import QuerySet

from contacts.bulk import among, id_set
from contacts.models import Contact

Contacts = QuerySet[Contact] | Iterable[Contact | int] | Contact


def contact_ids(contacts: Contacts) -> list[int]:
    """Sorted distinct ids. The order is the lock order of every bulk write, so that two never deadlock."""
    if isinstance(contacts, Contact):
        return [contacts.pk]
    if isinstance(contacts, QuerySet):
        return sorted(set(contacts.order_by().values_list("pk", flat=True)))
    return sorted({item.pk if isinstance(item, Contact) else int(item) for item in contacts})


def hold_contacts(ids: Sequence[int], *, wait: bool = True) -> list[int]:
    """Those of the sorted ids that exist; nobody deletes them before this transaction ends.

    Foreign keys are checked at commit: without it, a contact that is deleted meanwhile would fail the whole
    transaction there, long after its work. Holders don't hinder one another. Without `wait`, contacts that
    are just being deleted are left out.
    """
    condition, value = among("id", ids)
    lock = ""
    if connection.vendor == "postgresql":
        lock = " FOR KEY SHARE" if wait else " FOR KEY SHARE SKIP LOCKED"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM contacts_contact WHERE {condition} ORDER BY id{lock}", [value])  # noqa: S608 no input
        return [row[0] for row in cursor.fetchall()]


def hold_for_deletion(ids: Sequence[int]) -> list[int]:
    """Those of the sorted ids that exist, once whoever holds them is through."""
    found = Contact.objects.filter(pk__in=id_set(ids)).order_by("pk").select_for_update()
    return list(found.values_list("pk", flat=True))
