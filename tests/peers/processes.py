"""The web server and the worker as real processes on the test database."""

import atexit
import os
import signal
import socket
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import connection

from tests.peers.nest import Nest

ROOT = Path(__file__).resolve().parent.parent.parent
LOGS = ROOT / "var" / "test-logs"
NEST = Nest()
atexit.register(NEST.close)


def database_url() -> str:
    """DATABASE_URL of the test database (not of the one it was made beside)."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    user, password = database.get("USER", ""), database.get("PASSWORD", "")
    credentials = f"{user}:{password}@" if password else f"{user}@" if user else ""
    port = f":{database['PORT']}" if database.get("PORT") else ""
    host = database.get("HOST") or ""
    if host.startswith("/"):  # a Unix socket's directory
        return f"postgres://{credentials}/{host}/{database['NAME']}"
    return f"postgres://{credentials}{host}{port}/{database['NAME']}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """A process in a group of its own, so that a kill takes its children too; forked from the nest."""

    name = "process"

    def __init__(self, **environment: str) -> None:
        self.environment = environment
        self._pid = 0
        LOGS.mkdir(parents=True, exist_ok=True)
        self.log = LOGS / f"{self.name}.log"
        self.log.write_bytes(b"")

    def command(self) -> list[str]:
        raise NotImplementedError  # each peer has its own

    def ready(self) -> bool:
        raise NotImplementedError  # each peer has its own

    @property
    def running(self) -> bool:
        """The nest takes its dead away at once, so a process that is there is alive."""
        if not self._pid:
            return False
        try:
            os.kill(self._pid, 0)
        except ProcessLookupError:
            return False
        return True

    @property
    def pid(self) -> int:
        assert self._pid, f"the {self.name} was not started"
        return self._pid

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def start(self, seconds: float = 30) -> None:
        """Start it and wait until it is ready for work."""
        self.hatch()
        deadline = time.monotonic() + seconds
        while not self.ready():
            assert self.running, f"the {self.name} ended at once:\n{self.output()}"
            if time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"the {self.name} was not ready in {seconds} s:\n{self.output()}")
            time.sleep(0.05)

    def hatch(self) -> None:
        """Start it without waiting."""
        assert not self.running, f"the {self.name} is running already"
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "DATABASE_URL": database_url(),
            "PYTHONUNBUFFERED": "1",
            "LOG_LEVEL": "INFO",  # the worker says in its log when it is ready
            **self.environment,
        }
        environment.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)
        self._pid = NEST.hatch(self.command(), environment, self.log)

    def stop(self, seconds: float = 15) -> None:
        """End it in good order; what is left of its group after `seconds` is killed."""
        if self.running:
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGTERM)
            self._wait(seconds)
        self.kill()

    def kill(self) -> None:
        """kill -9 of the whole group: no handler runs, no buffer is written."""
        if not self._pid:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._pid, signal.SIGKILL)
        assert self._wait(10), f"the {self.name} does not die"

    def _wait(self, seconds: float) -> bool:
        """Whether it ended in time."""
        deadline = time.monotonic() + seconds
        while self.running:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def restart(self) -> None:
        self.stop()
        self.start()


class Worker(Process):
    """A django-q2 cluster."""

    name = "worker"

    def command(self) -> list[str]:
        return ["qcluster"]

    def start(self, seconds: float = 30) -> None:
        self._seen = len(self.output())
        super().start(seconds)

    def ready(self) -> bool:
        return " running." in self.output()[self._seen :]


class Server(Process):
    """gunicorn, with the static files of the sources."""

    name = "server"

    def __init__(self, **environment: str) -> None:
        self.port = free_port()
        super().__init__(**{"SITE_URL": self.url, **environment})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        bind = ["--bind", f"127.0.0.1:{self.port}", "--workers", "1", "--threads", "8"]
        options = ["--graceful-timeout", "5", "--no-control-socket"]
        return ["gunicorn", *bind, *options, "config.wsgi"]

    def ready(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.url}{settings.STATIC_URL}admin/css/base.css", timeout=5).close()
        except urllib.error.HTTPError:
            return True  # it answers, though not with the file
        except OSError:
            return False
        return True
