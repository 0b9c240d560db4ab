#!/usr/bin/env bash
# djade over every Django template: `.ci/templates.sh [--check]`.
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -t files < <(find . -path ./.venv -prune -o -path ./var -prune -o -path ./staticfiles -prune \
    -o -path '*/templates/*' -name '*.html' -print)
[ "${#files[@]}" -eq 0 ] && exit 0
exec .venv/bin/djade --target-version 5.2 "$@" "${files[@]}"
