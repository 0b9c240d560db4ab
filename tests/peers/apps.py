"""Deliveries as Calendly, Typeform and Unbounce send them, signed as they sign them."""

import base64
import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlencode, urlsplit

from contacts.models import AppConnection, AppSource
from contacts.services import save_connection, webhook_address

SECRET = "a-secret-of-the-tests-1"


def connect(app: str, name: str = "Main", **values: Any) -> AppConnection:
    values = {"app": app, "name": name, "secret": SECRET, **values}
    lists, tags = values.pop("lists", None), values.pop("tags", None)
    return save_connection(connection=AppConnection(), values=values, lists=lists, tags=tags)


def source(app: str, external_id: str, name: str = "") -> AppSource:
    connection = AppConnection.objects.filter(app=app).first() or connect(app)
    return AppSource.objects.get_or_create(
        connection=connection, external_id=external_id, defaults={"name": name or external_id}
    )[0]


def calendly(email: str, number: int = 1, meeting: str = "intro", event: str = "invitee.created", **changes: Any):
    api = "https://api.calendly.com"
    payload = {
        "cancel_url": f"https://calendly.com/cancellations/{number}",
        "created_at": "2026-03-02T10:00:00.264437Z",
        "email": email,
        "event": f"{api}/scheduled_events/EV{number}",
        "first_name": None,
        "last_name": None,
        "name": "Ann Marie Lee",
        "new_invitee": None,
        "no_show": None,
        "old_invitee": None,
        "payment": None,
        "questions_and_answers": [
            {"answer": "Pricing\n& plans", "position": 0, "question": "What would you like to talk about?"},
            {"answer": "12", "position": 1, "question": "Team size"},
        ],
        "reconfirmation": None,
        "reschedule_url": f"https://calendly.com/reschedulings/{number}",
        "rescheduled": False,
        "routing_form_submission": None,
        "scheduled_event": {
            "created_at": "2026-03-02T10:00:00.249519Z",
            "end_time": "2026-03-10T14:00:00.000000Z",
            "event_guests": [],
            "event_memberships": [{"user": f"{api}/users/U1"}],
            "event_type": f"{api}/event_types/{meeting}",
            "invitees_counter": {"total": 1, "active": 1, "limit": 1},
            "location": {"type": "zoom", "join_url": "https://zoom.example.com/j/1"},
            "name": f"The {meeting} call",
            "start_time": "2026-03-10T13:30:00.000000Z",
            "status": "active",
            "updated_at": "2026-03-02T10:00:00.249519Z",
            "uri": f"{api}/scheduled_events/EV{number}",
        },
        "status": "active",
        "text_reminder_number": "+33 6 12 34 56 78",
        "timezone": "Europe/Paris",
        "tracking": {"utm_campaign": None, "utm_source": "ads", "utm_medium": None},
        "updated_at": "2026-03-02T10:00:00.264437Z",
        "uri": f"{api}/scheduled_events/EV{number}/invitees/IN{number}",
        **changes,
    }
    given = {"event": event, "created_at": "2026-03-02T10:00:00Z", "created_by": f"{api}/users/U1"}
    return {**given, "payload": payload}


def typeform(email: str, number: int = 1, form: str = "OOMZur", event: str = "form_response", **changes: Any):
    fields = [
        {"id": "f1", "title": "What's your name?", "type": "short_text", "ref": "name"},
        {"id": "f2", "title": "Your e-mail", "type": "email", "ref": "3e60e064-f14c-4787-9968-0358e8f34468"},
        {"id": "f3", "title": "Which of these?", "type": "multiple_choice", "ref": "interests"},
        {"id": "f4", "title": "Company size", "type": "multiple_choice", "ref": "size"},
        {"id": "f5", "title": "May we call?", "type": "yes_no", "ref": "call"},
        {"id": "f6", "title": "Phone", "type": "phone_number", "ref": "phone"},
    ]
    answers = [
        {"type": "text", "text": "Ann Lee", "field": fields[0]},
        {"type": "email", "email": email, "field": fields[1]},
        {"type": "choices", "choices": {"labels": ["Red", "Blue"], "other": "Teal"}, "field": fields[2]},
        {"type": "choice", "choice": {"label": "50-200"}, "field": fields[3]},
        {"type": "boolean", "boolean": True, "field": fields[4]},
        {"type": "phone_number", "phone_number": "+33612345678", "field": fields[5]},
    ]
    response = {
        "form_id": form,
        "token": f"01DTXE27VQSA3JP8ZMP0GF9H{number:02}",
        "landed_at": "2026-03-02T09:55:46Z",
        "submitted_at": "2026-03-02T10:00:00Z",
        "hidden": {"campaign": "spring"},
        "definition": {"id": form, "title": f"Form {form}", "fields": fields},
        "answers": answers,
        **changes,
    }
    return {"event_id": f"01EVENT{number}", "event_type": event, "form_response": response}


