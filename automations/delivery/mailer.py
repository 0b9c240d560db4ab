"""Hands messages to Django's mail back end, and says what its errors mean."""

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.core.mail import EmailMessage, get_connection

from .outbox import Permanent, Temporary, Unclear


@contextmanager
def mail_connection() -> Iterator[Any]:
    """One open connection for a batch; Temporary when the server can't be reached."""
    connection = get_connection(fail_silently=False)
    try:
        connection.open()
    except smtplib.SMTPAuthenticationError as error:
        raise Temporary(f"The mail server refused the log-in: {_text(error)}", channel_down=True) from error
    except (OSError, smtplib.SMTPException) as error:
        raise Temporary(f"The mail server can't be reached: {error}", channel_down=True) from error
    try:
        yield connection
    finally:
        # Everything was settled message by message; a failing farewell changes nothing.
        with suppress(OSError, smtplib.SMTPException):
            connection.close()


def hand_over(connection: Any, message: EmailMessage) -> str:
    """Send one message; returns its Message-ID.

    An answer of the server is definite: 4xx is Temporary, 5xx Permanent. Silence is not: when
    the connection breaks or times out once the message is under way, it is Unclear.
    """
    message.connection = connection
    try:
        sent = message.send()
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        raise _refusal(code, text) from error
    except smtplib.SMTPResponseException as error:
        raise _refusal(error.smtp_code, error.smtp_error) from error
    except (smtplib.SMTPServerDisconnected, TimeoutError, ConnectionError) as error:
        raise Unclear(f"The connection broke while the message was handed over: {error}") from error
    if not sent:
        raise Permanent("The mail back end accepted no recipient.")
    status = getattr(message, "anymail_status", None)
    return str(getattr(status, "message_id", None) or message.extra_headers.get("Message-ID", ""))


def _refusal(code: int, text: Any) -> Exception:
    message = f"{code} {_decode(text)}"
    return Temporary(message) if 400 <= code < 500 else Permanent(message)


def _text(error: smtplib.SMTPResponseException) -> str:
    return f"{error.smtp_code} {_decode(error.smtp_error)}"


def _decode(text: Any) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
