#!/usr/bin/env bash
# Write the .env of a development machine: DEBUG and random secrets. What is in it already stays.
set -euo pipefail
cd "$(dirname "$0")/.."
umask 077
random() { .venv/bin/python -c "import secrets; print(secrets.token_urlsafe($1))"; }
given() { grep -qs "^$1=" .env || { printf '%s=%s\n' "$1" "$2" >> .env && echo "Wrote $1 into .env" >&2; }; }
[ -f .env ] || given DEBUG 1
[ -z "$(tail -c 1 .env)" ] || echo >> .env
given SECRET_KEY "$(random 50)"
given DEMO_PASSWORD "$(random 9)"
