"""A real HTTP server that keeps the requests it got and answers as scripted; for webhooks."""

import json
import ssl
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: bytes = b"{}"
    seconds: float = 0
    headers: tuple[tuple[str, str], ...] = ()
    drop: bool = False
    #: The body, again and again, until the client has had enough.
    endless: bool = False


class HttpTarget:
    """Answers on a free port of 127.0.0.1 with the scripted answers, in order, and then with `default`."""

    def __init__(self, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        """With `tls` (a server's context) it speaks https."""
        self._lock = Lock()
        self._tls = tls
        self._requests: list[Request] = []
        self._script: deque[Answer] = deque()
        #: What stands at a path, whatever is scripted.
        self.pages: dict[str, Answer] = {}
        self.default = Answer()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        if tls is not None:
            # The handshake in the request's own thread: one that fails must not stop the server.
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port = self._server.server_address[1]
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}" if self._tls else f"http://127.0.0.1:{self.port}"

    @property
    def requests(self) -> list[Request]:
        with self._lock:
            return list(self._requests)

    def script(self, *answers: Answer) -> None:
        with self._lock:
            self._script.extend(answers)

    def wait_for(self, count: int, seconds: float = 30) -> list[Request]:
        """The requests, once there are at least `count`; AssertionError when they don't come in time."""
        deadline = time.monotonic() + seconds
        while len(self.requests) < count:
            assert time.monotonic() < deadline, f"{len(self.requests)} of {count} requests came"
            time.sleep(0.05)
        return self.requests

    def _take(self, request: Request) -> Answer:
        with self._lock:
            self._requests.append(request)
            if request.path in self.pages:
                return self.pages[request.path]
            return self._script.popleft() if self._script else self.default

    def _handler(peer: "HttpTarget") -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = peer._take(Request(self.command, self.path, headers, self.rfile.read(length)))
                time.sleep(answer.seconds)
                if answer.drop:
                    self.close_connection = True
                    return
                try:
                    self.send_response(answer.status)
                    if answer.endless:
                        self._go_on_for_ever(answer)
                        return
                    for name, value in (*answer.headers, ("Content-Length", str(len(answer.body)))):
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(answer.body if self.command != "HEAD" else b"")
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True  # the client gave up waiting

            def _go_on_for_ever(self, answer: Answer) -> None:
                self.close_connection = True
                for name, value in answer.headers:
                    self.send_header(name, value)
                self.end_headers()
                while True:
                    self.wfile.write(answer.body)
                    time.sleep(answer.seconds)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _answer

            def handle(self) -> None:
                with suppress(ssl.SSLError, ConnectionError):  # the client doesn't like the certificate
                    super().handle()

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler
