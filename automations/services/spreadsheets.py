"""Spreadsheets that steps add rows to: saving them, and taking what was written here out again."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from automations.models import Spreadsheet
from automations.spreadsheets import backend_of
from contacts.csv_safety import csv_line
from contacts.encryption import is_set
from contacts.services.records import save_record

CHUNK = 2_000
#: Of the model; which of them count is the back end's matter.
SETTINGS = ("document", "tab", "key")


def save_spreadsheet(*, spreadsheet: Spreadsheet, values: Mapping[str, Any]) -> Spreadsheet:
    """Set name, kind (of a new one only) and the kind's settings; ValidationError by field.

    An empty `key` leaves the stored one.
    """
    given = {**{name: getattr(spreadsheet, name) for name in SETTINGS}, **values}
    kind = given.pop("kind", spreadsheet.kind)
    if not spreadsheet._state.adding and kind != spreadsheet.kind:
        raise ValidationError({"kind": _("The kind can't be changed: rows are there already. Add another one.")})
    spreadsheet.kind = kind
    if not given.get("key") and is_set(spreadsheet.key):
        given["key"] = spreadsheet.key
    backend = backend_of(spreadsheet)
    strange = [name for name in SETTINGS if values.get(name) and name not in backend.settings]
    if strange:
        text = _("A spreadsheet of the kind “%s” has no such setting.") % backend.label
        raise ValidationError(dict.fromkeys(strange, text))
    cleaned = backend.clean(given)
    own = {name: cleaned.get(name, "") for name in SETTINGS}
    return save_record(
        record=spreadsheet, values={"kind": kind, "name": given.get("name", spreadsheet.name).strip(), **own}
    )


def try_spreadsheet(*, spreadsheet: Spreadsheet) -> str:
    """Look whether rows can be added; a sentence on what is there, or ValidationError with what is wrong."""
    return backend_of(spreadsheet).try_out(spreadsheet)


def spreadsheet_lines(*, spreadsheet: Spreadsheet) -> Iterator[str]:
    """A file kept here as CSV, the oldest row first; a chunk at a time, however long it is."""
    columns: list[str] = spreadsheet.columns
    yield "\ufeff" + csv_line(columns)
    rows = spreadsheet.rows.order_by("pk").values_list("cells", flat=True)
    for cells in rows.iterator(chunk_size=CHUNK):
        yield csv_line([cells.get(column, "") for column in columns])