def unbounce(email: str, number: int = 1, page: str = "7648177d-7323-4330-b4f9-9951a52138b6", **changes: Any):
    """The form's parameters; `changes` are fields of the form."""
    name, url = f"Page {page[:4]}", "http://unbouncepages.com/wayfaring-147/"
    data = {
        "first_name": ["Ann"],
        "last_name": ["Lee"],
        "email": [email],
        "phone_number": ["+33612345678"],
        "interests": ["Red", "Blue"],
        "ip_address": ["203.0.113.9"],
        "page_uuid": [page],
        "variant": ["a"],
        "time_submitted": [f"12:{number:02} PM UTC"],
        "date_submitted": ["2026-03-02"],
        "page_url": [url],
        "page_name": [name],
        **changes,
    }
    return {
        "page_url": url, "page_name": name, "page_id": page, "variant": "a",
        "data.json": json.dumps(data), "data.xml": "<?xml version=\"1.0\"?><form_data/>",
    }  # fmt: skip


def signed(app: str, given: Any, secret: str = SECRET, at: float | None = None) -> tuple[bytes, dict[str, str]]:
    """(body, headers) as the app sends them."""
    if app == "unbounce":
        return urlencode(given).encode(), {"Content-Type": "application/x-www-form-urlencoded"}
    body = json.dumps(given).encode()
    key, headers = secret.encode(), {"Content-Type": "application/json"}
    if app == "typeform":
        digest = base64.b64encode(hmac.new(key, body, hashlib.sha256).digest()).decode()
        return body, {**headers, "Typeform-Signature": f"sha256={digest}"}
    stamp = str(int(time.time() if at is None else at))
    digest = hmac.new(key, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return body, {**headers, "Calendly-Webhook-Signature": f"t={stamp},v1={digest}"}


def path_of(connection: AppConnection, secret: str = SECRET) -> str:
    return urlsplit(webhook_address(connection, secret=secret)).path


def deliver(url: str, connection: AppConnection, given: Any, **signing: Any) -> tuple[int, str]:
    """Send to the live server at `url`; (status, outcome or error code)."""
    body, headers = signed(connection.app, given, **signing)
    path = path_of(connection, signing.get("secret", SECRET))
    try:
        with urllib.request.urlopen(urllib.request.Request(url + path, body, headers), timeout=10) as answer:
            return int(answer.status), json.loads(answer.read())["outcome"]
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())["error"]["code"]


PAYLOADS = {"calendly": calendly, "typeform": typeform, "unbounce": unbounce}
TRIGGERS = {
    "calendly": "calendly_meeting_received",
    "typeform": "typeform_form_received",
    "unbounce": "unbounce_page_received",
}
SOURCES = {
    "calendly": ("https://api.calendly.com/event_types/intro", "https://api.calendly.com/event_types/demo"),
    "typeform": ("OOMZur", "Other1"),
    "unbounce": ("7648177d-7323-4330-b4f9-9951a52138b6", "11111111-7323-4330-b4f9-9951a52138b6"),
}
#: How a payload names its source.
ABOUT = {"calendly": ("meeting", ("intro", "demo")), "typeform": ("form", SOURCES["typeform"])}
ABOUT["unbounce"] = ("page", SOURCES["unbounce"])


def about(app: str, email: str, number: int, which: int = 0, **changes: Any) -> Any:
    """A payload of the app about its first (0) or second (1) source."""
    name, values = ABOUT[app]
    return PAYLOADS[app](email, number, **{name: values[which]}, **changes)
