"""Reads what mail servers send back: delivery status notifications (RFC 3464), feedback reports (RFC 5965)."""

import re
from dataclasses import dataclass
from email.message import Message

from contacts.models.engagement import EmailAction

SOFT = re.compile(r"^(4\.|5\.2\.2|5\.3\.4)")


@dataclass(frozen=True, slots=True)
class Report:
    """`recipient` and `message_id` are of the e-mail that is reported on; "" where the report doesn't say."""

    action: EmailAction
    recipient: str
    message_id: str
    hard: bool
    detail: str


def read_report(message: Message) -> Report | None:
    """None for what is no report, or reports neither a failure nor a complaint (a delay, a delivery)."""
    if message.get_content_type() != "multipart/report":
        return None
    for part in message.walk():
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            return _delivery_status(part, _original_id(message))
        if kind == "message/feedback-report":
            return _feedback(part, _original_id(message))
    return None


def _delivery_status(part: Message, message_id: str) -> Report | None:
    """The first recipient that failed; ours have one."""
    for group in _groups(part):
        if str(group.get("Action") or "").strip().lower() != "failed":
            continue
        status = str(group.get("Status") or "").strip()
        words = _value(group, "Diagnostic-Code") or status
        recipient = _value(group, "Original-Recipient") or _value(group, "Final-Recipient")
        return Report(EmailAction.BOUNCE, recipient, message_id, not SOFT.match(status), words[:500])
    return None


def _feedback(part: Message, message_id: str) -> Report | None:
    for group in _groups(part):
        if str(group.get("Feedback-Type") or "").strip().lower() == "abuse":
            recipient = _value(group, "Original-Rcpt-To").strip("<>")
            detail = str(group.get("User-Agent") or "feedback report")[:500]
            return Report(EmailAction.COMPLAINT, recipient, message_id, hard=False, detail=detail)
    return None


def _groups(part: Message) -> list[Message]:
    """The groups of fields; parsers give them as parts, or (feedback reports) as a text."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return [group for group in payload if isinstance(group, Message)]
    from email import message_from_string

    return [message_from_string(text) for text in re.split(r"\r?\n\r?\n", str(payload)) if text.strip()]


def _value(group: Message, name: str) -> str:
    """The field without its type (“rfc822; ann@example.com”)."""
    text = " ".join(str(group.get(name) or "").split())
    return text.partition(";")[2].strip() if ";" in text else text


def _original_id(message: Message) -> str:
    """The Message-ID of the e-mail that comes back in the report, whole or its headers alone."""
    for part in message.walk():
        payload = part.get_payload()
        if part.get_content_type() == "message/rfc822" and isinstance(payload, list) and payload:
            original = payload[0]
            if isinstance(original, Message) and original.get("Message-ID"):
                return str(original["Message-ID"]).strip()
        if part.get_content_type() in ("text/rfc822-headers", "message/rfc822-headers"):
            found = re.search(r"^message-id:\s*(<[^>\s]+>)", _text_of(part), re.I | re.M)
            if found:
                return found[1]
    return ""


def _text_of(part: Message) -> str:
    raw = part.get_payload(decode=True)
    return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(part.get_payload())
