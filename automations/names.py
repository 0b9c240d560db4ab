"""Names of records for sentences, looked up once a process and request burst, not once a card."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from django.db import models
from django.utils.translation import gettext as _

T = TypeVar("T")

_names: ContextVar[dict[Hashable, Any] | None] = ContextVar("names", default=None)


@contextmanager
def remembered_names() -> Iterator[None]:
    """Within this block every model's names are read in one query, at the first use of one."""
    token = _names.set({})
    try:
        yield
    finally:
        _names.reset(token)


def remembered(key: Hashable, make: Callable[[], T]) -> T:
    """`make()`, called once a block of `remembered_names`; each time outside of one."""
    cache = _names.get()
    if cache is None:
        return make()
    if key not in cache:
        cache[key] = make()
    found: T = cache[key]
    return found


def remember(key: Hashable, value: Any) -> None:
    """Give what `remembered` would have to make. Does nothing outside of a block."""
    cache = _names.get()
    if cache is not None:
        cache[key] = value


def name_of(model: type[models.Model], pk: Any) -> str:
    """The record's str(), or “(deleted)”."""
    cache = _names.get()
    if cache is None:
        found = model._default_manager.filter(pk=pk).first()
        return str(found) if found else _("(deleted)")
    if (model, None) not in cache:
        cache[(model, None)] = ""
        for record in model._default_manager.all()[:10_000]:
            cache[(model, record.pk)] = str(record)
    return cache.get((model, pk)) or _("(deleted)")


def names_of(model: type[models.Model], pks: Iterable[Any]) -> str:
    """The records' names in quotes, joined by “or”."""
    return _(" or ").join(f"“{name_of(model, pk)}”" for pk in pks)
