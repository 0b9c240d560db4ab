"""Rows of spreadsheets that are kept here are a person's data; and no spreadsheet goes while a step names it."""

from typing import Any

from django.db.models.signals import pre_delete
from django.dispatch import receiver

from automations.models import Spreadsheet, SpreadsheetRow
from contacts.models import Contact
from contacts.services.usage import check_unused
from contacts.signals import contacts_merging, person_erasing, person_exporting


@receiver(pre_delete, sender=Spreadsheet)
def _refuse_if_used(instance: Spreadsheet, **kwargs: Any) -> None:
    check_unused(record=instance)


@receiver(contacts_merging)
def merge_rows(keep: Contact, drop: Contact, **kwargs: Any) -> None:
    SpreadsheetRow.objects.filter(contact=drop).update(contact=keep)


@receiver(person_exporting)
def export_rows(contact: Contact, **kwargs: Any) -> dict[str, Any]:
    rows = SpreadsheetRow.objects.filter(contact=contact).select_related("spreadsheet").order_by("pk")
    return {
        "spreadsheet_rows": [
            {"spreadsheet": row.spreadsheet.name, "added": row.created_at.isoformat(), "cells": row.cells}
            for row in rows
        ]
    }


@receiver(person_erasing)
def erase_rows(contact: Contact, **kwargs: Any) -> None:
    SpreadsheetRow.objects.filter(contact=contact).delete()
