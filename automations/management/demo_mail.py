"""The demo's correspondence: a salesperson's mailbox, what was written about deals, and the automations around it.

The mailbox's servers don't exist: it is switched off once the history is made, and nothing tries to reach them.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any
from unittest.mock import patch

from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.core.mail import get_connection

from automations.delivery.channels import personal
from automations.engine.pump import turn
from automations.models import Automation, Step
from automations.services import activate, add_step, add_trigger, publish
from automations.services.personal_emails import Writing, send_personal_email
from contacts.models import Contact
from contacts.models.engagement import EmailAction
from contacts.services.engagement import record_email_activity
from deals.models import Deal, DealContact, DealStatus, Mailbox, PersonalEmail, Pipeline, Stage
from deals.services import create_deal
from deals.services.attachments import record_download, store_attachment
from deals.services.mail_incoming import receive_personal

At = Callable[[datetime], AbstractContextManager[None]]
TALKS = 8

OFFER = (
    "Dear {{ contact.first_name | default: 'customer' }},\n\nhere is our offer for “{{ deal.title }}”. "
    "All the details are on https://example.com/offers as well.\n\nDo you have any questions?"
)
ANSWERS = (
    ("Thank you, this looks excellent. The team loves it!",),
    ("The meeting is on Tuesday at ten.", "We are very disappointed: nobody has called us back, and it is late."),
    ("Merci, votre offre est parfaite, nous sommes ravis.",),
    ("I like the product, but the price is far too high and the contract is unacceptable.",),
    ("Nous avons bien reçu le document.", "Malheureusement, les délais sont inacceptables et nous sommes déçus."),
    ("When could we start?",),
)
NOTICE = {"who": "address", "address": "sales@example.com", "subject": "{{ contact.name }}"}


def load_mail(pick: random.Random, now: datetime, at: At) -> None:
    """Needs contacts; takes the deals there are, or makes some."""
    mailbox = _mailbox()
    deals = _deals(mailbox)
    with at(now - timedelta(days=12)):
        _automations()
    with patch.object(personal, "_connection", _nowhere):
        for number, deal in enumerate(deals):
            _talk(pick, now - timedelta(days=10 - number), at, mailbox, deal, ANSWERS[number % len(ANSWERS)])
        _run(now)
    Mailbox.objects.filter(pk=mailbox.pk).update(is_active=False)


@contextmanager
def _nowhere(mailbox: Mailbox) -> Iterator[Any]:
    """In the place of the mailbox's own server."""
    yield get_connection("django.core.mail.backends.dummy.EmailBackend")


def _mailbox() -> Mailbox:
    """Made as a row: to be saved by the service, its servers would have to answer."""
    user, new = get_user_model()._default_manager.get_or_create(
        username="sam", defaults={"first_name": "Sam", "last_name": "Seller", "email": "sam@example.com"}
    )
    if new:
        user.set_unusable_password()
        user.save()
    return Mailbox.objects.create(
        user=user, name="Sales", address="sam@example.com", sender_name="Sam Seller",
        signature="Sam Seller\nSales, Example Ltd\nhttps://example.com",
        smtp_host="smtp.example.com", imap_host="imap.example.com", imap_user="sam@example.com",
    )  # fmt: skip


def _deals(mailbox: Mailbox) -> list[Deal]:
    found = list(Deal.objects.filter(status=DealStatus.OPEN, participants__isnull=False).distinct()[:TALKS])
    if found:
        return found
    stage = Stage.objects.order_by("pipeline__position", "position", "pk").first()
    if stage is None:
        stage = Stage.objects.create(pipeline=Pipeline.objects.create(name="Sales", currency="EUR"), name="Talks")
    contacts = Contact.objects.order_by("pk")[:TALKS]
    return [
        create_deal(
            title=f"Licences for {contact.last_name}", stage=stage, contacts=[contact.pk], primary=contact.pk,
            owner=mailbox.user_id,
        )
        for contact in contacts
    ]  # fmt: skip


