"""From a file's bytes to numbered rows of cells, whatever state the file is in."""

import codecs
import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

SAMPLE_BYTES = 64 * 1024
BLOCK = 1024 * 1024
DELIMITERS = ",;\t|"
# Stands for bytes that are no text in the file's encoding. A lone surrogate, so no decoded text holds it.
UNDECODABLE = "\udcff"
ERRORS = "contacts.undecodable"

codecs.register_error(ERRORS, lambda error: (UNDECODABLE, error.end))  # type: ignore[attr-defined]  # a decoding error


@dataclass(slots=True)
class RawRow:
    """`number` counts as a spreadsheet does: the header is row 1. `problem`: why no cells could be read."""

    number: int
    cells: list[str] = field(default_factory=list)
    lines: int = 1
    problem: str = ""


@dataclass(slots=True)
class Text:
    """What was found out about a file. `lines` is never fewer than its rows."""

    encoding: str
    lines: int


def examine(file: IO[bytes]) -> Text:
    """Find a file's encoding by its byte order mark or by decoding all of it; ValidationError for no text."""
    file.seek(0)
    head = file.read(SAMPLE_BYTES)
    if not head.strip():
        raise ValidationError(_("The file is empty."), code="empty")
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise ValidationError(
            _("This is a spreadsheet file. Save it as “CSV UTF-8” and upload that."), code="not_text"
        )
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decode(file, "utf-16")[0]
    if head.count(0) > len(head) // 10:
        raise ValidationError(
            _("This does not look like a text file. Save it as “CSV UTF-8” and upload that."), code="not_text"
        )
    text, other, bad = _decode(file, "utf-8-sig")
    # A few broken bytes in a UTF-8 file are reported by row; a file with more of them is not UTF-8.
    return text if bad <= other else Text("cp1252", text.lines)


def _decode(file: IO[bytes], encoding: str) -> tuple[Text, int, int]:
    """Lines, characters beyond ASCII, and undecodable places of the whole file."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)(ERRORS)
    lines, other, bad = 1, 0, 0
    while True:
        block = file.read(BLOCK)
        text = decoder.decode(block, final=not block)
        marks = text.count(UNDECODABLE)
        bad += marks
        lines += text.count("\n") + text.count("\r") - text.count("\r\n")
        if not text.isascii():
            other += len(text) - len(text.encode("ascii", "ignore")) - marks
        if not block:
            return Text(encoding, lines), other, bad


def detect_delimiter(file: IO[bytes], encoding: str) -> str:
    """Sniffed from a bounded sample; the header has the last word."""
    file.seek(0)
    sample = codecs.getincrementaldecoder(encoding)(ERRORS).decode(file.read(8 * 1024))
    header = next((line for line in sample.splitlines() if line.strip()), "")
    counts = {candidate: header.count(candidate) for candidate in DELIMITERS}
    likely = max(counts, key=lambda candidate: counts[candidate])
    if not counts[likely]:
        return ","
    whole = sample[: sample.rfind("\n") + 1] or sample
    try:
        sniffed = csv.Sniffer().sniff(whole, DELIMITERS).delimiter
    except csv.Error:
        return likely
    return sniffed if counts.get(sniffed) else likely


@contextmanager
def open_rows(file: Any, *, encoding: str, delimiter: str) -> Iterator[Iterator[RawRow]]:
    """The file's rows, header included, read as they are asked for."""
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, errors=ERRORS, newline="")
    try:
        yield _rows(text, delimiter)
    finally:
        text.detach()


def _rows(text: io.TextIOWrapper, delimiter: str) -> Iterator[RawRow]:
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter)
    number = 0
    while True:
        number += 1
        before = reader.line_num
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield RawRow(number, lines=reader.line_num - before, problem=_too_large(before, reader.line_num))
            continue
        # The reader asks for a line beyond the last one only from within quotes.
        problem = _unclosed(before, reader.line_num) if lines.exhausted else ""
        yield RawRow(number, cells, reader.line_num - before, problem)


class _Lines:
    """A text's lines, and whether one more was asked for than there are."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self.text = text
        self.exhausted = False

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self.text.readline()
        if not line:
            self.exhausted = True
            raise StopIteration
        return line


def _unclosed(before: int, line: int) -> str:
    return _("A quotation mark is never closed; the row reaches from line %(start)d to %(end)d of the file.") % {
        "start": before + 1,
        "end": line,
    }


def _too_large(before: int, line: int) -> str:
    return _(
        "A cell is larger than 131,072 characters (lines %(start)d to %(end)d of the file). "
        "Look for a quotation mark that is never closed."
    ) % {"start": before + 1, "end": line}


def read_header(rows: Iterator[RawRow]) -> list[str]:
    """Column names, made distinct; takes the first row off `rows`."""
    first = next(rows, None)
    if first is None or first.problem or not any(cell.strip() for cell in first.cells):
        raise ValidationError(_("The first row must hold the names of the columns."), code="header")
    if any(UNDECODABLE in cell or "\0" in cell for cell in first.cells):
        raise ValidationError(
            _("The names of the columns can't be read. Save the file as “CSV UTF-8”."), code="header"
        )
    if any("@" in cell and "." in cell.rpartition("@")[2] for cell in first.cells):
        raise ValidationError(
            _("The first row holds an e-mail address. Put a row with the names of the columns above it."),
            code="header",
        )
    headers: list[str] = []
    for position, cell in enumerate(first.cells, start=1):
        name = cell.strip()[:100] or _("Column %d") % position
        same, distinct = 1, name
        while distinct in headers:
            same += 1
            distinct = f"{name} ({same})"
        headers.append(distinct)
    return headers
