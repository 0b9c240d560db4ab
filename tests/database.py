"""What tests do with the database beyond records."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction


@contextmanager
def taken_back() -> Iterator[None]:
    """Whatever is written within is gone after it: many requests can start from records made once."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
