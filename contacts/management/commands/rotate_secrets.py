"""Encrypt every stored secret with the SECRET_KEY of today, so that a fallback key can be given up."""

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import models, transaction

from contacts.encryption import EncryptedTextField, Unreadable


class Command(BaseCommand):
    help = "Encrypts every stored secret with the SECRET_KEY of today."

    def handle(self, *args: Any, **options: Any) -> None:
        done, lost = 0, 0
        for model in apps.get_models():
            names = [field.name for field in model._meta.concrete_fields if isinstance(field, EncryptedTextField)]
            for pk in model._default_manager.values_list("pk", flat=True) if names else ():
                read = _again(model, pk, names)
                done, lost = done + read, lost + len(names) - read
        self.stdout.write(f"{done} secrets encrypted again.")
        if lost:
            self.stderr.write(f"{lost} can't be read with any key, and were left as they are.")


@transaction.atomic
def _again(model: type[models.Model], pk: Any, names: list[str]) -> int:
    """How many of the record's secrets could be read."""
    record = model._default_manager.select_for_update().filter(pk=pk).first()
    if record is None:
        return 0
    record.save(update_fields=names)
    return sum(not isinstance(getattr(record, name), Unreadable) for name in names)
