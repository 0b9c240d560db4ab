"""Who meets a condition: asked for everyone, for a batch and for each contact alone, which must agree."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any

import pytest

from automations.conditions.base import Moment
from automations.conditions.tree import clean_tree, contacts_meeting, matching
from contacts.models import Contact

NOW = datetime(2026, 3, 27, 12, tzinfo=UTC)  # a Friday


def leaf(kind: str, **settings: Any) -> dict[str, Any]:
    return {"match": "all", "conditions": [{"type": kind, **settings}]}


def meeting(tree: dict[str, Any], moment: Moment) -> set[int]:
    """Ids of all who meet it; the three ways of asking agree."""
    everyone = list(Contact.objects.values_list("pk", flat=True))
    found = set(contacts_meeting(tree, moment).values_list("pk", flat=True))
    assert matching(tree, everyone, moment) == found
    assert {pk for pk in everyone if matching(tree, [pk], moment)} == found
    return found


@pytest.fixture
def who() -> Callable[..., list[bool]]:
    """`who(contacts, type, **settings)`: for each contact, whether it meets the (cleaned) condition."""

    def ask(
        contacts: Collection[Contact], kind: str, zone: str = "UTC", now: datetime = NOW, **settings: Any
    ) -> Any:
        found = meeting(clean_tree(leaf(kind, **settings)), Moment(now=now, zone=zone))
        return [contact.pk in found for contact in contacts]

    return ask
