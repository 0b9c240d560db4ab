"""Public endpoints over real HTTP (gunicorn, 2 workers) against a bare view with one insert in the same server."""

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

from django.conf import settings
from django.db import connection

from contacts.models import CustomEvent, PageVisit, TrackedDomain, TrackingSettings, Visitor
from contacts.services import get_visitor, identify_visitor

from .measure import Row
from .setup import clear, make_automations, make_contacts, make_tag, step

CLIENTS = 8
HOST = "https://bench.example"


def page_visits(scale: int) -> Iterator[Row]:
    _prepare(scale)
    key = "0123456789abcdef" * 2
    visit = _request("/track/visit/", {**_account(), "visitor": key, "url": f"{HOST}/a", "title": "A page"})
    with server() as port:
        yield _compare("page visit of nobody, nobody listens / bare view", port, visit, 204, scale)
        (contact,) = make_contacts(1, f"visit{time.time_ns()}-")
        identify_visitor(visitor=get_visitor(key=key), contact=contact)
        yield _compare("page visit of a contact, nobody listens / bare view", port, visit, 204, scale)
    PageVisit.objects.all().delete()
    Visitor.objects.all().delete()


def events(scale: int) -> Iterator[Row]:
    _prepare(scale)
    stamp = time.time_ns()
    make_contacts(1, f"event{stamp}-")
    CustomEvent.objects.get_or_create(name="Bench")
    key = TrackingSettings.current().key
    body = {"key": key, "event": "Bench", "email": f"event{stamp}-0@example.org", "value": "chair"}
    event = _request("/track/event/", body, "application/json")
    with server() as port:
        yield _compare("event, nobody listens / bare view", port, event, 201, scale)
    CustomEvent.objects.filter(name="Bench").delete()


def _prepare(scale: int) -> None:
    clear()
    tags = [make_tag(f"Other {number}").pk for number in range(50)]
    make_automations(1_000 // scale, tags, [step("end_automation", {"target": None})])
    TrackedDomain.objects.get_or_create(domain="bench.example")


def _account() -> dict[str, int]:
    return {"account": TrackingSettings.current().account_number}


def _request(path: str, body: dict, content_type: str = "text/plain") -> bytes:
    data = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nOrigin: {HOST}\r\nContent-Type: {content_type}\r\n"
        f"X-Forwarded-Proto: https\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    return head.encode() + data


@contextmanager
def server() -> Iterator[int]:
    """gunicorn with 2 workers of 4 threads on this database."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "4",
               "--keep-alive", "30", "--log-level", "error", "--no-control-socket", "config.wsgi"]  # fmt: skip
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "benchmarks.settings", "DATABASE_URL": _database()}
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    try:
        _wait_for(port)
        yield port
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def _database() -> str:
    """The database of this process, which may have been chosen by another way than the environment."""
    if url := os.environ.get("DATABASE_URL"):
        return url
    return f"sqlite:///{settings.DATABASES['default']['NAME']}" if connection.vendor == "sqlite" else ""


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            _Client(port).send(_request("/bare/", {}))
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError("The web server did not start.")


class _Client:
    """One connection that is kept open; as little work as a client can do, as it shares the processors."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)

    def send(self, request: bytes) -> int:
        self.socket.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._receive()
        head, _end, body = answer.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0].strip()
        while len(body) < int(length or 0):
            body += self._receive()
        return int(head[9:12])

    def _receive(self) -> bytes:
        part = self.socket.recv(65_536)
        if not part:
            raise ConnectionError("The server closed the connection.")
        return part


def _compare(name: str, port: int, request: bytes, status: int, scale: int) -> Row:
    """Seconds per request at full load, in turn; half the throughput is twice the time."""
    rounds, count = 5, 800 // scale
    ours, bare = [], []
    clients = [_Client(port) for _number in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        for number in range(rounds + 1):
            pair = [(request, status, ours), (_request("/bare/", {}), 204, bare)]
            for body, wanted, times in pair if number % 2 else pair[::-1]:
                started = time.perf_counter()
                answers = pool.map(lambda client: _load(client, body, count // CLIENTS), clients)  # noqa: B023 used at once
                found = {code for codes in answers for code in codes}
                if found != {wanted}:
                    raise RuntimeError(f"{name}: answers {found} instead of {wanted}")
                if number:  # the first round warms up
                    times.append((time.perf_counter() - started) / count)
    return Row(name, statistics.median(ours) * 1e3, statistics.median(bare) * 1e3, "ms", 2)


def compare_each(
    name: str,
    port: int,
    ours: Callable[[], bytes],
    status: int,
    bare: Callable[[], bytes],
    bare_status: int,
    scale: int,
    limit: float,
) -> Row:
    """As `_compare`, where each request is another one: they are made before the clock runs."""
    rounds, count = 5, 800 // scale
    times: dict[int, list[float]] = {status: [], bare_status: []}
    clients = [_Client(port) for _number in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        for number in range(rounds + 1):
            pair = [(ours, status), (bare, bare_status)]
            for make, wanted in pair if number % 2 else pair[::-1]:
                parts = [[make() for _ in range(count // CLIENTS)] for _client in clients]
                started = time.perf_counter()
                answers = pool.map(_send_all, clients, parts)
                found = {code for codes in answers for code in codes}
                if found != {wanted}:
                    raise RuntimeError(f"{name}: answers {found} instead of {wanted}")
                if number:  # the first round warms up
                    times[wanted].append((time.perf_counter() - started) / count)
    first, second = (statistics.median(times[code]) * 1e3 for code in (status, bare_status))
    return Row(name, first, second, "ms", limit)


def _send_all(client: _Client, requests: list[bytes]) -> set[int]:
    return {client.send(request) for request in requests}


def _load(client: _Client, request: bytes, count: int) -> set[int]:
    return {client.send(request) for _number in range(count)}
