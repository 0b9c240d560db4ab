"""Encrypt every stored secret with the SECRET_KEY of today, so that a fallback key can be given up."""

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import models, transaction

from contacts.encryption import Encrypts, Unreadable


class Command(BaseCommand):
    help = "Encrypts every stored secret with the SECRET_KEY of today."

    def handle(self, *args: Any, **options: Any) -> None:
        done, lost = 0, 0
        for model in apps.get_models():
            fields = [field for field in model._meta.local_concrete_fields if isinstance(field, Encrypts)]
            for pk in model._default_manager.values_list("pk", flat=True) if fields else ():
                read, unread = _again(model, pk, fields)
                done, lost = done + read, lost + unread
        self.stdout.write(f"{done} secrets encrypted again.")
        if lost:
            self.stderr.write(f"{lost} can't be read with any key, and were left as they are.")


@transaction.atomic
def _again(model: type[models.Model], pk: Any, fields: list[Any]) -> tuple[int, int]:
    """How many of the record's secrets could be read, and how many not. One without any is not written."""
    record = model._default_manager.select_for_update().filter(pk=pk).first()
    if record is None:
        return 0, 0
    texts = [text for field in fields for text in field.texts(getattr(record, field.attname))]
    if texts:
        record.save(update_fields=[field.name for field in fields])
    lost = sum(isinstance(text, Unreadable) for text in texts)
    return len(texts) - lost, lost
