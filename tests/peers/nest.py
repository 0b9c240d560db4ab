"""Clusters of workers that are there in a moment: forked from a process that has loaded the project.

A test that kills workers fifty times would otherwise spend its time on importing. Each cluster is
what `manage.py qcluster` is, in a session (and group) of its own, on the test database.
"""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import Any

from django.conf import settings

from tests.peers.processes import LOGS, Process, database_url


class Nest(Process):
    """`hatch()` starts a cluster and returns its process id; `kill(pid)` is a kill -9 of all of it."""

    name = "nest"

    def command(self) -> list[str]:
        return [sys.executable, "-m", "tests.peers.nest"]

    def start(self, seconds: float = 60) -> None:
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "DATABASE_URL": database_url(),
            "LOG_LEVEL": "WARNING",
            **self.environment,
        }
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command(),
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        self._alive: set[int] = set()
        assert self._answer() == "ready"

    def hatch(self, **overrides: Any) -> int:
        """`overrides` are settings of this cluster."""
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.write(json.dumps(overrides).encode() + b"\n")
        self._process.stdin.flush()
        pid = int(self._answer())
        self._alive.add(pid)
        return pid

    def kill_cluster(self, pid: int, sign: int = signal.SIGKILL) -> None:
        with suppress(ProcessLookupError):
            os.killpg(pid, sign)
        if sign == signal.SIGKILL:
            self._alive.discard(pid)

    def kill(self) -> None:
        for pid in list(self._alive):
            self.kill_cluster(pid)
        super().kill()

    def stop(self, seconds: float = 5) -> None:
        self.kill()

    def _answer(self) -> str:
        assert self._process is not None and self._process.stdout is not None
        line = self._process.stdout.readline().decode().strip()
        assert line, f"the nest ended:\n{self.output()[-3000:]}"
        return line


def _become_a_cluster(overrides: dict[str, Any]) -> None:
    from django.core.management import call_command
    from django.db import connections

    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(LOGS / "nest.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for target, source in ((0, nothing), (1, log), (2, log)):
        os.dup2(source, target)
    for name, value in overrides.items():
        setattr(settings, name, value)
    connections.close_all()
    call_command("qcluster")


def main() -> None:
    import django

    django.setup()
    import automations.tasks
    import contacts.tasks

    assert automations.tasks and contacts.tasks  # loaded once, before the first fork
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the dead
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            try:
                _become_a_cluster(json.loads(line))
            finally:
                os._exit(0)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
