"""Correspondence: sent by a mailbox's real SMTP server, answered into its real IMAP server."""

import re
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from automations.delivery.outbox import deliver_due
from automations.services.personal_emails import Writing, send_personal_email
from contacts.models import SentEmail
from deals.models import Mailbox, PersonalEmail
from deals.services.mail_polling import poll_mailbox
from tests.deals.mail_servers import imap_server, mailbox, own_smtp
from tests.deals.mailboxes import written
from tests.peers.imap import ImapServer
from tests.peers.smtp import Received, SmtpServer

__all__ = ["imap_server", "mailbox", "own_smtp"]

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"


@dataclass
class Post:
    """One user's mailbox, seen from both ends."""

    mailbox: Mailbox
    smtp: SmtpServer
    imap: ImapServer

    def write(self, contact: Any, body: str = "Hello {{ contact.first_name }}", **values: Any) -> PersonalEmail:
        """Somebody writes, and it leaves at once."""
        given = {"mailbox": self.mailbox, "subject": "Our offer", **values}
        row = send_personal_email(writing=Writing(user=self.mailbox.user, contact=contact, body=body, **given))
        self.deliver()
        row.refresh_from_db()
        return row

    def deliver(self) -> None:
        deliver_due(now=timezone.now)
        # Long enough ago that nobody takes a click for a link scanner's.
        SentEmail.objects.filter(sent_at__isnull=False).update(sent_at=timezone.now() - timedelta(hours=1))

    def last(self) -> Received:
        return self.smtp.messages[-1]

    def answer(
        self, text: str = "Thank you.", *, to: Received | None = None, sender: str = "", **headers: str
    ) -> None:
        """The contact's mail program answers the last e-mail, and the mailbox is read."""
        to = to or self.last()
        message = written(
            sender or to.recipients[0],
            text,
            subject=f"Re: {to.subject}",
            In_Reply_To=str(to.message["Message-ID"]),
            References=str(to.message["Message-ID"]),
            **headers,
        )
        self.receive(message)

    def receive(self, *messages: EmailMessage | bytes) -> None:
        for message in messages:
            self.imap.put("sue", message)
        self.poll()

    def poll(self) -> None:
        assert poll_mailbox(mailbox_id=self.mailbox.pk, now=timezone.now(), force=True)
        self.mailbox.refresh_from_db()


@pytest.fixture
def post(mailbox: Mailbox, own_smtp: SmtpServer, imap_server: ImapServer) -> Post:
    """Connected, and read for the first time: what comes from now on is new."""
    post = Post(mailbox, own_smtp, imap_server)
    post.poll()
    return post


def urls(received: Received) -> list[str]:
    """The paths that the e-mail names, in their order."""
    html = received.body("html")
    return [urlsplit(url).path for url in re.findall(r'(?:href|src)="([^"]+)"', html)]


def pixel(received: Received) -> str:
    return next(url for url in urls(received) if url.startswith("/o/"))


def clicks(received: Received) -> list[str]:
    return [url for url in urls(received) if url.startswith("/c/")]


def files(received: Received) -> list[str]:
    return [url for url in urls(received) if url.startswith("/a/")]


def fetch(path: str, **kwargs: Any) -> Any:
    """As a person's browser does."""
    return Client().get(path, headers={"User-Agent": BROWSER}, **kwargs)
