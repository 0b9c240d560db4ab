"""SMTP that remembers how far a message got, which smtplib's errors don't tell."""

import smtplib
from typing import Any

from django.core.mail.backends import smtp


class _Watched:
    """Mixed into smtplib's clients. Until the text itself is written the server can't have taken the message."""

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


class _Plain(_Watched, smtplib.SMTP):
    pass


class _Encrypted(_Watched, smtplib.SMTP_SSL):
    pass


class EmailBackend(smtp.EmailBackend):
    """Django's, with watched connections. `mailer` puts it in the place of Django's own."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _Encrypted if self.use_ssl else _Plain

    def begin(self) -> None:
        """Forget how far the message before got."""
        if self.connection is not None:
            self.connection.under_way = False  # type: ignore[attr-defined]  # a watched one

    @property
    def under_way(self) -> bool:
        """The server may have the message that was tried last."""
        return bool(getattr(self.connection, "under_way", False))

    def renew(self) -> None:
        """A new connection in place of one that is lost, or in an unknown state."""
        self.abandon()
        self.open()

    def abandon(self) -> None:
        """Close without a farewell: QUIT may wait for an answer that never comes."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None
