#!/usr/bin/env bash
# Write the .env of a development machine, once: DEBUG and random secrets.
set -euo pipefail
cd "$(dirname "$0")/.."
[ -f .env ] && exit 0
umask 077
random() { .venv/bin/python -c "import secrets; print(secrets.token_urlsafe($1))"; }
printf 'DEBUG=1\nSECRET_KEY=%s\nDEMO_PASSWORD=%s\n' "$(random 50)" "$(random 9)" > .env
echo "Wrote .env for development" >&2
