"""Writing to one contact: the e-mail, its files and the ledger's row together, or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from automations.delivery.content import as_text
from automations.delivery.personal import Letter, as_html, check_letter, message_id, sender_of, write_letter
from automations.engine.wake import wake_worker
from automations.models import Delivery
from contacts.models import Account, Contact, Suppression
from contacts.values import address_hash
from deals.models import Deal, MailAttachment, Mailbox, PersonalEmail
from deals.models.mail import Direction, SentFrom
from deals.services.attachments import take_attachments

CHANNEL = "personal"


@dataclass(frozen=True, slots=True)
class Writing:
    """What somebody writes, and where: from a deal, an account, the list of contacts, or (none of them) a contact.

    body      plain text or HTML, with personalisation
    mailbox   None: the system sends it in the user's name
    answers   the e-mail of the conversation that it goes on with
    """

    user: Any
    contact: Contact
    subject: str
    body: str
    mailbox: Mailbox | None = None
    deal: Deal | None = None
    account: Account | None = None
    from_overview: bool = False
    answers: PersonalEmail | None = None
    attachments: Sequence[MailAttachment] = ()
    track_opens: bool = True
    track_links: bool = True

    @property
    def sent_from(self) -> SentFrom:
        if self.deal is not None:
            return SentFrom.DEAL
        if self.account is not None:
            return SentFrom.ACCOUNT
        return SentFrom.OVERVIEW if self.from_overview else SentFrom.CONTACT

    @property
    def event(self) -> dict[str, Any]:
        """What texts can name besides the contact: the record it is written from."""
        record = self.deal or self.account
        return {"record": [record._meta.label_lower, record.pk]} if record is not None else {}


def letter_of(writing: Writing) -> Letter:
    """What the contact will read; ValidationError by field."""
    check_letter(writing.subject, writing.body)
    return write_letter(writing.subject, as_html(writing.body), writing.contact, writing.event)


@transaction.atomic
def send_personal_email(*, writing: Writing) -> PersonalEmail:
    """Put it into the ledger, to be sent at once; ValidationError by field."""
    _check_people(writing)
    letter = letter_of(writing)
    now = timezone.now()
    delivery = Delivery.objects.create(
        channel=CHANNEL,
        created_at=now,
        due_at=now,
        contact=writing.contact,
        target=writing.contact.email,
        subject=letter.subject,
        payload={
            "mailbox": writing.mailbox.pk if writing.mailbox else None,
            "sent_from": str(writing.sent_from),
            "deal": writing.deal.pk if writing.deal else None,
            "track_opens": writing.track_opens,
            "track_links": writing.track_links,
        },
    )
    row = _row(writing, letter, delivery)
    row.save(force_insert=True)
    if writing.attachments:
        take_attachments(email=row, attachments=writing.attachments)
    wake_worker()
    return row


def _check_people(writing: Writing) -> None:
    """That the mailbox is the user's, the contact the record's, and that the address may be written to."""
    mailbox, contact = writing.mailbox, writing.contact
    if mailbox is not None and (not mailbox.is_active or mailbox.user_id != getattr(writing.user, "pk", None)):
        raise ValidationError({"mailbox": _("This mailbox is not one of yours, or not connected.")})
    if writing.deal is not None and not writing.deal.participants.filter(contact=contact).exists():
        raise ValidationError({"contact": _("%(contact)s does not belong to the deal “%(deal)s”.") % {
            "contact": contact, "deal": writing.deal}})  # fmt: skip
    if writing.account is not None and not writing.account.contacts.filter(pk=contact.pk).exists():
        raise ValidationError({"contact": _("%(contact)s does not belong to the account “%(account)s”.") % {
            "contact": contact, "account": writing.account}})  # fmt: skip
    if writing.answers is not None and writing.answers.contact_id != contact.pk:
        raise ValidationError({"answers": _("This e-mail was exchanged with another contact.")})
    if Suppression.objects.filter(address_hash=address_hash(contact.email)).exists():
        text = _("“%s” is suppressed: the address bounced, or its owner wants no e-mail.")
        raise ValidationError({"contact": text % contact.email})


def _row(writing: Writing, letter: Letter, delivery: Delivery) -> PersonalEmail:
    own = message_id(delivery, writing.mailbox)
    answered = writing.answers
    references = f"{answered.references} {answered.message_id}".split() if answered else []
    return PersonalEmail(
        direction=Direction.OUT,
        sent_from=writing.sent_from,
        mailbox=writing.mailbox,
        user=writing.user,
        contact=writing.contact,
        account=writing.account,
        deal=writing.deal or (answered.deal if answered else None),
        delivery=delivery.pk,
        sender=sender_of(writing.mailbox, writing.user)[:254],
        recipient=writing.contact.email,
        subject=letter.subject,
        html=letter.html,
        text=as_text(letter.html),
        message_id=own,
        in_reply_to=answered.message_id if answered else "",
        # Some servers refuse very long headers: the first one and the last ones tell the conversation.
        references=" ".join([*references[:1], *references[1:][-18:]]),
        thread=answered.thread if answered else own,
        at=timezone.now(),
    )
