"""Event tracking over HTTP: form-encoded as ActiveCampaign's users send it, or JSON.

Form    actid, key, event, eventdata, visit={"email": "..."}
JSON    {"key": "...", "event": "...", "email": "...", "value": "..."}; "actid" may be given

201 recorded · 202 the address is no contact's (counted) · 400 bad input · 403 wrong key · 404 unknown event ·
413 more than 64 KiB · 415 another type of body · 429 too many, see Retry-After. The body says what and why.
"""

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
from contacts.selectors.site import current_site
from contacts.services.tracking import UnknownEvent, receive_event

from .limits import sender_of
from .refusals import Refused, check_rate, check_request, only_texts, read_object

WRONG_KEYS = 120
FORM = ("application/x-www-form-urlencoded", "multipart/form-data")
FIELDS = ("actid", "key", "event", "email", "value")


@csrf_exempt
def track_event(request: HttpRequest) -> JsonResponse:
    try:
        return _answer(request)
    except Refused as refusal:
        return refusal.answer()


def _answer(request: HttpRequest) -> JsonResponse:
    check_request(request)
    sender = sender_of(request)
    check_rate(f"events-from-{sender}", settings.EVENT_RATE_PER_ADDRESS)
    given = _read(request)
    account = _checked_key(given, sender)
    check_rate(f"events-{account.account_number}", settings.EVENT_RATE_PER_KEY)
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


def _checked_key(given: Mapping[str, str], sender: str) -> TrackingSettings:
    site = current_site()
    account = site.account if site else None
    right = account is not None and constant_time_compare(given["key"], account.key)
    if account is None or not right or given["actid"] not in ("", str(account.account_number)):
        check_rate(f"wrong-keys-from-{sender}", WRONG_KEYS)
        raise Refused(403, "wrong_key", _("The account number or key is wrong; both are on the tracking page."))
    return account


def _read(request: HttpRequest) -> dict[str, str]:
    if request.content_type in FORM:
        return only_texts(_form(request), FIELDS)
    if request.content_type == "application/json":
        return only_texts(read_object(request.body, "body"), FIELDS)
    raise Refused(415, "unsupported_media_type", _("Send a form or application/json."))


def _form(request: HttpRequest) -> dict[str, Any]:
    try:
        posted = request.POST.dict()
    except (BadRequest, MultiPartParserError, SuspiciousOperation, UnicodeError):
        raise Refused(400, "invalid", _("The form can't be read.")) from None
    visit = read_object(posted.get("visit") or "{}", "visit")
    # What trackers of that kind send besides is none of ours, and let pass.
    return {
        **{name: posted.get(name, "") for name in ("actid", "key", "event")},
        "email": visit.get("email", ""),
        "value": posted.get("eventdata", ""),
    }
