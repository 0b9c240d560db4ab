"""Names of records for sentences, looked up once a process and request burst, not once a card."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

_names: ContextVar[dict[tuple[type[models.Model], Any], str] | None] = ContextVar("names", default=None)


@contextmanager
def remembered_names() -> Iterator[None]:
    """Within this block every model's names are read in one query, at the first use of one."""
    token = _names.set({})
    try:
        yield
    finally:
        _names.reset(token)


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
