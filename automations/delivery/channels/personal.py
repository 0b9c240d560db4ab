"""Personal e-mails: each leaves by its own mailbox, or in a user's name by the system's server."""

import logging
import smtplib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage

from automations.delivery.mailer import hand_over, mail_connection
from automations.delivery.outbox import CHANNELS, Parcel, Permanent, Temporary, Unclear
from automations.delivery.personal_batch import Batch, Item
from automations.delivery.smtp import EmailBackend
from automations.models import Delivery
from contacts.models import SentEmail
from contacts.services.engagement import note_sent
from deals.mailbox_connections import open_smtp, smtp_errors
from deals.models import Mailbox

log = logging.getLogger(__name__)


@CHANNELS.register
class PersonalChannel:
    slug = "personal"
    rate = 0
    repeatable = False

    @contextmanager
    def open(self) -> Iterator[Callable[[Sequence[Delivery]], Iterator[Parcel]]]:
        with Connections() as connections:
            yield partial(_prepare, connections)


class MailboxBackend(EmailBackend):
    """Django's back end on a mailbox's own, guarded connection."""

    def __init__(self, mailbox: Mailbox) -> None:
        super().__init__(fail_silently=False)
        self.mailbox = mailbox

    def open(self) -> bool:
        if self.connection is not None:
            return False
        self.connection = open_smtp(self.mailbox)
        return True


class Connections(ExitStack):
    """One connection a sender, opened at its first e-mail. Whoever can't be reached is `silent` from then on."""

    def __init__(self) -> None:
        super().__init__()
        self._open: dict[int, Any] = {}
        self.silent: set[int] = set()

    def of(self, mailbox: Mailbox | None) -> Any:
        """Temporary where it can't be had."""
        key = mailbox.pk if mailbox else 0
        if key not in self._open:
            self._open[key] = self.enter_context(mail_connection() if mailbox is None else _connection(mailbox))
        return self._open[key]


@contextmanager
def _connection(mailbox: Mailbox) -> Iterator[EmailBackend]:
    backend = MailboxBackend(mailbox)
    try:
        with smtp_errors(mailbox):
            backend.open()
    except ValidationError as error:
        raise Temporary(" ".join(error.messages)) from error
    try:
        yield backend
    finally:
        with suppress(OSError, smtplib.SMTPException):
            backend.close()


def _prepare(connections: Connections, deliveries: Sequence[Delivery]) -> Iterator[Parcel]:
    """A mailbox that doesn't answer is not asked again in this batch: it holds nobody else up."""
    batch = Batch.of(deliveries)
    for delivery in deliveries:
        item = batch.item(delivery)
        if item.skip:
            yield Parcel(delivery, None, item.skip)
        elif item.error is not None:
            yield Parcel(delivery, partial(_fail, item.error))
        elif item.sender_key in connections.silent:
            yield Parcel(delivery)
        else:
            yield Parcel(delivery, partial(_send, connections, item))


def _send(connections: Connections, item: Item) -> str:
    """What is wrong with one mailbox concerns its own e-mails: the channel goes on."""
    message: EmailMessage | None = item.message
    email: SentEmail | None = item.email
    assert message is not None and email is not None  # noqa: S101 an item without has a skip or an error
    try:
        message_id = hand_over(connections.of(item.mailbox), message)
    except (Temporary, Unclear) as error:
        if error.channel_down or item.sender_key not in connections._open:
            connections.silent.add(item.sender_key)
        raise type(error)(str(error)) from error
    note_sent(email=email, message_id=message_id, subject=str(message.subject))
    return message_id


def _fail(error: Exception) -> str:
    if isinstance(error, ValidationError):
        raise Permanent(" ".join(error.messages)) from error
    log.error("A personal e-mail can't be built", exc_info=error)
    raise Temporary(f"{type(error).__name__}: {error}") from error
