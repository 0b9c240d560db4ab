"""Mail that comes in: bounces and complaints of mail servers, answers of people, answers of machines.

The e-mail it is about is found by the token in the address that it came to; else by the Message-IDs
that it names, and then only if it comes from the address that the e-mail went to (or, of a bounce, is
about that address): Message-IDs can be guessed.
"""

import hashlib
from email.message import Message
from email.utils import getaddresses, parseaddr
from enum import StrEnum

from django.conf import settings
from django.db import transaction

from contacts.autoreplies import is_automatic
from contacts.mail_reading import clean, references, text_of
from contacts.mail_tokens import read_reply_address
from contacts.models import Contact, EmailReply, SentEmail
from contacts.models.engagement import EmailAction
from contacts.reports import read_report
from contacts.values import fold_email

from .engagement import record_email_activity
from .provider_notices import Notice, apply_notice, find_email, first_time
from .queue import enqueue

KEPT = 10_000
MAX_ADDRESSES = 50


class Came(StrEnum):
    """What became of a mail."""

    REPLY = "reply"
    AUTOMATIC = "automatic"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    UNKNOWN = "unknown"
    REPEATED = "repeated"


@transaction.atomic
def receive_mail(*, message: Message) -> Came:
    """Take in one mail, once however often it comes."""
    if not first_time(provider="mail", key=_key(message)):
        return Came.REPEATED
    report = read_report(message)
    if report is not None:
        email = _addressed(message) or find_email(message_id=report.message_id, recipient=report.recipient)
        wrong = email is not None and report.recipient and fold_email(report.recipient) != email.address.casefold()
        if email is None or (wrong and email.address):
            return Came.UNKNOWN
        notice = Notice("mail", "", report.action, detail=report.detail, hard=report.hard)
        apply_notice(email=email, notice=notice)
        return Came.COMPLAINT if report.action == EmailAction.COMPLAINT else Came.BOUNCE
    email = _addressed(message) or _answered(message)
    if email is None:
        return Came.UNKNOWN
    if is_automatic(message):
        return Came.AUTOMATIC
    _keep(email, message)
    return Came.REPLY


def _key(message: Message) -> str:
    """The Message-ID and where it went; of a mail without one, all that it says."""
    own = str(message.get("Message-ID") or "").strip()
    if own:
        return f"{own}\0{sorted(_addresses(message))}"
    return hashlib.sha256(message.as_bytes()).hexdigest()


def _addressed(message: Message) -> SentEmail | None:
    for address in _addresses(message):
        pk = read_reply_address(address)
        if pk is not None:
            return SentEmail.objects.select_related("contact").filter(pk=pk).first()
    return None


def _addresses(message: Message) -> list[str]:
    """Every address that it may have come to."""
    envelope = getattr(message, "envelope_recipient", None)
    names = ("Delivered-To", "X-Original-To", "X-Forwarded-To", "Envelope-To", "To", "Cc")
    headers = [str(value) for name in names for value in message.get_all(name, [])]
    found = [address for _name, address in getaddresses(headers)[:MAX_ADDRESSES]]
    return [str(envelope), *found] if envelope else found


def _answered(message: Message) -> SentEmail | None:
    """By what it says it answers to, from the address that this went to."""
    sender = parseaddr(str(message.get("From") or ""))[1]
    if not sender:
        return None
    for message_id in references(message):
        email = find_email(message_id=message_id, recipient=sender)
        if email is not None and email.address:
            return email
    return None


def _keep(email: SentEmail, message: Message) -> None:
    contact = email.contact
    record_email_activity(email=email, action=EmailAction.REPLY)
    if contact is None:
        return
    reply = EmailReply.objects.create(
        contact=contact,
        email=email,
        sender=clean(parseaddr(str(message.get("From") or ""))[1])[:254],
        subject=clean(str(message.get("Subject") or ""))[:250],
        text=text_of(message)[:KEPT],
        forward_to=_pass_on_to(contact, email) if settings.INBOUND_PASS_ON else "",
    )
    if reply.forward_to:
        enqueue("contacts.tasks.pass_reply_on", reply.pk)


def _pass_on_to(contact: Contact, email: SentEmail) -> str:
    owner = contact.owner.email if contact.owner else ""
    sender = (email.campaign.from_email if email.campaign else "") or settings.DEFAULT_FROM_EMAIL
    return (owner or parseaddr(sender)[1])[:254]
