"""E-mails queued by a real automation, and senders that a test turns by hand."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from automations.delivery.outbox import deliver_due
from automations.engine.run import run_due
from automations.models import Automation, Delivery
from contacts.models import Contact
from contacts.services import set_field, subscribe_contacts, tag_contacts
from tests.factories import ContactFactory, CustomFieldFactory, ListFactory, TagFactory

EMAIL = {"subject": "Hello {{ contact.first_name }}", "html": "<p>Dear {{ contact.first_name }}</p>"}


def advance() -> None:
    while run_due(now=timezone.now()):
        pass


@pytest.fixture
def news(db: None) -> Any:
    return ListFactory(name="News")


@pytest.fixture
def people(news: Any) -> Callable[..., list[Contact]]:
    """`people(3)` are three contacts with an active subscription."""

    def make(count: int = 1, **fields: Any) -> list[Contact]:
        contacts = [ContactFactory(email=f"p{number}@example.com", **fields) for number in range(count)]
        subscribe_contacts(contacts=[contact.pk for contact in contacts], list=news)
        return contacts

    return make


@pytest.fixture
def queue(build: Callable[..., Automation], people: Callable[..., list[Contact]]) -> Callable[..., list[Delivery]]:
    """`queue(3)` brings three contacts to a send-e-mail step: rows of the ledger, not sent yet.

    `steps` replaces the step, `contacts` the people, `email` what differs in the e-mail; other
    arguments are fields of the automation.
    """

    def make(
        count: int = 1,
        *,
        steps: Any = None,
        contacts: Any = None,
        email: Any = None,
        lists: Any = (),
        **fields: Any,
    ) -> list[Delivery]:
        tag = TagFactory()
        automation = build(
            triggers=[("tag_added", {"tags": [tag.pk]})],
            steps=steps or [("send_email", EMAIL | (email or {}))],
            **fields,
        )
        automation.lists.set(lists)
        contacts = people(count) if contacts is None else contacts
        tag_contacts(contacts=[contact.pk for contact in contacts], tag=tag)
        advance()
        return list(Delivery.objects.filter(automation=automation).order_by("pk"))

    return make


@pytest.fixture
def deliver() -> Callable[..., int]:
    """One round of every channel, `later` than now."""
    return lambda later=timedelta(): deliver_due(now=lambda: timezone.now() + later)


@pytest.fixture
def ledger() -> Callable[..., Any]:
    """The ledger's rows as they stand, in their order; `statuses` is a list of words."""

    def read(automation: Automation | None = None) -> Any:
        rows = Delivery.objects.order_by("pk")
        rows = list(rows.filter(automation=automation) if automation else rows)
        return SimpleNamespace(
            rows=rows, statuses=[str(row.status) for row in rows], first=rows[0] if rows else None
        )

    return read


#: A value of each type of custom field, as someone would type it.
SAMPLES: dict[str, Any] = {
    "text": "a <b>",
    "textarea": "a\nb",
    "number": "2.50",
    "money": "9.90 EUR",
    "date": "2026-05-01",
    "datetime": "2026-05-01T10:00:00+02:00",
    "dropdown": "Red",
    "multiselect": ["Red", "Blue"],
    "checkbox": "true",
    "radio": "Blue",
    "hidden": "h",
    "url": "https://example.com/?a=1&b=2",
    "email": "x@example.com",
    "phone": "+33123456789",
}


def give(contact: Contact, kind: str, raw: Any) -> None:
    """A custom field whose key is its type, with this value."""
    field = CustomFieldFactory(key=kind, type=kind)
    set_field(field=field, values={contact.pk: field.kind.parse(raw, field.options)})
