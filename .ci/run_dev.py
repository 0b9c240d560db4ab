"""What `make run` does once .venv and .env are there: migrate, load the demo data, then serve and work.

The web server and the django-q2 worker run side by side: Ctrl-C ends both, and if one dies the
other is ended too. PORT (8000) and HOST (127.0.0.1) say where to listen.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOST = os.environ.get("HOST", "127.0.0.1")
PORT = os.environ.get("PORT", "8000")
GRACE_SECONDS = 20


def check_port() -> None:
    if not PORT.isdigit() or not 0 < int(PORT) < 65536:
        sys.exit(f"PORT={PORT} is not a port; use a number from 1 to 65535.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, int(PORT)))
        except OSError as error:
            sys.exit(
                f"Can't listen on {HOST}:{PORT}: {error.strerror}. "
                f"Stop what runs there, or take another port: make run PORT={int(PORT) + 1}"
            )


def prepare() -> str:
    """Migrate and load the demo data; return the sentence that says how to log in."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    log_in = ensure_admin()
    call_command("load_demo")
    return log_in


def ensure_admin() -> str:
    from django.contrib.auth import get_user_model

    password = os.environ.get("DEMO_PASSWORD", "")
    users = get_user_model().objects
    admin = users.filter(username="admin").first()
    if admin is None and password:
        admin = users.create_superuser("admin", "admin@example.com", password)
    if admin is None:
        return "make a user with: .venv/bin/python manage.py createsuperuser"
    if password and admin.check_password(password):
        return f"log in as admin with the password {password}"
    return "log in as admin with the password you gave it"


def start(*arguments: str) -> "subprocess.Popen[bytes]":
    """Start a command in a process group of its own, so that nothing of it can be left over."""
    return subprocess.Popen([sys.executable, "manage.py", *arguments], cwd=ROOT, start_new_session=True)


def stop(processes: "list[subprocess.Popen[bytes]]") -> None:
    """Ask each to end in good order, then kill what is left of their groups."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + GRACE_SECONDS
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=max(0.1, deadline - time.monotonic()))
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def listening() -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, int(PORT))) == 0


def serve(welcome: str) -> int:
    """Run both until one ends or a signal comes; return 0 only for the signal."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    processes = []
    try:
        processes.append(start("runserver", f"{HOST}:{PORT}"))
        processes.append(start("qcluster"))
        while all(process.poll() is None for process in processes):
            if welcome and listening():
                print(welcome, flush=True)
                welcome = ""
            time.sleep(0.5)
        ended = next(process for process in processes if process.poll() is not None)
        print(f"“{ended.args[2]}” ended with code {ended.returncode}; stopping.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        stop(processes)


def main() -> int:
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("SITE_URL", f"http://{HOST}:{PORT}")
    check_port()
    log_in = prepare()
    return serve(f"\n  http://{HOST}:{PORT}/admin/  -  {log_in}\n  Ctrl-C stops it.\n")


if __name__ == "__main__":
    sys.exit(main())
