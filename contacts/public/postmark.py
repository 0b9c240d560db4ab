"""Where Postmark reports of transactional e-mail: /postmark/<server>/<key>/, one notice a post.

200 taken: the body says what became of it · 400 no notice of Postmark's · 404 wrong key · 405 no post ·
413 more than 64 KiB · 415 not JSON · 429 too many, see Retry-After.
"""

import json
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, JsonResponse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from contacts.models import PostmarkServer
from contacts.origin import Origin, Source, caused_by
from contacts.services.postmark import receive_postmark

from .limits import exceeded, sender_of
from .page import MAX_BODY

WRONG_KEYS = 60
SOURCES = {"Bounce": Source.BOUNCE, "SpamComplaint": Source.BOUNCE}


@csrf_exempt
def postmark_webhook(request: HttpRequest, pk: int, key: str) -> JsonResponse:
    server = PostmarkServer.objects.filter(pk=pk).first()
    if server is None or not constant_time_compare(key.encode(), server.key.encode()):
        wait = exceeded(f"wrong-postmark-keys-from-{sender_of(request)}", WRONG_KEYS)
        return _busy(wait) if wait else _error(404, "wrong_key", _("There is no such address."))
    if wait := exceeded(f"postmark-{server.pk}", settings.POSTMARK_RATE):
        return _busy(wait)
    if request.method != "POST":
        response = _error(405, "method_not_allowed", _("Send a POST."))
        response["Allow"] = "POST"
        return response
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > MAX_BODY:
        return _error(413, "too_large", _("The body has more than %d bytes.") % MAX_BODY)
    if request.content_type != "application/json":
        return _error(415, "unsupported_media_type", _("Send application/json."))
    payload = _object(request.body)
    if payload is None:
        return _error(400, "invalid_json", _("The body is no JSON object."))
    try:
        with caused_by(Origin(source=SOURCES.get(str(payload.get("RecordType")), Source.CONTACT))):
            outcome = receive_postmark(server=server, payload=payload)
    except ValidationError as error:
        return _error(400, "invalid", " ".join(error.messages), error.message_dict)
    return JsonResponse({"outcome": outcome})


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _busy(wait: int) -> JsonResponse:
    response = _error(429, "throttled", _("Too many notices; try again in %d seconds.") % wait)
    response["Retry-After"] = str(wait)
    return response


def _error(status: int, code: str, message: str, fields: Any = None) -> JsonResponse:
    error = {"code": code, "message": message, "fields": fields or {}}
    return JsonResponse({"error": error}, status=status)
