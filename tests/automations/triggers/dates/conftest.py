"""What the tests of dates share: a moment, a sweep at it, and contacts with dates."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from automations.models import Automation
from automations.tasks import sweep
from contacts.models import Contact, CustomField
from contacts.services import set_field
from tests.automations.conftest import build_automation
from tests.factories import ContactFactory, CustomFieldFactory


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@contextmanager
def at(text: str) -> Iterator[None]:
    # The clock ticks: plans are cached by the moment of their publication.
    with time_machine.travel(moment(text)):
        yield


def swept(*moments: str) -> int:
    """The schedule runs at these moments; how many occurrences it found altogether."""
    found = 0
    for text in moments:
        with at(text):
            found += sweep()
    return found


@pytest.fixture
def birthday() -> CustomField:
    return CustomFieldFactory(key="birthday", type="date")


@pytest.fixture
def meeting() -> CustomField:
    return CustomFieldFactory(key="meeting", type="datetime")


def give(field: CustomField, value: Any, contact: Contact | None = None, **contact_values: Any) -> Contact:
    contact = contact or ContactFactory(**contact_values)
    kind = field.kind
    set_field(field=field, values={contact.pk: kind.parse(value, [])})
    return contact


def listening(since: str = "2026-05-20T12:00", **settings: Any) -> Automation:
    rule = {key: settings.pop(key) for key in ("runs", "segment", "entry_policy") if key in settings}
    with at(since):
        return build_automation(triggers=[("date_reached", settings)], **rule)


# settings, value, the account's zone, the contact's, not yet at, at
