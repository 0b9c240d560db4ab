"""Writes a run's table into docs/performance.md, between the marks of its database."""

import os
import platform
from collections.abc import Sequence
from pathlib import Path

from django.utils import timezone

from .measure import Row


def renew(path: Path, vendor: str, letter: str, rows: Sequence[Row]) -> None:
    """Put one benchmark's rows in the place of those it had; the others stay as they were measured."""
    begin, end = f"<!-- {vendor}: begin -->", f"<!-- {vendor}: end -->"
    text = path.read_text()
    before, _begin, rest = text.partition(begin)
    old, found, after = rest.partition(end)
    if not found:
        raise SystemExit(f"{path} has no place for the table: {begin} … {end}")
    lines = [line for line in old.splitlines() if line[:2] == "| " and line[3:5] == " |" and line[2] != letter]
    lines = [line for line in lines if line[2].isalpha()] + [_line(letter, row) for row in rows]
    path.write_text(before + begin + "\n" + _table(sorted(lines, key=lambda line: line[2])) + end + after)


def _table(lines: Sequence[str]) -> str:
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    head = [
        f"{timezone.now():%Y-%m-%d}, {machine}\n",
        "| | what | ours | bare | ratio | limit |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    return "\n".join([*head, *lines]) + "\n"


def _line(letter: str, row: Row) -> str:
    limit = "" if row.limit is None else f"{row.limit:g}"
    unit = row.unit.strip()
    return (
        f"| {letter} | {row.name.strip()} | {row.ours:.4g} {unit} | {row.bare:.4g} {unit}"
        f" | {row.ratio:.2f} | {limit} |"
    )
