"""Reading the facts that services leave, and the batches they announce."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from contacts.models import FieldChange, SubscriptionChange, TagChange
from contacts.signals import facts_recorded


def field_changes(contact: Any) -> list[tuple[str, str, str]]:
    rows = FieldChange.objects.filter(contact=contact).order_by("pk")
    return list(rows.values_list("field", "old", "new"))


def tag_changes(contact: Any) -> list[tuple[int, bool]]:
    return list(TagChange.objects.filter(contact=contact).order_by("pk").values_list("tag_id", "added"))


def subscription_changes(contact: Any) -> list[tuple[str, str]]:
    rows = SubscriptionChange.objects.filter(contact=contact).order_by("pk")
    return list(rows.values_list("old", "new"))


@contextmanager
def announced() -> Iterator[list[Any]]:
    """The batches announced within the block."""
    batches: list[Any] = []

    def receive(batch: Any, **kwargs: Any) -> None:
        batches.append(batch)

    facts_recorded.connect(receive)
    try:
        yield batches
    finally:
        facts_recorded.disconnect(receive)
