#!/usr/bin/env bash
# Make or renew .venv from pyproject.toml and constraints.txt; does nothing when it is up to date.
set -euo pipefail
cd "$(dirname "$0")/.."

stamp=.venv/.installed
wanted=$(cat pyproject.toml constraints.txt | sha256sum)
[ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && exit 0

python=${PYTHON:-}
if [ -z "$python" ]; then
    for candidate in python3.11 python3.12 python3.13 python3; do
        if command -v "$candidate" >/dev/null; then python=$candidate && break; fi
    done
fi
"${python:-python3}" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "Python 3.11 or newer is needed; name one with PYTHON=/path/to/python3.11." >&2
    exit 1
}

# Debian keeps ensurepip, without which no venv gets its pip, in a package of its own.
if [ ! -x .venv/bin/pip ]; then
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        .ci/apt.sh "python$version-venv"
    fi
    "$python" -m venv --clear .venv
fi

echo "Installing the Python packages into .venv" >&2
.venv/bin/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,storage]'
echo "$wanted" > "$stamp"
