"""What providers post, in the shapes of their documentation, and e-mails for it to be about."""

import hashlib
import hmac
import json
import urllib.error
import urllib.request
from email import message_from_string, policy
from email.message import EmailMessage
from itertools import count
from typing import Any

from django.utils import timezone

from contacts.models import Campaign, Contact, SentEmail
from contacts.services import create_contact, subscribe_contacts
from tests.factories import ListFactory

SIGNING_KEY = "key-for-tests"
_numbers = count(1)


def sent_email(contact: Contact | None = None, **values: Any) -> SentEmail:
    """An e-mail of the ledger that went out just now, to a contact on one list."""
    number = next(_numbers)
    if contact is None:
        contact = create_contact(email=f"ann{number}@example.com")
    mailing_list = ListFactory()
    subscribe_contacts(contacts=contact, list=mailing_list)
    campaign = Campaign.objects.create(name="News", subject="News")
    given = {"campaign": campaign, "lists": [mailing_list.pk], "subject": "News", "sent_at": timezone.now()}
    given |= {"reference": 1_000_000 + number, "message_id": f"<m{number}@mail.example.com>"}
    return SentEmail.objects.create(contact=contact, address=contact.email, **(given | values))


def mailgun(event: str, email: SentEmail, *, key: str = SIGNING_KEY, **changes: Any) -> dict[str, Any]:
    """documentation.mailgun.com: webhook payloads, “event-data” with its signature."""
    token, timestamp = hashlib.sha256(f"{next(_numbers)}".encode()).hexdigest()[:50], "1529006854"
    signature = hmac.new(key.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    data = {
        "id": "DACSsAdVSeGpLid7TN03WA",
        "event": event,
        "timestamp": timezone.now().timestamp() - 1,
        "recipient": email.address,
        "recipient-domain": "example.com",
        "tags": [],
        "user-variables": {},
        "campaigns": [],
        "message": {"headers": {"to": email.address, "message-id": email.message_id.strip("<>")}, "size": 867},
        "flags": {"is-authenticated": True, "is-test-mode": False},
    }
    return {
        "signature": {"timestamp": timestamp, "token": token, "signature": signature},
        "event-data": data | changes,
    }


def postmark(kind: str, email: Any = None, **changes: Any) -> dict[str, Any]:
    """postmarkapp.com/developer/webhooks: one of its notices."""
    now = timezone.now().strftime("%Y-%m-%dT%H:%M:%S.0000000Z")
    message_id = f"00000000-0000-0000-0000-{next(_numbers):012d}"
    given = {
        "RecordType": kind,
        "MessageStream": "outbound",
        "MessageID": message_id,
        "Metadata": {},
        "Tag": "welcome",
    }
    address = "ann@example.com"
    if email is not None:
        given["MessageID"], address = email.message_id, email.address
    client = {"Name": "Chrome 35.0.1916.153", "Company": "Google", "Family": "Chrome"}
    system = {"Name": "OS X 10.7 Lion", "Company": "Apple Computer, Inc.", "Family": "OS X 10"}
    agent = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_7_5) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/35.0"
    reader = {"Recipient": address, "ReceivedAt": now, "Platform": "WebMail", "UserAgent": agent, "OS": system}
    reader |= {"Client": client, "Geo": {"IP": "188.2.95.4", "City": "Novi Sad"}}
    bounce = {
        "ID": next(_numbers),
        "Email": address,
        "From": "shop@example.com",
        "BouncedAt": now,
        "Subject": "Order",
    }
    bounce |= {"Inactive": True, "DumpAvailable": True, "CanActivate": True, "ServerID": 23, "Content": ""}
    more = {
        "Open": {**reader, "FirstOpen": True},
        "Click": {**reader, "ClickLocation": "HTML", "OriginalLink": "https://example.com/order"},
        "Delivery": {"Recipient": address, "DeliveredAt": now, "Details": "Test", "ServerID": 23},
        "Bounce": {**bounce, "Type": "HardBounce", "TypeCode": 1, "Name": "Hard bounce", "Details": "550 5.1.1"},
        "SpamComplaint": {**bounce, "Type": "SpamComplaint", "TypeCode": 512, "Name": "Spam complaint"},
        "SubscriptionChange": {
            "Recipient": address, "ChangedAt": now, "Origin": "Recipient", "SuppressSending": True,
            "SuppressionReason": "ManualSuppression", "ServerID": 23,
        },
    }[kind]  # fmt: skip
    return given | more | changes


def post(url: str, payload: Any, content_type: str = "application/json") -> int:
    """The status that a live server answers with."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    request = urllib.request.Request(url, body, {"Content-Type": content_type})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def inbound(raw: EmailMessage) -> dict[str, Any]:
    """Postmark's inbound notice, with the whole mail."""
    return {"FromFull": {"Email": "x@example.com"}, "MessageID": str(next(_numbers)), "RawEmail": raw.as_string()}


def mail(to: str, sender: str = "ann@example.com", text: str = "Yes, please.", **headers: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = f"Ann <{sender}>", to
    message["Subject"] = headers.pop("subject", "Re: News")
    message["Message-ID"] = f"<in{next(_numbers)}@example.com>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def bounce_mail(email: SentEmail, to: str = "", *, action: str = "failed", status: str = "5.1.1") -> Any:
    """A delivery status notification as Postfix writes it."""
    raw = f"""From: MAILER-DAEMON@mx.example.net
To: {to or "bounces@in.example.org"}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Message-ID: <dsn{next(_numbers)}@mx.example.net>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.example.net.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {email.address}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} no such user

--b1
Content-Type: text/rfc822-headers

From: news@example.org
To: {email.address}
Message-ID: {email.message_id}

--b1--
"""
    return message_from_string(raw, policy=policy.default)
