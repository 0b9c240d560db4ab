"""Event tracking over HTTP: form-encoded as ActiveCampaign's users send it, or JSON.

Form    actid, key, event, eventdata, visit={"email": "..."}
JSON    {"key": "...", "event": "...", "email": "...", "value": "..."}; "actid" may be given

201 recorded · 202 the address is no contact's (counted) · 400 bad input · 403 wrong key · 404 unknown event ·
413 more than 64 KiB · 415 another type of body · 429 too many, see Retry-After. The body says what and why.
"""

import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation, ValidationError
from django.http import HttpRequest, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from contacts.models import TrackingSettings
from contacts.origin import Origin, Source, caused_by
from contacts.services.tracking import UnknownEvent, receive_event

from .limits import exceeded, sender_of
from .page import MAX_BODY

WRONG_KEYS = 120
FORM = ("application/x-www-form-urlencoded", "multipart/form-data")
FIELDS = ("actid", "key", "event", "email", "value")


class Refused(Exception):
    """Answered with `status` and `message`; `fields` are messages by field."""

    def __init__(self, status: int, code: str, message: str, fields: Any = None, wait: int = 0) -> None:
        self.status, self.code, self.message = status, code, message
        self.fields, self.wait = fields or {}, wait


@csrf_exempt
def track_event(request: HttpRequest) -> JsonResponse:
    try:
        return _answer(request)
    except Refused as refusal:
        error = {"code": refusal.code, "message": refusal.message, "fields": refusal.fields}
        response = JsonResponse({"success": 0, "message": refusal.message, "error": error}, status=refusal.status)
        if refusal.wait:
            response["Retry-After"] = str(refusal.wait)
        if refusal.status == 405:
            response["Allow"] = "POST"
        return response


def _answer(request: HttpRequest) -> JsonResponse:
    if request.method != "POST":
        raise Refused(405, "method_not_allowed", _("Send a POST."))
    sender = sender_of(request)
    _limit(f"events-from-{sender}", settings.EVENT_RATE_PER_ADDRESS)
    given = _read(request)
    account = _checked_key(given, sender)
    _limit(f"events-{account.account_number}", settings.EVENT_RATE_PER_KEY)
    try:
        with caused_by(Origin(source=Source.INTEGRATION)):
            known = receive_event(
                settings=account, email=given["email"], event=given["event"], value=given["value"]
            )
    except ValidationError as error:
        status, code = (404, "unknown_event") if isinstance(error, UnknownEvent) else (400, "invalid")
        raise Refused(status, code, " ".join(error.messages), error.message_dict) from None
    if known:
        return JsonResponse({"success": 1, "message": _("The event is recorded.")}, status=201)
    return JsonResponse({"success": 1, "message": _("Unknown contact; the event was only counted.")}, status=202)


def _limit(what: str, limit: int) -> None:
    if wait := exceeded(what, limit):
        raise Refused(429, "throttled", _("Too many events; try again in %d seconds.") % wait, wait=wait)


def _checked_key(given: Mapping[str, str], sender: str) -> TrackingSettings:
    account = TrackingSettings.objects.filter(pk=1).first()
    right = account is not None and constant_time_compare(given["key"], account.key)
    if account is None or not right or given["actid"] not in ("", str(account.account_number)):
        _limit(f"wrong-keys-from-{sender}", WRONG_KEYS)
        raise Refused(403, "wrong_key", _("The account number or key is wrong; both are on the tracking page."))
    return account


def _read(request: HttpRequest) -> dict[str, str]:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > MAX_BODY:
        raise Refused(413, "too_large", _("The body has more than %d bytes.") % MAX_BODY)
    if request.content_type in FORM:
        return _texts(_form(request))
    if request.content_type == "application/json":
        return _texts(_object(request.body, "body"))
    raise Refused(415, "unsupported_media_type", _("Send a form or application/json."))


def _form(request: HttpRequest) -> dict[str, Any]:
    try:
        posted = request.POST.dict()
    except (BadRequest, MultiPartParserError, SuspiciousOperation, UnicodeError):
        raise Refused(400, "invalid", _("The form can't be read.")) from None
    visit = _object(posted.get("visit") or "{}", "visit")
    # What trackers of that kind send besides is none of ours, and let pass.
    return {
        **{name: posted.get(name, "") for name in ("actid", "key", "event")},
        "email": visit.get("email", ""),
        "value": posted.get("eventdata", ""),
    }


def _object(text: str | bytes, field: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        message = _("“%s” is no JSON object.") % field
        raise Refused(400, "invalid_json", message, {field: [message]})
    return found


def _texts(given: Mapping[str, Any]) -> dict[str, str]:
    unknown = sorted(set(given) - set(FIELDS))
    if unknown:
        message = _("There is no such field; the fields are: %s.") % ", ".join(FIELDS)
        raise Refused(400, "invalid", message, {name[:100]: [message] for name in unknown[:20]})
    wrong = [
        name
        for name, value in given.items()
        if isinstance(value, bool) or not isinstance(value, str | int | float)
    ]
    if wrong:
        message = _("Give a text.")
        raise Refused(400, "invalid", message, {name: [message] for name in wrong})
    return {name: str(given.get(name, "")) for name in FIELDS}
