"""Web servers and workers that are there in a moment: forked from one process that has loaded the project.

Each is what gunicorn or `manage.py qcluster` is, in a process group of its own, on the test
database, with settings of its own environment. Only the loading of code, two seconds each time, is saved.
"""

import importlib
import json
import multiprocessing
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

Order = dict[str, Any]


class Nest:
    """Started when the first process is asked for, and kept for the test session."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def hatch(self, arguments: list[str], environment: dict[str, str], log: Path) -> int:
        """Start `gunicorn ...` or `qcluster`; returns its process id, which is that of its group."""
        process = self._started(environment)
        order = {"arguments": arguments, "environment": environment, "log": str(log)}
        assert process.stdin is not None
        process.stdin.write(json.dumps(order).encode() + b"\n")
        process.stdin.flush()
        return int(self._answer())

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def _started(self, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.peers.nest"],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,
            )
            assert self._answer() == "ready"
        return self._process

    def _answer(self) -> str:
        assert self._process is not None and self._process.stdout is not None
        line = self._process.stdout.readline().decode().strip()
        assert line, "the nest ended"
        return line


def _become(order: Order) -> None:
    """In the fork: its own log and settings, then the program itself."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for target, source in ((0, nothing), (1, log), (2, log)):
        os.dup2(source, target)
    os.environ.clear()
    os.environ.update(order["environment"])
    _settings_of_the_environment()
    program, *options = order["arguments"]
    if program == "gunicorn":
        from gunicorn.app.wsgiapp import run

        sys.argv = [program, *options]
        run()
    else:
        from django.core.management import call_command

        call_command(program, *options)
        # As the interpreter does before it ends: the first process of a cluster waits for the others.
        for child in multiprocessing.active_children():
            child.join()


def _settings_of_the_environment() -> None:
    """Read the settings again; tell whoever keeps some of what has changed."""
    from django.conf import settings
    from django.test.signals import setting_changed
    from django_q.conf import Conf

    import config.settings
    import tests.settings

    importlib.reload(config.settings)
    module = importlib.reload(tests.settings)
    for name in filter(str.isupper, dir(module)):
        value = getattr(module, name)
        if name not in ("DATABASES", "UNFOLD") and getattr(settings, name) != value:
            setattr(settings, name, value)
            setting_changed.send(sender=None, setting=name, value=value, enter=True)
    Conf.WORKERS = settings.Q_CLUSTER["workers"]


def main() -> None:
    import django

    django.setup()
    for module in ("config.urls", "config.wsgi", "automations.tasks", "contacts.tasks", "gunicorn.app.wsgiapp"):
        importlib.import_module(module)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the dead
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        pid = os.fork()
        with suppress(OSError):
            os.setpgid(pid, pid)  # by parent and child: whoever is first, nobody sees it without its group
        if not pid:
            try:
                _become(json.loads(line))
            finally:
                os._exit(0)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
