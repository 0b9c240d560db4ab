#!/usr/bin/env bash
# The whole suite, on SQLite and on PostgreSQL, in three lanes side by side (one waits while others work):
#   one    PostgreSQL, and the browser (which runs once, on PostgreSQL)
#   two    SQLite
#   three  what is slow: on PostgreSQL, on a cluster of its own, with long journeys through the browser; then on SQLite
# What the other lanes print follows when all are through, and is in var/ as it comes.
set -euo pipefail
cd "$(dirname "$0")/.."
.ci/chromium.sh
.ci/imap.sh
mkdir -p var

postgres() { .venv/bin/python .ci/with_postgres.py .venv/bin/python -m pytest "$@"; }
sqlite() { env -u DATABASE_URL .venv/bin/python -m pytest "$@"; }
# With a selection ("$@") a lane may hold no test at all, which is pytest's code 5.
tests() {
    local code=0
    "$@" || code=$?
    [ "$code" -eq 0 ] || [ "$code" -eq 5 ]
}

slow() {
    local code=0
    tests env -u DATABASE_URL .venv/bin/python .ci/with_postgres.py .venv/bin/python -m pytest -m "slow and not sqlite" "$@" || code=1
    echo "== Slow on SQLite"
    tests sqlite -m "slow and not postgres and not browser" "$@" || code=1
    return "$code"
}

tests sqlite -m "not slow and not postgres and not browser" "$@" >var/test-sqlite.log 2>&1 &
two=$!
slow "$@" >var/test-slow.log 2>&1 &
three=$!
trap 'kill "$two" "$three" 2>/dev/null || true' EXIT

echo "== PostgreSQL and browser (meanwhile: var/test-sqlite.log, var/test-slow.log)" >&2
failed=""
tests postgres -m "not slow and not sqlite" "$@" || failed+=" PostgreSQL"
wait "$two" || failed+=" SQLite"
wait "$three" || failed+=" slow"
echo "== SQLite"
cat var/test-sqlite.log
echo "== Slow on PostgreSQL"
cat var/test-slow.log
[ -z "$failed" ] || echo "These lanes failed, see above:$failed" >&2
[ -z "$failed" ]
