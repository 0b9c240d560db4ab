"""One HTTP request to an address that users chose: guarded, and bounded in time and length.

httpcore rather than httpx, for its place to put the connecting: names are resolved once, the
addresses checked, and connected to. TLS still verifies the certificate against the name.
"""

import socket
import ssl
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import httpcore

from .addresses import check_url, public_addresses

Header = tuple[bytes, bytes]
#: Of the errors of `post` and `fetch`: nobody was reached, so nobody has what was to be sent.
NOTHING_SENT = (socket.gaierror, ConnectionRefusedError, httpcore.ConnectError, httpcore.ConnectTimeout)
REDIRECTS = (301, 302, 303, 307, 308)
#: Of `zlib`: a gzip header is expected, or one of zlib itself.
WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


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


class TooManyRedirects(Exception):
    """One leads to the next, without an end."""


class BadEncoding(Exception):
    """The body is compressed in a way that was not asked for, or not as it says."""


@dataclass(frozen=True, slots=True)
class Document:
    """`url` is where it was found in the end; names of headers are in lower case, and their values texts."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


def get(url: str, *, headers: Sequence[Header], seconds: float, max_bytes: int, redirects: int = 5) -> Document:
    """The document at `url`, with redirects followed and the body unpacked.

    Each redirect's address is guarded as the first one. All of it takes at most about `seconds`, and
    `max_bytes` bounds the body both as it comes and unpacked: TooMuch. Other errors as of `post`,
    TooManyRedirects, BadEncoding, ValueError for an address that is none.
    """
    deadline = time.monotonic() + seconds
    asked = [*headers, (b"Accept-Encoding", b"gzip, deflate")]
    for _hop in range(redirects + 1):
        check_url(url)
        with _request("GET", url, b"", asked, _left(deadline, httpcore.ReadTimeout), None) as response:
            found = {name.decode("latin-1").lower(): text.decode("latin-1") for name, text in response.headers}
            if response.status in REDIRECTS and found.get("location"):
                url = urljoin(url, found["location"])
                continue
            body = _unpacked(response.iter_stream(), found.get("content-encoding", ""), max_bytes)
            return Document(url, int(response.status), found, body)
    raise TooManyRedirects


def _unpacked(stream: Iterable[bytes], encoding: str, max_bytes: int) -> bytes:
    encoding = encoding.strip().lower()
    if encoding not in ("", "identity") and encoding not in WINDOWS:
        raise BadEncoding(encoding)
    unpack = zlib.decompressobj(WINDOWS[encoding]) if encoding in WINDOWS else None
    found, came = bytearray(), 0
    for chunk in stream:
        came += len(chunk)
        try:
            # One byte more than allowed is enough to know.
            found += unpack.decompress(chunk, max_bytes - len(found) + 1) if unpack else chunk
        except zlib.error as error:
            raise BadEncoding(str(error)) from None
        if max(len(found), came) > max_bytes:
            raise TooMuch
    if unpack and not unpack.eof and came:
        raise BadEncoding("the end is missing")
    return bytes(found)


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
