"""Writes a run's table into docs/performance.md, between the marks of its database."""

import os
import platform
from collections.abc import Sequence
from pathlib import Path

from django.utils import timezone

from .measure import Row


def renew(path: Path, vendor: str, rows: Sequence[tuple[str, Row]]) -> None:
    begin, end = f"<!-- {vendor}: begin -->", f"<!-- {vendor}: end -->"
    text = path.read_text()
    before, _begin, rest = text.partition(begin)
    _old, found, after = rest.partition(end)
    if not found:
        raise SystemExit(f"{path} has no place for the table: {begin} … {end}")
    path.write_text(before + begin + "\n" + _table(rows) + end + after)


def _table(rows: Sequence[tuple[str, Row]]) -> str:
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    lines = [
        f"{timezone.now():%Y-%m-%d}, {machine}\n",
        "| | what | ours | bare | ratio | limit |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    for letter, row in rows:
        limit = "" if row.limit is None else f"{row.limit:g}"
        unit = row.unit.strip()
        lines.append(
            f"| {letter} | {row.name.strip()} | {row.ours:.4g} {unit} | {row.bare:.4g} {unit}"
            f" | {row.ratio:.2f} | {limit} |"
        )
    return "\n".join(lines) + "\n"
