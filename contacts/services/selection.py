"""What a service accepts as “contacts”."""

from collections.abc import Iterable

from django.db.models import QuerySet

from contacts.models import Contact

Contacts = QuerySet[Contact] | Iterable[Contact | int] | Contact


def contact_ids(contacts: Contacts) -> list[int]:
    """Sorted distinct ids. The order is the lock order of every bulk write, so that two never deadlock."""
    if isinstance(contacts, Contact):
        return [contacts.pk]
    if isinstance(contacts, QuerySet):
        return sorted(set(contacts.order_by().values_list("pk", flat=True)))
    return sorted({item.pk if isinstance(item, Contact) else int(item) for item in contacts})
