#!/usr/bin/env bash
# The whole suite, on SQLite and on PostgreSQL, in two lanes side by side:
#   one    PostgreSQL, and the browser (which runs once, on PostgreSQL)
#   two    SQLite, then the long journeys through the browser on a PostgreSQL of their own
# What the second lane prints follows when both are through, and is in var/ as it comes.
set -euo pipefail
cd "$(dirname "$0")/.."
.ci/chromium.sh
.ci/imap.sh

mkdir -p var
log=var/test-second-lane.log
# With a selection ("$@") a part may hold no test at all, which is pytest's code 5.
tests() {
    local code=0
    "$@" || code=$?
    [ "$code" -eq 0 ] || [ "$code" -eq 5 ]
}
second_lane() {
    local failed=0
    echo "== SQLite"
    tests env -u DATABASE_URL .venv/bin/python -m pytest -m "not browser" "$@" || failed=1
    echo "== Long journeys through the browser"
    tests .venv/bin/python .ci/with_postgres.py .venv/bin/python -m pytest -m "browser and slow" "$@" || failed=1
    return "$failed"
}
second_lane "$@" >"$log" 2>&1 &
second=$!
trap 'kill "$second" 2>/dev/null || true' EXIT

echo "== PostgreSQL and browser (SQLite meanwhile, see $log)" >&2
first_failed=0
tests .venv/bin/python .ci/with_postgres.py .venv/bin/python -m pytest -m "not (browser and slow)" "$@" || first_failed=1
second_failed=0
wait "$second" || second_failed=1
cat "$log"
[ "$first_failed" -eq 0 ] || echo "The suite failed on PostgreSQL, see the first part above." >&2
[ "$second_failed" -eq 0 ] || echo "The suite failed on SQLite or in the long journeys, see above." >&2
exit $((first_failed | second_failed))
