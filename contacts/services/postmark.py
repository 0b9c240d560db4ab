"""What Postmark reports of the transactional e-mail that it sends for somebody.

The payloads are those of its webhooks (postmarkapp.com/developer/webhooks): Open, Click, Delivery, Bounce,
SpamComplaint, SubscriptionChange. None but the bounce names the subject: it is asked for once, in the worker,
at the API, before what was done with the e-mail is recorded.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpcore
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from contacts.models import Contact, PostmarkServer, ProviderNotice, SentEmail
from contacts.models.engagement import EmailAction, EmailKind
from contacts.models.mailing import new_webhook_key
from contacts.outgoing.http import TooMuch, fetch
from contacts.values import clean_email, fold_email

from .provider_notices import Notice, apply_notice, find_email, notice_key
from .queue import enqueue
from .records import save_record

MAX_ANSWER = 10 * 1024 * 1024
#: Waits before another try for the subject; after the last one it is recorded without.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120))
LEASE = timedelta(minutes=2)
BATCH = 200

ACTIONS = {
    "Open": EmailAction.OPEN,
    "Click": EmailAction.CLICK,
    "Delivery": EmailAction.DELIVERED,
    "Bounce": EmailAction.BOUNCE,
    "SpamComplaint": EmailAction.COMPLAINT,
    "SubscriptionChange": EmailAction.UNSUBSCRIBE,
}
# Of a bounce: those that say that the address does not work, or that there was no bounce at all.
HARD = ("HardBounce", "BadEmailAddress")
NO_BOUNCE = (
    "Transient", "Unsubscribe", "Subscribe", "AutoResponder", "AddressChange", "OpenRelayTest", "DnsError",
    "ChallengeVerification",
)  # fmt: skip
KEPT = (
    "RecordType", "MessageID", "MessageStream", "Recipient", "Email", "Tag", "Subject", "Metadata", "Type", "ID",
    "Description", "Details", "SuppressSending", "SuppressionReason", "OriginalLink", "ReceivedAt", "DeliveredAt",
    "BouncedAt", "ChangedAt", "UserAgent", "Client", "Platform", "FirstOpen",
)  # fmt: skip


def save_postmark_server(
    *, server: PostmarkServer, name: str, token: str = "", new_key: bool = False
) -> PostmarkServer:
    """ValidationError by field. An empty `token` leaves the stored one."""
    values = {"name": name.strip()}
    if token:
        if not token.isascii() or not token.isprintable() or " " in token:
            raise ValidationError({"token": _("The token has characters that no token has; copy it again.")})
        values["token"] = token
    if new_key:
        values["key"] = new_webhook_key()
    return save_record(record=server, values=values)


def postmark_address(*, server: PostmarkServer) -> str:
    """Where Postmark has to post to. Whoever knows it can report of any e-mail."""
    path = reverse("contacts:postmark_webhook", args=[server.pk, server.key])
    return f"{settings.SITE_URL}{path}"


def receive_postmark(*, server: PostmarkServer, payload: Mapping[str, Any]) -> str:
    """Take in one notice. "recorded", "waiting" (for its subject), "unknown", "repeated", or "ignored".

    ValidationError by field for what Postmark does not send.
    """
    text = _checked(payload)
    if _action(text) is None:
        return "ignored"
    with transaction.atomic():
        notice, new = ProviderNotice.objects.get_or_create(
            key=notice_key(f"postmark-{server.pk}", _identity(text)), defaults={"server": server}
        )
        if not new:
            return "repeated"
        PostmarkServer.objects.filter(pk=server.pk).update(last_at=timezone.now())
        email = _email_of(server, text)
        if email is None:
            PostmarkServer.objects.filter(pk=server.pk).update(unknown_contacts=F("unknown_contacts") + 1)
            return "unknown"
        if not email.subject and server.token and _action(text) in (EmailAction.OPEN, EmailAction.CLICK):
            notice.payload, notice.due_at = text, timezone.now() + LEASE
            notice.save(update_fields=["payload", "due_at"])
            enqueue("contacts.tasks.settle_postmark", notice.pk)
            return "waiting"
        _record(email, text)
    return "recorded"


def settle_postmark(*, notice_id: int) -> bool:
    """Ask for the subject and record the notice; False where it is settled, or is to be tried again later."""
    notice = ProviderNotice.objects.select_related("server").filter(pk=notice_id, due_at__isnull=False).first()
    if notice is None or notice.server is None:
        return False
    text: dict[str, Any] = notice.payload or {}
    email = _found(text)
    subject = email.subject if email is not None else ""
    if email is not None and not subject:
        subject, final = _subject(notice.server, text["MessageID"])
        if not subject and not final and notice.attempts < len(WAITS):
            due = timezone.now() + WAITS[notice.attempts]
            ProviderNotice.objects.filter(pk=notice.pk).update(attempts=F("attempts") + 1, due_at=due)
            return False
    with transaction.atomic():
        mine = ProviderNotice.objects.filter(pk=notice.pk, due_at__isnull=False)
        if not mine.update(due_at=None, payload=None):
            return False
        if email is not None:
            email.subject = subject
            SentEmail.objects.filter(message_id=email.message_id, subject="").update(subject=subject)
            _record(email, text)
    return True


def settle_the_rest(*, now: datetime | None = None) -> int:
    """Queue the notices that are due (again), or whose task got lost; returns how many."""
    moment = now or timezone.now()
    due = list(ProviderNotice.objects.filter(due_at__lte=moment).values_list("pk", flat=True)[:BATCH])
    # News of them, so that the next sweep leaves them alone for a while.
    ProviderNotice.objects.filter(pk__in=due, due_at__lte=moment).update(due_at=moment + LEASE)
    for pk in due:
        enqueue("contacts.tasks.settle_postmark", pk)
    return len(due)


def _checked(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What is used of a payload, as texts, numbers and flags; ValidationError by field."""
    text = {name: _plain(payload[name]) for name in KEPT if payload.get(name) is not None}
    wanted = {
        "RecordType": _("Postmark names the kind of notice here."),
        "MessageID": _("A notice names its message."),
    }
    missing = {name: message for name, message in wanted.items() if not isinstance(payload.get(name), str)}
    if not _recipient(text):
        missing["Recipient"] = _("A notice names whom the e-mail went to.")
    if missing:
        raise ValidationError(missing)
    return text


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()[:500]
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {str(name)[:100]: str(one)[:250] for name, one in list(value.items())[:30]}
    return str(value)[:250]


