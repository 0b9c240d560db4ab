"""SMTP that remembers how far a message got, which smtplib's errors don't tell."""

import smtplib

from django.core.mail.backends import smtp

from contacts.outgoing.sockets import Watched


class _Plain(Watched, smtplib.SMTP):
    pass


class _Encrypted(Watched, smtplib.SMTP_SSL):
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
