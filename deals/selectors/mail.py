"""Conversations: those of a contact, a deal or an account, and one of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max, QuerySet

from contacts.models import Account, Contact
from deals.models import Deal, PersonalEmail
from deals.models.mail import Direction


@dataclass(frozen=True, slots=True)
class Thread:
    """`last` is its newest e-mail, `count` how many there are of the record."""

    last: PersonalEmail
    count: int

    @property
    def awaits_answer(self) -> bool:
        """The contact wrote last, and no machine did."""
        return self.last.direction == Direction.IN and not self.last.automatic


def emails_of(record: Contact | Deal | Account) -> QuerySet[PersonalEmail]:
    name = {Contact: "contact", Deal: "deal", Account: "account"}[type(record)]
    return PersonalEmail.objects.filter(**{name: record})


def threads_of(record: Contact | Deal | Account, limit: int) -> list[Thread]:
    """The conversations that were active last; two queries."""
    groups = emails_of(record).order_by().values("thread").annotate(last=Max("pk"), count=Count("pk"))
    rows = list(groups.order_by("-last")[:limit])
    lasts = PersonalEmail.objects.defer("html").select_related("contact").in_bulk([row["last"] for row in rows])
    return [Thread(lasts[row["last"]], row["count"]) for row in rows if row["last"] in lasts]


def thread_of(email: PersonalEmail) -> list[PersonalEmail]:
    """The whole conversation with that contact, the oldest first."""
    rows = PersonalEmail.objects.filter(thread=email.thread, contact=email.contact_id)
    related = rows.select_related("email", "contact", "deal", "account", "mailbox", "user")
    return list(related.prefetch_related("attachments__downloads").order_by("at", "pk"))


def file_names(emails: Iterable[PersonalEmail]) -> dict[int, list[Any]]:
    return {email.pk: [*email.files, *(row.name for row in email.attachments.all())] for email in emails}
