#!/usr/bin/env bash
# Install Debian packages: `.ci/apt.sh PACKAGE...`. Uses sudo when not root.
set -euo pipefail

explain() {
    echo "Needed: $*. Install it with: sudo apt-get install $*" >&2
    exit 1
}

command -v apt-get >/dev/null || explain "$@"
as_root=(env DEBIAN_FRONTEND=noninteractive)
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || explain "$@"
    as_root=(sudo "${as_root[@]}")
fi
echo "Installing $* with apt-get" >&2
# A source that can't be reached now need not be the one that has the package.
"${as_root[@]}" apt-get update -qq >&2 || true
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "$@" >&2 || explain "$@"
