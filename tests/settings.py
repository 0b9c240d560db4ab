"""The project's settings as the tests run them: nothing from a local .env, effects on real peers only.

DATABASE_URL chooses the database (SQLite when it is not set). On SQLite the test database is a
file, so that a worker or web server in a process of its own can share it; in memory where the
machine has a place for files in memory, and never waiting for a disk.
"""

import os
from contextlib import suppress
from pathlib import Path

os.environ.update(
    ENV_FILE=os.devnull,
    DEBUG="1",
    SECRET_KEY="only-for-tests-" * 4,
    WEBHOOK_ALLOW_PRIVATE="1",
    MAILBOX_ALLOW_PRIVATE="1",
)
os.environ.setdefault("LOG_LEVEL", "WARNING")

from config.settings import *  # noqa: F403 settings are built on settings
from config.settings import DATABASES, VAR_DIR


def sqlite_file() -> str:
    """A file of this process's own, so that runs don't meet; what dead runs left is taken away."""
    memory = Path("/dev/shm")  # noqa: S108 a file that is only there for a test run
    directory = memory if os.access(memory, os.W_OK) else VAR_DIR
    for path in directory.glob("automation-test-*.sqlite3*"):
        if not Path(f"/proc/{path.name.split('-')[2].partition('.')[0]}").exists() and Path("/proc/self").exists():
            with suppress(OSError):
                path.unlink()
    return str(directory / f"automation-test-{os.getpid()}.sqlite3")


if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    VAR_DIR.mkdir(exist_ok=True)
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
    DATABASES["default"]["TEST"] = {"NAME": sqlite_file()}

# Tests change settings and sites under the eyes of a server in another process.
SITE_SETTINGS_TTL = 0

# The suites of both databases may run side by side.
FILES = VAR_DIR / f"test-{DATABASES['default']['ENGINE'].rpartition('.')[2]}"

# The slow hash is Django's to test, not ours.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MEDIA_ROOT = str(FILES / "media")
STATIC_ROOT = str(FILES / "static")
(FILES / "static").mkdir(parents=True, exist_ok=True)
