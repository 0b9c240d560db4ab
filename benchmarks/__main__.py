"""`python -m benchmarks`: prepare the database, run every benchmark, print the table; exit 1 over a limit."""

import argparse
import logging
import os
import sys
from pathlib import Path

import django


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the data; limits are not judged")
    parser.add_argument("--only", default="", help="letters of the benchmarks to run, such as ab")
    parser.add_argument(
        "--into", default="", help="a Markdown file in whose table for this database the rows are renewed"
    )
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    django.setup()
    logging.disable(logging.WARNING)
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    from benchmarks import dates, document, engine, stores, web

    benchmarks = {
        **engine.BENCHMARKS,
        "g": web.page_visits,
        "h": web.events,
        **dates.BENCHMARKS,
        **stores.BENCHMARKS,
    }

    scale = 10 if options.quick else 1
    print(f"\n{connection.vendor}, {'quick, ' if options.quick else ''}medians of calls made in turn\n")
    print(f"{'what':<66} {'ours':>12} {'bare':>12} {'ratio':>7} {'limit':>6}")
    failed = 0
    for letter, benchmark in benchmarks.items():
        if options.only and letter not in options.only:
            continue
        rows = []
        for row in benchmark(scale):
            limit = "" if row.limit is None else f"{row.limit:g}"
            verdict = "" if row.ok else "  over"
            print(
                f"({letter}) {row.name:<62} {row.ours:>10.4g} {row.unit} {row.bare:>10.4g} {row.unit}"
                f" {row.ratio:>6.2f} {limit:>6}{verdict}",
                flush=True,
            )
            failed += not row.ok
            rows.append(row)
        if options.into:
            document.renew(Path(options.into), connection.vendor, letter, rows)
    return 1 if failed and not options.quick else 0


if __name__ == "__main__":
    sys.exit(main())
