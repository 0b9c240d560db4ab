"""Handing work to the worker."""

from typing import Any

from django.db import transaction
from django_q.tasks import async_task


def enqueue(task: str, *args: Any) -> None:
    """Queue a task once the transaction is committed; should that fail, the sweep finds its job."""
    transaction.on_commit(lambda: async_task(task, *args), robust=True)
