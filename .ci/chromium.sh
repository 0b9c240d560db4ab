#!/usr/bin/env bash
# Install Chromium from the system's packages unless a Chromium or Chrome is there.
set -euo pipefail
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null && exit 0
done
exec "$(dirname "$0")/apt.sh" chromium
