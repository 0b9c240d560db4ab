"""Connections to a mailbox's servers, and what their errors mean, by the setting to mend."""

import imaplib
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from email import message_from_bytes, policy
from email.message import Message
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from imap_tools import BaseMailBox, MailboxLoginError, MailMessage

from contacts.encryption import Unreadable
from contacts.outgoing.sockets import GuardedIMAP, GuardedIMAPS, GuardedSMTP, GuardedSMTPS
from deals.models.mailbox import Mailbox, Security


class MailboxError(ValidationError):
    """A server could not be used; `message_dict` names the setting that is to blame."""


class Raw(MailMessage):
    """A mail parsed with decoded headers, as today's policy of the standard library has it."""

    def __init__(self, fetch_data: list[Any]) -> None:
        super().__init__(fetch_data)
        raw, _uid, _flags = self._get_message_data_parts(fetch_data)
        self.message: Message = message_from_bytes(raw, policy=policy.default)


class _ImapBox(BaseMailBox):
    """imap-tools' box on a guarded connection."""

    email_message_class = Raw

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox
        super().__init__()

    def _get_mailbox_client(self) -> imaplib.IMAP4:
        box, seconds = self.mailbox, settings.MAILBOX_TIMEOUT
        if box.imap_security == Security.TLS:
            context = ssl.create_default_context()
            return GuardedIMAPS(box.imap_host, box.imap_port, ssl_context=context, timeout=seconds)
        client = GuardedIMAP(box.imap_host, box.imap_port, timeout=seconds)
        if box.imap_security == Security.STARTTLS:
            client.starttls(ssl.create_default_context())
        return client


@contextmanager
def imap_box(mailbox: Mailbox) -> Iterator[BaseMailBox]:
    """Logged in, with INBOX open; MailboxError where that can't be had."""
    with _named(mailbox, "imap"):
        box = _ImapBox(mailbox)
    try:
        with _named(mailbox, "imap"):
            _check_readable(mailbox.imap_password)
            box.login(mailbox.imap_user, mailbox.imap_password)
        yield box
    finally:
        with suppress(Exception):  # a farewell that fails changes nothing
            box.logout()


@contextmanager
def smtp_client(mailbox: Mailbox) -> Iterator[smtplib.SMTP]:
    """Logged in; MailboxError where that can't be had."""
    client = None
    try:
        with _named(mailbox, "smtp"):
            client = open_smtp(mailbox)
        yield client
    finally:
        if client is not None:
            with suppress(OSError, smtplib.SMTPException):
                client.quit()


def smtp_errors(mailbox: Mailbox) -> AbstractContextManager[None]:
    """Lets errors of `open_smtp` be a MailboxError, in words for people."""
    return _named(mailbox, "smtp")


def open_smtp(mailbox: Mailbox) -> smtplib.SMTP:
    """Logged in; smtplib's errors, OSError, ValidationError for a private address."""
    _check_readable(mailbox.smtp_password)
    seconds = settings.MAILBOX_TIMEOUT
    client: smtplib.SMTP
    if mailbox.smtp_security == Security.TLS:
        context = ssl.create_default_context()
        client = GuardedSMTPS(mailbox.smtp_host, mailbox.smtp_port, timeout=seconds, context=context)
    else:
        client = GuardedSMTP(mailbox.smtp_host, mailbox.smtp_port, timeout=seconds)
    try:
        if mailbox.smtp_security == Security.STARTTLS:
            client.starttls(context=ssl.create_default_context())
        if mailbox.smtp_user:
            client.login(mailbox.smtp_user, mailbox.smtp_password)
    except BaseException:
        client.close()
        raise
    return client


def _check_readable(password: str) -> None:
    if isinstance(password, Unreadable):
        raise ValidationError(_("The stored password can't be read any more; type it again."), code="password")


@contextmanager
def _named(mailbox: Mailbox, side: str) -> Iterator[None]:
    """Errors as a MailboxError on the setting of that side (“smtp” or “imap”)."""
    try:
        yield
    except (OSError, ValidationError, MailboxLoginError, imaplib.IMAP4.error) as error:
        field, message = _explained(error, getattr(mailbox, f"{side}_host"))
        raise MailboxError({f"{side}_{field}": message}) from error


def _explained(error: Any, host: str) -> tuple[str, str]:
    """(the setting without its side, a sentence)."""
    if isinstance(error, ValidationError):
        return ("password" if error.code == "password" else "host"), " ".join(error.messages)
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "password", _("The server refused the log-in: %s") % _said(error.smtp_error)
    if isinstance(error, MailboxLoginError):
        return "password", _("The server refused the log-in: %s") % _said(error.command_result[1])
    if isinstance(error, ssl.SSLCertVerificationError):
        return "host", _("The server's certificate is not valid for “%(host)s”: %(reason)s") % {
            "host": host,
            "reason": error.verify_message or error,
        }
    if isinstance(error, ssl.SSLError):
        return "security", _("No encrypted connection could be made; try another kind or port: %s") % error.reason
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "security", _("The server doesn't offer this: %s") % error
    if isinstance(error, imaplib.IMAP4.error) and "TLS" in str(error):
        return "security", _("The server doesn't offer this: %s") % error
    if isinstance(error, TimeoutError):
        return "host", _("“%s” did not answer in time. Check server, port and kind of encryption.") % host
    return "host", _("“%(host)s” can't be reached: %(reason)s") % {
        "host": host,
        "reason": error or type(error).__name__,
    }


def _said(answer: Any) -> str:
    first = answer[0] if isinstance(answer, list | tuple) and answer else answer
    return first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first)
