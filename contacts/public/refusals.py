"""How the addresses that programs send to refuse: a status, a code, a sentence, and the fields that are wrong."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _

from .limits import exceeded
from .page import MAX_BODY


class Refused(Exception):
    """Answered with `status` and `message`; `fields` are messages by field, `wait` seconds."""

    def __init__(self, status: int, code: str, message: str, fields: Any = None, wait: int = 0) -> None:
        self.status, self.code, self.message = status, code, message
        self.fields, self.wait = fields or {}, wait

    def answer(self) -> JsonResponse:
        error = {"code": self.code, "message": self.message, "fields": self.fields}
        response = JsonResponse({"success": 0, "message": self.message, "error": error}, status=self.status)
        if self.wait:
            response["Retry-After"] = str(self.wait)
        if self.status == 405:
            response["Allow"] = "POST"
        return response


def check_rate(what: str, limit: int) -> None:
    if wait := exceeded(what, limit):
        raise Refused(429, "throttled", _("Too many events; try again in %d seconds.") % wait, wait=wait)


def check_request(request: HttpRequest) -> None:
    """A POST of a size that can be read."""
    if request.method != "POST":
        raise Refused(405, "method_not_allowed", _("Send a POST."))
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > MAX_BODY:
        raise Refused(413, "too_large", _("The body has more than %d bytes.") % MAX_BODY)


def read_object(text: str | bytes, field: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        message = _("“%s” is no JSON object.") % field
        raise Refused(400, "invalid_json", message, {field: [message]})
    return found


def only_texts(given: Mapping[str, Any], names: Collection[str]) -> dict[str, str]:
    """Every name with its text, "" for one that is not given; other names and values are refused."""
    unknown = sorted(set(given) - set(names))
    if unknown:
        message = _("There is no such field; the fields are: %s.") % ", ".join(names)
        raise Refused(400, "invalid", message, {name[:100]: [message] for name in unknown[:20]})
    wrong = [
        name
        for name, value in given.items()
        if isinstance(value, bool) or not isinstance(value, str | int | float)
    ]
    if wrong:
        message = _("Give a text.")
        raise Refused(400, "invalid", message, {name: [message] for name in wrong})
    return {name: str(given.get(name, "")) for name in names}
