#!/usr/bin/env bash
# Install Debian packages: `.ci/apt.sh PACKAGE...`. Uses sudo when not root.
set -euo pipefail

explain() {
    echo "Needed: $*. Install it with: sudo apt-get install $*" >&2
    exit 1
}

command -v apt-get >/dev/null || explain "$@"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || explain "$@"
    as_root=(sudo)
fi
echo "Installing $* with apt-get" >&2
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq >&2 || explain "$@"
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2 || explain "$@"
