"""Names of records for sentences, looked up once a process and request burst, not once a card."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from django.db import models
from django.utils.translation import gettext as _

from contacts.quotes import quoted

T = TypeVar("T")
LIMIT = 10_000
_memory: ContextVar[dict[Hashable, Any] | None] = ContextVar("names", default=None)


@contextmanager
def remembered_names() -> Iterator[None]:
    """Within this block every model's records are read in one query, at the first use of one."""
    token = _memory.set({})
    try:
        yield
    finally:
        _memory.reset(token)


def remembered(key: Hashable, make: Callable[[], T]) -> T:
    """`make()`, called once within a `remembered_names` block; without one, every time."""
    memory = _memory.get()
    if memory is None:
        return make()
    if key not in memory:
        memory[key] = make()
    found: T = memory[key]
    return found


def is_remembering() -> bool:
    return _memory.get() is not None


def record_of(queryset: "models.QuerySet[Any]", pk: Any) -> Any:
    """The queryset's record `pk`, or None. Tables of more than LIMIT records are asked one by one."""
    if not is_remembering():
        return queryset.filter(pk=pk).first()
    records = remembered(
        ("records", queryset.model, str(queryset.query)),
        lambda: {record.pk: record for record in queryset.all()[:LIMIT]},
    )
    if pk not in records and len(records) >= LIMIT:
        records[pk] = queryset.filter(pk=pk).first()
    return records.get(pk)


def remember(key: Hashable, value: Any) -> None:
    """Give what `remembered` would have to make. Does nothing outside of a block."""
    memory = _memory.get()
    if memory is not None:
        memory[key] = value


def name_of(model: type[models.Model], pk: Any) -> str:
    """The record's str(), or “(deleted)”."""
    found = record_of(model._default_manager.all(), pk)
    return str(found) if found else _("(deleted)")


def names_of(model: type[models.Model], pks: Iterable[Any]) -> str:
    """The records' names in quotes, joined by “or”."""
    return _(" or ").join(quoted(name_of(model, pk)) for pk in pks)
