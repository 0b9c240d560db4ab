"""A real SMTP server that keeps what it got, and that can be told to misbehave."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property
from threading import Lock
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.peers.processes import free_port


@dataclass(frozen=True)
class Received:
    """One message as it came over the wire."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @cached_property
    def message(self) -> EmailMessage:
        """Read when a test asks for it: most only count."""
        parsed: Any = message_from_bytes(self.raw, policy=policy.default)
        return parsed

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    def body(self, subtype: str = "plain") -> str:
        part = self.message.get_body(preferencelist=(subtype,))
        return part.get_content().replace("\r\n", "\n") if part else ""


@dataclass(frozen=True)
class Fault:
    """How the next messages are treated; `at` is "mail", "rcpt" (before the text) or "data" (after it)."""

    kind: str  # refuse | hang | drop | hang_up
    at: str
    reply: str = ""
    seconds: float = 0
    recipient: str = ""
    keeps: bool = False


class SmtpServer:
    """Listens on a free port of 127.0.0.1, in threads of its own; other processes may send to it too."""

    def __init__(self, password: str = "", port: int = 0) -> None:
        """With a `password`, mail is only taken after a log-in with it (any user)."""
        self._lock = Lock()
        self.connections = 0
        self._received: list[Received] = []
        self._fault: Fault | None = None
        self._faults_left = 0
        self.host, self.port = "127.0.0.1", port or free_port()
        self._controller = Controller(
            _Handler(self),
            hostname=self.host,
            port=self.port,
            auth_required=bool(password),
            auth_require_tls=False,
            authenticator=lambda *args: AuthResult(success=args[-1].password == password.encode(), handled=False),
        )

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()

    @property
    def url(self) -> str:
        """For EMAIL_URL."""
        return f"smtp://{self.host}:{self.port}"

    @property
    def messages(self) -> list[Received]:
        with self._lock:
            return list(self._received)

    def recipients(self) -> Counter[str]:
        """How many messages each address got."""
        return Counter(address for received in self.messages for address in received.recipients)

    def clear(self) -> None:
        with self._lock:
            self._received.clear()

    def wait_for(self, count: int, seconds: float = 30) -> list[Received]:
        """The messages, once there are at least `count`; AssertionError when they don't come in time."""
        deadline = time.monotonic() + seconds
        while len(self.messages) < count:
            assert time.monotonic() < deadline, f"{len(self.messages)} of {count} messages came"
            time.sleep(0.05)
        return self.messages

    def refuse(
        self, code: int = 550, text: str = "no", *, at: str = "rcpt", recipient: str = "", times: int = -1
    ) -> None:
        """Answer 4xx or 5xx, to one recipient or to all; `times` -1 means until `behave()`."""
        self._set(Fault("refuse", at, reply=f"{code} {text}", recipient=recipient), times)

    def hang(self, seconds: float, *, at: str = "data", keeps: bool = False, times: int = -1) -> None:
        """Go silent before the answer; with `keeps` the message was taken already."""
        self._set(Fault("hang", at, seconds=seconds, keeps=keeps), times)

    def drop(self, *, at: str = "data", keeps: bool = False, times: int = -1) -> None:
        """Close the connection instead of answering; with `keeps` the message was taken all the same."""
        self._set(Fault("drop", at, keeps=keeps), times)

    def hang_up(self, *, times: int = -1) -> None:
        """Take the message, say so, and close the connection: it was idle for too long."""
        self._set(Fault("hang_up", "data"), times)

    def behave(self) -> None:
        self._set(None, 0)

    def _set(self, fault: Fault | None, times: int) -> None:
        with self._lock:
            self._fault, self._faults_left = fault, times

    def _next_fault(self, at: str, recipients: list[str]) -> Fault | None:
        with self._lock:
            fault = self._fault
            if fault is None or fault.at != at or self._faults_left == 0:
                return None
            if fault.recipient and fault.recipient not in recipients:
                return None
            self._faults_left -= 1
            return fault

    def _keep(self, envelope: Envelope) -> None:
        received = Received(envelope.mail_from or "", tuple(envelope.rcpt_tos), envelope.original_content or b"")
        with self._lock:
            self._received.append(received)


class _Handler:
    def __init__(self, peer: SmtpServer) -> None:
        self.peer = peer

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        with self.peer._lock:
            self.peer.connections += 1
        return responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        fault = self.peer._next_fault("mail", [])
        if fault is not None and (reply := await self._misbehave(server, fault)):
            return reply
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        fault = self.peer._next_fault("rcpt", [address])
        if fault is not None and (reply := await self._misbehave(server, fault)):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        fault = self.peer._next_fault("data", envelope.rcpt_tos)
        if fault is not None:
            if fault.keeps:
                self.peer._keep(envelope)
            if reply := await self._misbehave(server, fault):
                return reply
            if fault.keeps:
                return "250 OK"
        self.peer._keep(envelope)
        return "250 OK"

    async def _misbehave(self, server: SMTP, fault: Fault) -> str:
        """The reply to give, or "" to go on as if nothing had been."""
        if fault.kind == "hang":
            await asyncio.sleep(fault.seconds)
            return ""
        if fault.kind == "drop":
            server.transport.abort()
            return "421 dropped"
        if fault.kind == "hang_up":
            # Runs when the answer has been written: closing flushes it.
            asyncio.get_running_loop().call_soon(server.transport.close)
            return ""
        return fault.reply