def _talk(
    pick: random.Random, begin: datetime, at: At, mailbox: Mailbox, deal: Deal, answers: tuple[str, ...]
) -> None:
    """An offer with a file goes out, is read, and answered."""
    first = DealContact.objects.filter(deal=deal).order_by("-is_primary", "pk").select_related("contact").first()
    if first is None:
        return
    with at(begin):
        file = store_attachment(file=ContentFile(b"%PDF-1.4 demo"), name="Offer.pdf", user_id=mailbox.user_id)
        writing = Writing(
            user=mailbox.user, contact=first.contact, subject=f"Our offer: {deal.title}"[:250], body=OFFER,
            mailbox=mailbox, deal=deal, attachments=[file],
        )  # fmt: skip
        row = send_personal_email(writing=writing)
        _run(begin)
    row.refresh_from_db()
    file.refresh_from_db()
    if row.email is None:
        return
    with at(begin + timedelta(hours=3)):
        record_email_activity(email=row.email, action=EmailAction.OPEN)
        if pick.random() < 0.6:
            record_download(attachment=file)
        if pick.random() < 0.5:
            link = row.email.campaign.links.first() if row.email.campaign else None
            url = link.url if link else ""
            record_email_activity(email=row.email, action=EmailAction.CLICK, link=link, detail=url)
        _run(begin + timedelta(hours=3))
    for number, text in enumerate(answers):
        moment = begin + timedelta(days=1, hours=number * 5)
        with at(moment):
            receive_personal(mailbox=mailbox, message=_answer(row, first.contact, text, number))
            _run(moment)


def _answer(row: PersonalEmail, contact: Contact, text: str, number: int) -> EmailMessage:
    message = EmailMessage()
    message["From"] = f"{contact.name} <{contact.email}>"
    message["To"], message["Subject"] = row.sender, f"Re: {row.subject}"[:250]
    message["In-Reply-To"] = row.message_id
    message["Message-ID"] = f"<answer-{row.pk}-{number}@example.com>"
    message.set_content(f"{text}\n\nOn {row.at:%d %B}, Sam Seller wrote:\n> here is our offer")
    return message


def _run(moment: datetime) -> None:
    while turn(clock=lambda: moment):
        pass


def _automations() -> None:
    """One for each trigger of personal e-mails."""
    letter = {
        "name": "After the download",
        "sender": "owner",
        "subject": "Your questions about the offer",
        "body": "Hello {{ contact.first_name }},\n\nmay I call you about the offer?",
    }
    note = {"text": "Reads what we write about the deal."}
    asked = {"name_is": "contains", "name": "offer"}
    _automation("Reads our offers", "email_opened", {"kind": "personal"}, [("add_note", note)])
    clicked = {**NOTICE, "text": "{{ contact.name }} looks at the offer on the site."}
    _automation(
        "Looks at the offer", "email_link_clicked",
        {"kind": "personal", "url": "https://example.com/offers"}, [("notify", clicked)],
    )  # fmt: skip
    answered = {"text": "Has answered a personal e-mail."}
    _automation("Answers personally", "email_replied", {"kind": "personal"}, [("add_note", answered)])
    _automation(
        "Downloaded the offer", "file_downloaded", asked,
        [("wait", {"mode": "period", "amount": 1, "unit": "days"}), ("send_personal_email", letter)],
    )  # fmt: skip
    warned = {**NOTICE, "text": "The mood of “{{ deal.title }}” has turned bad: {{ contact.name }} needs a call."}
    _automation("Turned sour", "sentiment_changed", {"old": "any", "new": "negative"}, [("notify", warned)])


def _automation(
    name: str, trigger: str, settings: dict[str, Any], steps: list[tuple[str, dict[str, Any]]]
) -> None:
    automation = Automation.objects.create(name=name)
    add_trigger(automation=automation, type=trigger, settings=settings)
    above: Step | None = None
    for kind, values in steps:
        place = {"parent": above.key, "arm": above.arms()[0].name} if above else {}
        above = add_step(automation=automation, type=kind, settings=values, **place)
    publish(automation=automation)
    activate(automation=automation)
