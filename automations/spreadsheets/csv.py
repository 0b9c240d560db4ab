"""A file kept here: rows of the database, written in the very transaction that moves the contact on."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy

from automations.models import Spreadsheet, SpreadsheetRow
from automations.steps.base import StepRun
from contacts.bulk import insert_rows

from .base import BACKENDS, Backend, Row


@BACKENDS.register
class CsvBackend(Backend):
    slug = "csv"
    label = gettext_lazy("here, as a CSV file")
    keeps_rows = True

    def add(self, spreadsheet: Spreadsheet, rows: Sequence[Row], run: StepRun) -> None:
        _know_columns(spreadsheet, rows)
        insert_rows(
            SpreadsheetRow,
            {
                "spreadsheet_id": spreadsheet.pk,
                "contact_id": [row.visit.contact_id for row in rows],
                "enrollment_id": [row.visit.id for row in rows],
                "step_key": run.step.key,
                "visit": [row.visit.visit for row in rows],
                "cells": [dict(row.cells) for row in rows],
                "created_at": run.now,
            },
            size=len(rows),
            ignore_conflicts=True,
        )


def _know_columns(spreadsheet: Spreadsheet, rows: Sequence[Row]) -> None:
    """Append headings that are new, which is rare; two who do it at once wait for each other."""
    wanted = dict.fromkeys(heading for row in rows for heading in row.cells)
    if wanted.keys() <= set(spreadsheet.columns):
        return
    locked = Spreadsheet.objects.select_for_update().get(pk=spreadsheet.pk)
    locked.columns = [*dict.fromkeys([*locked.columns, *wanted])]
    locked.save(update_fields=["columns", "updated_at"])
