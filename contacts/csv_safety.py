"""Cells that a spreadsheet would run as a formula (OWASP, “CSV Injection”)."""

from typing import Any

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def guard_cell(value: Any) -> str:
    """The cell's text, with an apostrophe before it where a spreadsheet might run it."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(DANGEROUS) else text


def unguard_cell(text: str) -> str:
    """The reverse, so that an exported file can be imported again."""
    return text[1:] if text.startswith("'") and text[1:].startswith(DANGEROUS) else text
