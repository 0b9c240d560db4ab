"""Sending an e-mail's public version on to friends of its reader: each friend once, addresses not kept."""

from collections.abc import Sequence

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils.translation import gettext as _

from contacts.models import EmailForward, SentEmail, Suppression
from contacts.models.engagement import EmailAction
from contacts.services.engagement import record_email_activity
from contacts.values import address_hash

from .mailer import hand_over, mail_connection
from .message import one_line
from .outbox import Permanent, Temporary
from .own_links import public_url
from .reading import read_public

MAX_FRIENDS = 5


def forward_to_friends(*, email: SentEmail, name: str, friends: Sequence[str], message: str) -> int:
    """Send it and record the forward; returns to how many it went.

    Those who were sent it before, and those who want no mail, are left out without a word. Each is noted
    before it is sent: a crash in between loses one rather than sending two. ValidationError where the
    e-mail is gone; the mailer's errors where nothing could be sent.
    """
    subject = read_public(email).subject
    hashes = {address_hash(friend): friend for friend in friends[:MAX_FRIENDS]}
    unwanted = Suppression.objects.filter(address_hash__in=hashes).values_list("address_hash", flat=True)
    wanted = {key: friend for key, friend in hashes.items() if key not in set(unwanted)}
    sent = _send(email, wanted, _words(name, message, subject, public_url(email.pk))) if wanted else 0
    record_email_activity(email=email, action=EmailAction.FORWARD)
    return sent


def _send(email: SentEmail, friends: dict[str, str], words: tuple[str, str]) -> int:
    sent = 0
    with mail_connection() as connection:
        for key, friend in friends.items():
            with transaction.atomic():
                row, new = EmailForward.objects.get_or_create(email=email, friend_hash=key)
            if not new:
                continue
            try:
                hand_over(connection, _message(friend, *words))
            except (Temporary, Permanent) as error:  # it certainly did not go
                row.delete()
                if isinstance(error, Temporary):
                    raise
                continue
            sent += 1
    return sent


def _message(friend: str, subject: str, body: str) -> EmailMessage:
    return EmailMessage(
        subject=subject,
        body=body,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[friend],
        headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
    )


def _words(name: str, message: str, subject: str, url: str) -> tuple[str, str]:
    """(subject, text)"""
    names = {"name": one_line(name), "subject": one_line(subject)}
    parts = [_("%(name)s thinks that this e-mail may interest you: “%(subject)s”") % names, url]
    if message:
        parts.append(_("%(name)s writes:") % names + f"\n{message}")
    parts.append(_("You get this once, because %(name)s gave your address. It was not kept.") % names)
    return (_("%(name)s recommends: %(subject)s") % names)[:250], "\n\n".join(parts) + "\n"
