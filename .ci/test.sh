#!/usr/bin/env bash
# The whole suite, on SQLite and then on PostgreSQL; the browser tests run once, on PostgreSQL.
set -euo pipefail
cd "$(dirname "$0")/.."
.ci/chromium.sh

echo "== SQLite" >&2
sqlite=0
env -u DATABASE_URL .venv/bin/python -m pytest -m "not browser" "$@" || sqlite=$?
echo "== PostgreSQL and browser" >&2
postgres=0
.venv/bin/python .ci/with_postgres.py .venv/bin/python -m pytest "$@" || postgres=$?
[ "$sqlite" -eq 0 ] || echo "The suite failed on SQLite, see above." >&2
exit $((sqlite > postgres ? sqlite : postgres))
