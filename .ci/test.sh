#!/usr/bin/env bash
# The whole suite, on SQLite and on PostgreSQL, side by side; the browser tests run once, on
# PostgreSQL. What the SQLite half prints follows when both are through, and is in var/ as it comes.
set -euo pipefail
cd "$(dirname "$0")/.."
.ci/chromium.sh

mkdir -p var
log=var/test-sqlite.log
env -u DATABASE_URL .venv/bin/python -m pytest -m "not browser" "$@" >"$log" 2>&1 &
sqlite_run=$!
trap 'kill "$sqlite_run" 2>/dev/null || true' EXIT

echo "== PostgreSQL and browser (SQLite meanwhile, see $log)" >&2
postgres=0
.venv/bin/python .ci/with_postgres.py .venv/bin/python -m pytest "$@" || postgres=$?
sqlite=0
wait "$sqlite_run" || sqlite=$?
echo "== SQLite" >&2
cat "$log"
[ "$postgres" -eq 0 ] || echo "The suite failed on PostgreSQL, see above." >&2
[ "$sqlite" -eq 0 ] || echo "The suite failed on SQLite, see above." >&2
exit $((sqlite > postgres ? sqlite : postgres))
