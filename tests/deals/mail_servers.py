"""Mail servers, and a mailbox on them."""

from collections.abc import Iterator
from typing import Any

import pytest

from deals.models import Mailbox
from deals.services.mailboxes import save_mailbox
from tests.deals.mailboxes import PASSWORD, mailbox_values
from tests.factories import UserFactory
from tests.peers.imap import ImapServer
from tests.peers.smtp import SmtpServer


@pytest.fixture
def imap_server() -> Iterator[ImapServer]:
    server = ImapServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own_smtp() -> Iterator[SmtpServer]:
    """The mailbox's own server, beside the system's (`smtp_server`); it asks for the password."""
    server = SmtpServer(password=PASSWORD)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def mailbox(db: Any, own_smtp: SmtpServer, imap_server: ImapServer) -> Mailbox:
    user = UserFactory(username="sue")
    return save_mailbox(mailbox=Mailbox(user=user), values=mailbox_values(own_smtp, imap_server))
