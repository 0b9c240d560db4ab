"""Hands messages to Django's mail back end, and says what its errors mean."""

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import requests
from anymail.exceptions import AnymailAPIError, AnymailError
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends import filebased
from django.core.mail.backends import smtp as django_smtp
from django.utils.translation import gettext as _

from . import files
from .outbox import Permanent, Temporary, Unclear
from .smtp import EmailBackend


class _Lost(Exception):
    """The connection broke, or the server closes it, before it can have taken the message."""


@contextmanager
def mail_connection() -> Iterator[Any]:
    """One open connection for a batch; Temporary when the server can't be reached or refuses the log-in."""
    connection = get_connection(fail_silently=False)
    if type(connection) is django_smtp.EmailBackend:
        connection = EmailBackend(fail_silently=False)
    elif type(connection) is filebased.EmailBackend:
        connection = files.EmailBackend(fail_silently=False)
    _open(connection.open)
    try:
        yield connection
    finally:
        # Everything was settled message by message; a failing farewell changes nothing.
        with suppress(OSError, smtplib.SMTPException):
            connection.close()


def hand_over(connection: Any, message: EmailMessage) -> str:
    """Send one message; returns its Message-ID, or the provider's.

    An answer of the server is definite: 4xx is Temporary, 5xx Permanent. Silence is not: when
    the connection breaks or times out once the text is under way, it is Unclear. When it
    breaks before (the server had closed an idle one, say), a new one is tried, once.
    """
    message.connection = connection
    if isinstance(connection, files.EmailBackend):
        return _send_file(message)
    if not isinstance(connection, EmailBackend):
        return _send(message)
    try:
        return _send_smtp(connection, message)
    except _Lost:
        _open(connection.renew)
    try:
        return _send_smtp(connection, message)
    except _Lost as error:
        raise Temporary(str(error), channel_down=True) from error


def _open(opening: Any) -> None:
    try:
        opening()
    except smtplib.SMTPAuthenticationError as error:
        reason = _("The mail server refused the log-in: %s") % _answer(error.smtp_code, error.smtp_error)
        raise Temporary(reason, channel_down=True) from error
    except OSError as error:  # smtplib's errors are such too
        reason = _("The mail server can't be reached: %s") % (error or type(error).__name__)
        raise Temporary(reason, channel_down=True) from error


def _send_smtp(connection: EmailBackend, message: EmailMessage) -> str:
    connection.begin()
    try:
        return _send(message)
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        raise _refusal(connection, code, text) from error
    except smtplib.SMTPResponseException as error:
        raise _refusal(connection, error.smtp_code, error.smtp_error) from error
    except (smtplib.SMTPServerDisconnected, ConnectionError, TimeoutError) as error:
        reason = _("The connection broke while the message was handed over: %s") % error
        under_way = connection.under_way
        connection.abandon()
        if under_way:
            raise Unclear(reason, channel_down=True) from error
        raise _Lost(reason) from error
    except Exception as error:
        if connection.under_way:
            connection.abandon()
            raise Unclear(str(error) or type(error).__name__) from error
        raise Permanent(_("The message can't be sent as it is: %s") % error) from error


def _send_file(message: EmailMessage) -> str:
    """A file that can't be written holds nothing of the message, and the next would meet the same."""
    try:
        return _send(message)
    except OSError as error:
        raise Temporary(_("The e-mail can't be written: %s") % error, channel_down=True) from error


def _refusal(connection: EmailBackend, code: int, text: Any) -> Exception:
    """What an answer means. 421 says that the server is about to close the connection, whatever was asked."""
    reason = _answer(code, text)
    if code == 421:
        connection.abandon()
        return _Lost(reason)
    if 400 <= code < 600:
        # smtplib forgets to reset after a refused DATA; the next message must not suffer from it.
        with suppress(smtplib.SMTPException, OSError):
            connection.connection.rset()  # type: ignore[union-attr]  # it has just answered
        return Temporary(reason) if code < 500 else Permanent(reason)
    under_way = connection.under_way
    connection.abandon()
    return Unclear(reason) if under_way else Temporary(reason)


def _send(message: EmailMessage) -> str:
    try:
        sent = message.send()
    except AnymailAPIError as error:
        raise _provider_error(error) from error
    except AnymailError as error:  # refused recipients, or what the provider can't carry
        raise Permanent(str(error)) from error
    if not sent:
        raise Permanent(_("The mail back end accepted no recipient."))
    given = getattr(getattr(message, "anymail_status", None), "message_id", None)
    return str(message.extra_headers.get("Message-ID", "") if given is None else given)[:250]


def _provider_error(error: Any) -> Exception:
    """A provider's web API: which answers are definite, and which concern every message."""
    status, reason = error.status_code, str(error)
    if status is None:
        cause = getattr(error.__cause__, "args", ())
        never_left = isinstance(error, requests.ConnectTimeout) or "NewConnectionError" in repr(cause)
        return Temporary(reason, channel_down=True) if never_left else Unclear(reason, channel_down=True)
    if status in (401, 403, 429, 503):
        return Temporary(reason, channel_down=True)
    if 400 <= status < 500:
        return Temporary(reason) if status in (408, 425) else Permanent(reason)
    return Unclear(reason)


def _answer(code: int, text: Any) -> str:
    return f"{code} {text.decode('utf-8', 'replace') if isinstance(text, bytes) else text}"
