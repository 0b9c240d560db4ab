"""Connections to mail servers that users named: guarded as web addresses are, and bounded in time."""

import imaplib
import ipaddress
import smtplib
import socket
import ssl
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from .addresses import is_public, look_up


def connect(host: str, port: int, seconds: float) -> socket.socket:
    """A connection to one of the host's addresses, in their order.

    ValidationError where one of them is private (unless MAILBOX_ALLOW_PRIVATE), OSError where none answers.
    The name is resolved once: what was checked is what is connected to.
    """
    addresses = look_up(host, port)
    if not settings.MAILBOX_ALLOW_PRIVATE and not all(is_public(ipaddress.ip_address(one)) for one in addresses):
        raise ValidationError(_("“%s” is a private address; mailboxes there are not connected to.") % host)
    for address in addresses[:-1]:
        try:
            return socket.create_connection((address, port), seconds)
        except OSError:
            continue
    return socket.create_connection((addresses[-1], port), seconds)


class Watched:
    """Mixed into smtplib's clients: tells how far a message got, which smtplib's errors don't.

    Until the text itself is written the server can't have taken the message.
    """

    under_way = False
    _in_data = False

    def data(self, msg: Any) -> tuple[int, bytes]:
        self._in_data = True
        try:
            answer: tuple[int, bytes] = super().data(msg)  # type: ignore[misc]  # smtplib's
            return answer
        finally:
            self._in_data = False

    def send(self, s: Any) -> None:
        """smtplib writes commands as str and the message's text as bytes."""
        self.under_way = self.under_way or (self._in_data and isinstance(s, bytes))
        super().send(s)  # type: ignore[misc]  # smtplib's


class GuardedSMTP(Watched, smtplib.SMTP):
    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return connect(host, port, timeout)


class GuardedSMTPS(Watched, smtplib.SMTP_SSL):
    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        # The certificate is checked against the name, though it is an address that was called.
        return self.context.wrap_socket(connect(host, port, timeout), server_hostname=host)


class GuardedIMAP(imaplib.IMAP4):
    def _create_socket(self, timeout: float) -> socket.socket:
        return connect(self.host, self.port, timeout)


class GuardedIMAPS(imaplib.IMAP4_SSL):
    def _create_socket(self, timeout: float) -> ssl.SSLSocket:
        context: ssl.SSLContext = self.ssl_context
        return context.wrap_socket(connect(self.host, self.port, timeout), server_hostname=self.host)
