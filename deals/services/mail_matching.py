"""To which conversation, contact and deal a mail belongs that came into a mailbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from email.message import Message
from email.utils import parseaddr

from contacts.mail_reading import references
from contacts.models import Account, Contact
from contacts.values import fold_email
from deals.models import Deal, DealStatus, Mailbox, PersonalEmail


@dataclass(frozen=True, slots=True)
class Match:
    """`answered` is the e-mail of the conversation that it answers; None where only the address is known."""

    contact: Contact
    answered: PersonalEmail | None
    deal: Deal | None
    account: Account | None


def sender_of(message: Message) -> str:
    return fold_email(parseaddr(str(message.get("From") or ""))[1])[:254]


def find_match(*, mailbox: Mailbox, message: Message) -> Match | None:
    """None for what is of nobody known: such a mail is nobody's business here, and is not kept.

    First by the Message-IDs that it names, which must be of this mailbox's user and of a conversation with the
    sender (they can be guessed); then by the sender's address.
    """
    sender = sender_of(message)
    if not sender or sender == fold_email(mailbox.address):
        return None
    answered = _answered(mailbox, list(references(message)), sender)
    if answered is not None:
        return Match(answered.contact, answered, answered.deal, answered.account)
    contact = Contact.objects.filter(email=sender).first()
    return None if contact is None else Match(contact, None, _open_deal(contact), None)


def _answered(mailbox: Mailbox, named: Sequence[str], sender: str) -> PersonalEmail | None:
    """The nearest first. `sender` is whom it went to (or came from), or who the contact is by now."""
    rows = PersonalEmail.objects.filter(message_id__in=named).select_related("contact", "deal", "account", "email")
    found: dict[str, PersonalEmail] = {}
    for row in rows:
        ours = row.mailbox_id == mailbox.pk or row.user_id == mailbox.user_id
        if ours and sender in (fold_email(row.recipient), fold_email(row.sender), row.contact.email):
            found.setdefault(row.message_id, row)
    return next((found[one] for one in named if one in found), None)


def _open_deal(contact: Contact) -> Deal | None:
    """The contact's open deal, where there is just one: of several nobody knows which is meant."""
    deals = Deal.objects.filter(participants__contact=contact, status=DealStatus.OPEN).distinct()
    found = list(deals[:2])
    return found[0] if len(found) == 1 else None