def _action(text: Mapping[str, Any]) -> EmailAction | None:
    """None for kinds that are none of ours: a change to “may be written to again”, an automatic answer."""
    kind = text["RecordType"]
    action = ACTIONS.get(kind)
    if kind == "Bounce" and text.get("Type") in NO_BOUNCE:
        return EmailAction.UNSUBSCRIBE if text.get("Type") == "Unsubscribe" else None
    if kind == "SubscriptionChange":
        if text.get("SuppressSending") is False:
            return None
        reasons = {"HardBounce": EmailAction.BOUNCE, "SpamComplaint": EmailAction.COMPLAINT}
        return reasons.get(str(text.get("SuppressionReason")), action)
    return action


def _identity(text: Mapping[str, Any]) -> str:
    """What makes it this notice; Postmark has ids for bounces only."""
    names = (
        "RecordType",
        "ID",
        "MessageID",
        "OriginalLink",
        "ReceivedAt",
        "DeliveredAt",
        "BouncedAt",
        "ChangedAt",
    )
    return json.dumps([str(text.get(name, "")) for name in names] + [fold_email(_recipient(text))])


def _recipient(text: Mapping[str, Any]) -> str:
    found = text.get("Recipient") or text.get("Email") or ""
    return found if isinstance(found, str) else ""


def _found(text: Mapping[str, Any]) -> SentEmail | None:
    return find_email(message_id=text["MessageID"], recipient=_recipient(text))


def _email_of(server: PostmarkServer, text: Mapping[str, Any]) -> SentEmail | None:
    """The e-mail, made at its first notice; None for a recipient who is no contact."""
    found = _found(text)
    if found is not None:
        return found
    # One at a time: two first notices of one message make one e-mail, and streams are not lost.
    locked = PostmarkServer.objects.select_for_update().get(pk=server.pk)
    found = _found(text)
    if found is not None:
        return found
    try:
        address = clean_email(_recipient(text))
    except ValidationError:
        return None
    contact = Contact.objects.filter(email=address).first()
    if contact is None:
        return None
    stream, tag = str(text.get("MessageStream") or ""), str(text.get("Tag") or "")
    if stream and stream not in locked.streams:
        locked.streams = [*locked.streams, stream][-50:]
        locked.save(update_fields=["streams"])
    metadata = text.get("Metadata")
    given = metadata.get("subject", "") if isinstance(metadata, dict) else ""
    return SentEmail.objects.create(
        kind=EmailKind.TRANSACTIONAL,
        contact=contact,
        address=address,
        subject=str(text.get("Subject") or given)[:250],
        message_id=text["MessageID"][:250],
        details={"server": locked.name, "stream": stream, "tag": tag},
        sent_at=timezone.now(),
    )


def _record(email: SentEmail, text: Mapping[str, Any]) -> None:
    action = _action(text)
    if action is None:
        return
    times = (text.get(name) for name in ("ReceivedAt", "DeliveredAt", "BouncedAt", "ChangedAt"))
    detail = text.get("Details") or text.get("Description") or text.get("SuppressionReason") or ""
    hard = text.get("Type") in HARD or text.get("SuppressionReason") == "HardBounce"
    notice = Notice(
        provider="Postmark",
        key="",
        action=action,
        at=_moment(next((str(time) for time in times if time), "")),
        detail=str(detail),
        hard=hard,
        url=str(text.get("OriginalLink") or ""),
        agent=str(text.get("UserAgent") or ""),
        machine=_by_machine(text),
    )
    apply_notice(email=email, notice=notice)


def _moment(text: str) -> datetime | None:
    """The time, with seven decimals as Postmark writes them; none that is still to come."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    now = timezone.now()
    return found if found is not None and found.tzinfo is not None and found <= now else now


def _by_machine(text: Mapping[str, Any]) -> bool:
    """Postmark knows the fetches of Apple's Mail Privacy Protection and names the client so."""
    client = text.get("Client")
    name = str(client.get("Name", "")) if isinstance(client, dict) else ""
    return "privacy" in name.casefold()


def _subject(server: PostmarkServer, message_id: str) -> tuple[str, bool]:
    """(the subject, or "" for none; whether asking again would not help)."""
    url = f"{settings.POSTMARK_API_URL}/messages/outbound/{quote(message_id, safe='')}/details"
    headers = [(b"Accept", b"application/json"), (b"X-Postmark-Server-Token", server.token.encode())]
    try:
        status, body = fetch("GET", url, headers=headers, seconds=settings.WEBHOOK_TIMEOUT, max_bytes=MAX_ANSWER)
    except (OSError, httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError):
        return "", False
    except (TooMuch, ValidationError):
        return "", True
    if status != 200:
        return "", status in (400, 401, 403, 404, 422)
    try:
        found = json.loads(body)
    except ValueError:
        return "", True
    subject = found.get("Subject") if isinstance(found, dict) else None
    return (_plain(subject)[:250] if isinstance(subject, str) else ""), True
