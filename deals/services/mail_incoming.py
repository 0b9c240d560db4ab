"""Takes in one mail of a mailbox: into its conversation, as an answer, with its sentiment; or as a bounce."""

from email.message import Message
from enum import StrEnum

from django.db import transaction
from django.utils import timezone

from contacts.autoreplies import is_automatic
from contacts.mail_reading import clean, references, text_of
from contacts.models.engagement import EmailAction, EmailKind
from contacts.origin import Origin, Source, caused_by
from contacts.reports import read_report
from contacts.services.engagement import record_email_activity
from contacts.services.provider_notices import Notice, apply_notice, find_email, first_time
from contacts.values import fold_email
from deals.models import Mailbox, PersonalEmail
from deals.models.mail import Direction

from .mail_matching import Match, find_match, sender_of
from .sentiment import read_sentiment

KEPT = 50_000
MAX_FILES = 50


class Came(StrEnum):
    """What became of a mail."""

    ANSWER = "answer"
    MAIL = "mail"
    AUTOMATIC = "automatic"
    BOUNCE = "bounce"
    NOBODYS = "nobodys"
    REPEATED = "repeated"


def is_wanted(*, mailbox: Mailbox, head: Message) -> bool:
    """By its headers alone: whether the whole of it has to be read."""
    return head.get_content_type() == "multipart/report" or find_match(mailbox=mailbox, message=head) is not None


@transaction.atomic
def receive_personal(*, mailbox: Mailbox, message: Message) -> Came:
    """Take it in, once however often it is read."""
    with caused_by(Origin(source=Source.CONTACT)):
        if message.get_content_type() == "multipart/report":
            return _bounced(mailbox, message)
        match = find_match(mailbox=mailbox, message=message)
        if match is None:
            return Came.NOBODYS
        row = _row(mailbox, message, match)
        before = PersonalEmail.objects.filter(mailbox=mailbox, message_id=row.message_id, direction=Direction.IN)
        if row.message_id and before.exists():
            return Came.REPEATED
        row.save(force_insert=True)
        if row.automatic:
            return Came.AUTOMATIC
        if match.answered is not None and match.answered.email is not None:
            record_email_activity(email=match.answered.email, action=EmailAction.REPLY)
        read_sentiment(email=row)
        return Came.MAIL if match.answered is None else Came.ANSWER


def _row(mailbox: Mailbox, message: Message, match: Match) -> PersonalEmail:
    named = list(references(message))
    own = clean(str(message.get("Message-ID") or ""))[:250]
    answered = match.answered
    return PersonalEmail(
        direction=Direction.IN,
        mailbox=mailbox,
        user_id=mailbox.user_id,
        contact=match.contact,
        deal=match.deal,
        account=match.account,
        sender=clean(sender_of(message))[:254],
        recipient=mailbox.address,
        subject=clean(str(message.get("Subject") or ""))[:250],
        text=text_of(message)[:KEPT],
        message_id=own,
        in_reply_to=answered.message_id if answered else "",
        references=" ".join(dict.fromkeys(reversed(named))),
        thread=answered.thread if answered else (named[-1] if named else own)[:250],
        automatic=is_automatic(message),
        files=_files(message),
        at=timezone.now(),
    )


def _files(message: Message) -> list[str]:
    names = [clean(str(part.get_filename() or "")) for part in message.walk() if part.get_filename()]
    return [name[:200] for name in names][:MAX_FILES]


def _bounced(mailbox: Mailbox, message: Message) -> Came:
    """Of an e-mail that left by this mailbox, and about the address that it went to."""
    report = read_report(message)
    if report is None or not report.message_id:
        return Came.NOBODYS
    email = find_email(message_id=report.message_id, recipient=report.recipient)
    if email is None or email.kind != EmailKind.PERSONAL or email.details.get("mailbox") != mailbox.pk:
        return Came.NOBODYS
    key = str(message.get("Message-ID") or report.message_id)
    if not first_time(provider=f"mailbox-{mailbox.pk}", key=key):
        return Came.REPEATED
    wrong = report.recipient and fold_email(report.recipient) != email.address.casefold()
    if wrong and email.address:
        return Came.NOBODYS
    apply_notice(email=email, notice=Notice("mail", "", report.action, detail=report.detail, hard=report.hard))
    return Came.BOUNCE
