"""Records of a custom object from a CSV file: one record a row, known by its external id."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from contacts.csv_safety import unguard_cell
from contacts.models import CustomField, ObjectRelation, ObjectType
from contacts.origin import Origin, Source, caused_by, current_origin
from contacts.selectors.fields import fields_of

from .custom_objects import relations_of, upsert_records
from .fielded_bulk import KeyedResult
from .imports.reading import detect_delimiter, examine

MAX_ROWS = 10_000
MAX_BYTES = 10 * 1024 * 1024
SHOWN_ERRORS = 100
PER_STATEMENT = 1_000


@dataclass(slots=True)
class Imported:
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    ignored: list[str] = field(default_factory=list)
    #: (row as a spreadsheet counts, what is wrong), the first hundred.
    errors: list[tuple[int, str]] = field(default_factory=list)


def import_records(*, type: ObjectType, file: IO[bytes], update_existing: bool = True) -> Imported:
    """Import the file; ValidationError where it can't be read or has no column that is known.

    Columns are `external_id`, `title`, fields and relations, by key or label in any case. Several contacts
    of a relation stand in one cell, separated by “;”. A row with an error is left out, the rest is saved.
    """
    headers, rows = _read(file)
    fields, relations = fields_of(type.scope), relations_of(type.pk)
    columns = _columns(headers, fields, relations)
    done = Imported(ignored=[header for header, target in zip(headers, columns, strict=True) if target is None])
    if not any(columns):
        known = ", ".join(["external_id", "title", *fields, *relations])
        raise ValidationError(_("No column has a name that is known. The names are: %s.") % known)
    origin = current_origin()
    with caused_by(Origin(source=Source.IMPORT, user_id=origin.user_id, chain=origin.chain)):
        for start in range(0, len(rows), PER_STATEMENT):
            part = rows[start : start + PER_STATEMENT]
            raw = [_row(columns, cells) for cells in part]
            for result in upsert_records(type=type, rows=raw, update_existing=update_existing):
                _count(done, result, start + 2)
    return done


def _read(file: IO[bytes]) -> tuple[list[str], list[list[str]]]:
    file.seek(0, io.SEEK_END)
    if file.tell() > MAX_BYTES:
        raise ValidationError(_("The file is larger than %d MB. Divide it.") % (MAX_BYTES // 1024 // 1024))
    encoding = examine(file).encoding
    delimiter = detect_delimiter(file, encoding)
    file.seek(0)
    text = io.StringIO(file.read().decode(encoding, "replace"), newline="")
    try:
        rows = [row for row in csv.reader(text, delimiter=delimiter) if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise ValidationError(_("The file is no CSV: %s.") % error) from None
    if len(rows) < 2:
        raise ValidationError(_("The file has a first row with names, and then at least one record."))
    if len(rows) > MAX_ROWS + 1:
        raise ValidationError(_("The file has more than %d records. Divide it.") % MAX_ROWS)
    return [header.strip().lstrip("\ufeff") for header in rows[0]], rows[1:]


#: (part of the row, key): ("fields", "nights")
Target = tuple[str, str] | None


def _columns(
    headers: Sequence[str], fields: Mapping[str, CustomField], relations: Mapping[str, ObjectRelation]
) -> list[Target]:
    """Where each column goes; None for one that is not known. A target is taken once."""
    known: dict[str, Target] = {name: ("", name) for name in ("external_id", "title")}
    for part, items in (("fields", fields), ("links", relations)):
        for key, item in items.items():
            known.setdefault(item.label.casefold(), (part, key))
    for part, items in (("fields", fields), ("links", relations)):
        known |= {key: (part, key) for key in items}
    found: list[Target] = []
    for header in headers:
        target = known.get(header.casefold())
        found.append(None if target in found else target)
    return found


def _row(columns: Sequence[Target], cells: Sequence[str]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for target, cell in zip(columns, cells, strict=False):
        if target is None:
            continue
        part, key = target
        text = unguard_cell(cell.strip())
        value: Any = [item.strip() for item in text.split(";") if item.strip()] if part == "links" else text
        if part:
            row.setdefault(part, {})[key] = value
        else:
            row[key] = value
    return row


def _count(done: Imported, result: KeyedResult, first: int) -> None:
    if result.error is None:
        setattr(done, result.status, getattr(done, result.status) + 1)
        return
    done.failed += 1
    if len(done.errors) < SHOWN_ERRORS:
        sentences = (f"{name}: {' '.join(texts)}" for name, texts in result.error.message_dict.items())
        done.errors.append((first + result.index, " ".join(sentences)))
