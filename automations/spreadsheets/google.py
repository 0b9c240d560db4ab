"""Google Sheets, by the key of a service account that the sheet is shared with.

Rows go through the ledger: Google can't tell a repeated one, so that one of which nobody knows is left uncertain.
Settings: docs/spreadsheets.md; the calls: developers.google.com/workspace/sheets/api (v4).
"""

import re
from collections.abc import Mapping, Sequence

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.delivery.outbox import DeliveryDraft, Permanent, Temporary, Unclear
from automations.models import Spreadsheet
from automations.steps.base import StepRun

from .base import BACKENDS, Backend, Row
from .google_client import SheetClient, account_of

_ADDRESS = re.compile(r"^https://docs\.google\.com/spreadsheets/(?:u/\d+/)?d/([A-Za-z0-9_-]+)")
_ID = re.compile(r"^[A-Za-z0-9_-]{20,100}$")
_FORBIDDEN = re.compile(r"[\x00-\x1f]")


@BACKENDS.register
class GoogleBackend(Backend):
    slug = "google"
    label = gettext_lazy("Google Sheets")
    settings = ("document", "tab", "key")

    def clean(self, values: Mapping[str, str]) -> dict[str, str]:
        errors: dict[str, str] = {}
        document = _document(values.get("document", ""))
        if not document:
            errors["document"] = _("Give the spreadsheet's address, as it stands in the browser.")
        tab = values.get("tab", "").strip()
        if _FORBIDDEN.search(tab):
            errors["tab"] = _("A tab's name is one line.")
        key = values.get("key", "")
        try:
            account_of(key)
        except ValueError:
            errors["key"] = _("Paste the whole JSON file of the service account's key, as Google gave it.")
        if errors:
            raise ValidationError(errors)
        return {"document": document, "tab": tab, "key": key}

    def guest(self, spreadsheet: Spreadsheet) -> str:
        try:
            return account_of(spreadsheet.key)
        except ValueError:
            return ""

    def add(self, spreadsheet: Spreadsheet, rows: Sequence[Row], run: StepRun) -> None:
        run.deliver(
            [
                DeliveryDraft(
                    row.visit,
                    "google_sheet",
                    spreadsheet.name,
                    "",
                    {"spreadsheet": spreadsheet.pk, "cells": list(row.cells.items())},
                )
                for row in rows
            ]
        )

    def try_out(self, spreadsheet: Spreadsheet) -> str:
        try:
            headings = SheetClient(spreadsheet).headings()
        except (Temporary, Permanent, Unclear) as error:
            raise ValidationError(str(error)) from error
        if not headings:
            return str(
                _("The spreadsheet can be reached; it is empty so far. The first row will bring its headings.")
            )
        return str(_("The spreadsheet can be reached. Its headings: %s.") % ", ".join(headings))


def _document(text: str) -> str:
    """The id in an address, or an id as it is; "" for anything else."""
    text = text.strip()
    found = _ADDRESS.match(text)
    if found:
        return found[1]
    return text if _ID.match(text) else ""
