"""Cells that a spreadsheet would run as a formula (OWASP, “CSV Injection”)."""

import csv
import io
from collections.abc import Iterable
from typing import Any

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def guard_cell(value: Any) -> str:
    """The cell's text, with an apostrophe before it where a spreadsheet might run it."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(DANGEROUS) else text


def csv_line(cells: Iterable[Any]) -> str:
    """One line of a CSV file, its end included, that a spreadsheet can open without harm."""
    buffer = io.StringIO()
    csv.writer(buffer).writerow([guard_cell(cell) for cell in cells])
    return buffer.getvalue()


def unguard_cell(text: str) -> str:
    """The reverse, so that an exported file can be imported again."""
    return text[1:] if text.startswith("'") and text[1:].startswith(DANGEROUS) else text
