"""Site tracking over HTTP: the script, and what it sends.

    /track/visit/      a page was viewed: account, visitor, url, title, referrer, contact (token)
    /track/identify/   the page names its visitor: account, visitor, url, email, proof
    /track/message/    a site message was shown, dismissed or clicked: account, visitor, url, message, action

Bodies are JSON sent as text/plain, which needs no preflight. 204 taken (whether or not anybody was recognised:
addresses can't be probed) · 400 bad input · 403 wrong account, or a page of a domain that is not on the list ·
413 more than 64 KiB · 415 another type of body · 429 too many, see Retry-After.
"""

import hashlib
import re
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from contacts.links import read_visit_token
from contacts.models import SiteMessageAction, TrackingSettings, Visitor
from contacts.selectors.site import ascii_host, current_site
from contacts.services.site import (
    clean_page,
    get_visitor,
    identify_by_call,
    identify_visitor,
    receive_visit,
)
from contacts.services.site_messages import message_for, record_message_action

from .limits import sender_of
from .refusals import Refused, check_rate, check_request, only_texts, read_object

VISIT = ("account", "visitor", "url", "title", "referrer", "contact")
MESSAGE = ("account", "visitor", "url", "message", "action")
IDENTIFY = ("account", "visitor", "url", "email", "proof")
TYPES = ("text/plain", "application/json")
_KEY = re.compile(r"[0-9a-f]{32}")
SCRIPT_SECONDS = 300


@require_safe
def site_script(request: HttpRequest) -> HttpResponse:
    """/track/site.js: one file for every site; what depends on the settings is put in."""
    site = current_site()
    wait = site is not None and site.account.wait_for_consent
    return _javascript(request, squeezed("site.js").replace("__WAIT__", "1" if wait else "0"))


@require_safe
def message_script(request: HttpRequest) -> HttpResponse:
    """/track/message.js: loaded only where there is a message to show."""
    return _javascript(request, squeezed("message.js"))


def _javascript(request: HttpRequest, text: str) -> HttpResponse:
    tag = f'"{hashlib.sha256(text.encode()).hexdigest()[:20]}"'
    same = request.headers.get("If-None-Match") == tag
    response = HttpResponseNotModified() if same else HttpResponse(text, content_type="text/javascript")
    response["ETag"] = tag
    response["Cache-Control"] = f"public, max-age={SCRIPT_SECONDS}, stale-while-revalidate=86400"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@cache
def squeezed(name: str) -> str:
    """A script of this folder without comment lines and indentation."""
    lines = (line.strip() for line in (Path(__file__).parent / name).read_text().splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")) + "\n"


Given = dict[str, str]
Endpoint = Callable[[HttpRequest, TrackingSettings, Given, str], HttpResponse]


def endpoint(names: tuple[str, ...]) -> Callable[[Endpoint], Callable[[HttpRequest], HttpResponse]]:
    """Makes a view of what answers a body with these fields from a page of an allowed domain."""

    def decorate(answer: Endpoint) -> Callable[[HttpRequest], HttpResponse]:
        @csrf_exempt
        @wraps(answer)
        def view(request: HttpRequest) -> HttpResponse:
            try:
                response = _checked(request, names, answer)
            except Refused as refusal:
                response = refusal.answer()
            site, origin = current_site(), request.headers.get("Origin", "")
            if site is not None and site.allows(ascii_host(origin)):
                response["Access-Control-Allow-Origin"] = origin
            patch_vary_headers(response, ["Origin"])
            response["Cache-Control"] = "no-store"
            return response

        return view

    return decorate


def _checked(request: HttpRequest, names: tuple[str, ...], answer: Endpoint) -> HttpResponse:
    check_request(request)
    sender = sender_of(request)
    check_rate(f"visits-from-{sender}", settings.VISIT_RATE_PER_ADDRESS)
    if request.content_type not in TYPES:
        raise Refused(415, "unsupported_media_type", _("Send JSON, as text/plain or application/json."))
    given = only_texts(read_object(request.body, "body"), names)
    account = _checked_account(request, given)
    check_rate("visits", settings.VISIT_RATE)
    if request.headers.get("DNT") == "1" or request.headers.get("Sec-GPC") == "1":
        return HttpResponse(status=204)
    if not _KEY.fullmatch(given["visitor"]):
        raise _invalid("visitor", _("The visitor is 32 hexadecimal digits."))
    try:
        return answer(request, account, given, sender)
    except ValidationError as error:
        raise Refused(400, "invalid", " ".join(error.messages), error.message_dict) from None


def _checked_account(request: HttpRequest, given: Given) -> TrackingSettings:
    site = current_site()
    if site is None or given["account"] != str(site.account.account_number):
        raise Refused(403, "wrong_account", _("The account number is wrong; it is on the tracking page."))
    host, origin = ascii_host(given["url"]), ascii_host(request.headers.get("Origin", ""))
    if not host:
        raise _invalid("url", _("Give the whole address of a page, beginning with http:// or https://."))
    if host != origin or not site.allows(host):
        message = _("Pages of this domain may not report visits; managers add it under “Sites”.")
        raise Refused(403, "domain_not_allowed", message, {"url": [message]})
    return site.account


def _invalid(field: str, message: str) -> Refused:
    return Refused(400, "invalid", message, {field: [message]})


@endpoint(VISIT)
def track_visit(request: HttpRequest, account: TrackingSettings, given: Given, sender: str) -> HttpResponse:
    page = clean_page(url=given["url"], title=given["title"], referrer=given["referrer"])
    if given["contact"]:
        _recognise(get_visitor(key=given["visitor"]), given["contact"])
    receive_visit(key=given["visitor"], page=page)
    site = current_site()
    message = message_for(key=given["visitor"]) if site and site.has_messages else None
    return JsonResponse({"message": message}) if message else HttpResponse(status=204)


@endpoint(MESSAGE)
def message(request: HttpRequest, account: TrackingSettings, given: Given, sender: str) -> HttpResponse:
    """What the visitor did with the message. 204 also for one it has not: that is nobody's business."""
    if given["action"] not in SiteMessageAction.values:
        raise _invalid("action", _("Choose one of: %s.") % ", ".join(SiteMessageAction.values))
    if not re.fullmatch(r"[0-9]{1,18}", given["message"]):
        raise _invalid("message", _("Give the id of a message."))
    number = int(given["message"])
    record_message_action(key=given["visitor"], message_id=number, action=given["action"])
    return HttpResponse(status=204)


def _recognise(visitor: Visitor, token: str) -> None:
    """Whom a link of ours names. An old or altered one names nobody, and the visit still counts."""
    link = read_visit_token(token)
    contact = link.contact() if link else None
    if contact is not None:
        identify_visitor(visitor=visitor, contact=contact, proven=True)


@endpoint(IDENTIFY)
def identify(request: HttpRequest, account: TrackingSettings, given: Given, sender: str) -> HttpResponse:
    check_rate(f"identify-from-{sender}", settings.IDENTIFY_RATE_PER_ADDRESS)
    clean_page(url=given["url"])
    with transaction.atomic():
        visitor = get_visitor(key=given["visitor"])
        identify_by_call(settings=account, visitor=visitor, email=given["email"], proof=given["proof"])
    return HttpResponse(status=204)
