"""What the tests of mailboxes share: mailboxes on the real servers, and mails as contacts' programs write them."""

from email.message import EmailMessage
from typing import Any

from deals.models import Deal, Mailbox, Pipeline, Stage
from deals.services import create_deal
from tests.factories import UserFactory
from tests.peers.imap import ImapServer
from tests.peers.smtp import SmtpServer

PASSWORD = "open sesame"


def mailbox_values(smtp: SmtpServer, imap: ImapServer, **values: Any) -> dict[str, Any]:
    return {
        "name": "Work",
        "address": "sue@example.com",
        "sender_name": "Sue Seller",
        "smtp_host": smtp.host,
        "smtp_port": smtp.port,
        "smtp_security": "none",
        "smtp_user": "sue",
        "smtp_password": PASSWORD,
        "imap_host": imap.host,
        "imap_port": imap.port,
        "imap_security": "none",
        "imap_user": "sue",
        "imap_password": imap.password,
        **values,
    }


def mailbox_without_servers(user: Any = None, **values: Any) -> Mailbox:
    """As it is in the database; nothing listens where it points to."""
    given = {
        "name": "Work",
        "address": "sue@example.com",
        "smtp_host": "localhost",
        "imap_host": "localhost",
        **values,
    }
    return Mailbox.objects.create(user=user or UserFactory(), imap_password="x", **given)


def make_deal(*contacts: Any, **values: Any) -> Deal:
    """The first contact is the primary one."""
    pipeline, _new = Pipeline.objects.get_or_create(name="Sales", defaults={"currency": "EUR"})
    stage, _new = Stage.objects.get_or_create(pipeline=pipeline, name="New")
    primary = contacts[0].pk if contacts else None
    return create_deal(
        **{"title": "Website", "stage": stage, **values},
        contacts=[contact.pk for contact in contacts],
        primary=primary,
    )


def written(sender: str, text: str, *, subject: str = "Hello", **headers: str) -> EmailMessage:
    """A mail to the mailbox; headers by name, “_” for “-”."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "sue@example.com", subject
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message
