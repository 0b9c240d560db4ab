"""One HTTP request to an address that users chose: guarded, and bounded in time and length.

httpcore rather than httpx, for its place to put the connecting: names are resolved once, the
addresses checked, and connected to. TLS still verifies the certificate against the name.
"""

import ssl
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlsplit

import httpcore

from .addresses import public_addresses

Header = tuple[bytes, bytes]


class TooMuch(Exception):
    """The answer is longer than it may be."""


def post(
    url: str, *, body: bytes, headers: Sequence[Header], seconds: float, tls: ssl.SSLContext | None = None
) -> int:
    """The answer's status; redirects are not followed and the answer's body is never read.

    All of it takes at most about `seconds`, however slowly the other side drips. ValidationError
    for a private address, OSError for a name without one, httpcore's errors for the rest.
    """
    with _request("POST", url, body, headers, seconds, tls) as response:
        return int(response.status)


def fetch(
    method: str, url: str, *, headers: Sequence[Header], seconds: float, max_bytes: int, body: bytes = b""
) -> tuple[int, bytes]:
    """As `post`, by any method, and with the answer's body; TooMuch where that has more than `max_bytes`."""
    with _request(method, url, body, headers, seconds, None) as response:
        found = bytearray()
        for chunk in response.iter_stream():
            found += chunk
            if len(found) > max_bytes:
                raise TooMuch
        return int(response.status), bytes(found)


@contextmanager
def _request(
    method: str,
    url: str,
    body: bytes,
    headers: Sequence[Header],
    seconds: float,
    tls: ssl.SSLContext | None,
) -> Iterator[httpcore.Response]:
    network = _Guarded(deadline=time.monotonic() + seconds)
    timeout = dict.fromkeys(("connect", "read", "write", "pool"), seconds)
    parts = urlsplit(url)
    target = httpcore.URL(
        scheme=parts.scheme.encode(),
        host=_ascii(parts.hostname or ""),
        port=parts.port,
        target=_target(parts.path, parts.query),
    )
    with (
        httpcore.ConnectionPool(ssl_context=tls, network_backend=network, max_connections=1) as pool,
        pool.stream(
            method,
            target,
            headers=[(b"Host", _ascii(parts.netloc)), (b"Content-Length", b"%d" % len(body)), *headers],
            content=body,
            extensions={"timeout": timeout},
        ) as response,
    ):
        yield response


def _ascii(host: str) -> bytes:
    return host.encode("ascii") if host.isascii() else host.encode("idna")


def _target(path: str, query: str) -> bytes:
    safe = "!$%&'()*+,/:;=?@~[]|"
    text = quote(path or "/", safe=safe)
    return (f"{text}?{quote(query, safe=safe)}" if query else text).encode("ascii")


class _Guarded(httpcore.NetworkBackend):
    def __init__(self, deadline: float) -> None:
        self._network = httpcore.SyncBackend()
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Try the name's addresses in their order; the last one's error is the error."""
        addresses = public_addresses(host, port)
        for address in addresses[:-1]:
            try:
                return self._connect(address, port, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self._connect(addresses[-1], port, local_address, socket_options)

    def _connect(self, address: str, port: int, *options: Any) -> httpcore.NetworkStream:
        left = _left(self._deadline, httpcore.ConnectTimeout)
        return _Timed(self._network.connect_tcp(address, port, left, *options), self._deadline)

    def sleep(self, seconds: float) -> None:
        self._network.sleep(seconds)


class _Timed(httpcore.NetworkStream):
    """A stream on which everything together ends at the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._deadline, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._deadline, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _left(self._deadline, httpcore.ConnectTimeout)
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(deadline: float, error: type[Exception]) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise error("The time is up.")
    return left
