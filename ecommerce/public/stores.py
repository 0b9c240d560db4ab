"""Where stores deliver: /stores/<store>/.

200 accepted, kept while the store is off, or come before (the body says which) · 400 not what the store sends ·
403 not signed by the store · 404 no such store · 405 no POST · 413 too large · 429 too many, see Retry-After ·
503 can't be verified now: send it again.
"""

import time

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from contacts.connectors.base import ApiFailed, Malformed, Request, WrongSignature
from contacts.public.limits import exceeded, sender_of
from contacts.public.refusals import Refused
from ecommerce.connectors import STORES
from ecommerce.models import Store
from ecommerce.selectors.stores import store_of_address
from ecommerce.services import receive_delivery

WRONG_SIGNATURES = 120


@csrf_exempt
def store_delivery(request: HttpRequest, public_id: str) -> JsonResponse:
    try:
        return _answer(request, public_id)
    except Refused as refusal:
        response = JsonResponse(
            {"error": {"code": refusal.code, "message": refusal.message}}, status=refusal.status
        )
        if refusal.wait:
            response["Retry-After"] = str(refusal.wait)
        if refusal.status == 405:
            response["Allow"] = "POST"
        return response


def _answer(request: HttpRequest, public_id: str) -> JsonResponse:
    if request.method != "POST":
        raise Refused(405, "method_not_allowed", _("Send a POST."))
    sender = sender_of(request)
    _limit(f"stores-from-{sender}", settings.STORE_RATE_PER_ADDRESS)
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > settings.STORE_MAX_BODY:
        raise Refused(413, "too_large", _("The body has more than %d bytes.") % settings.STORE_MAX_BODY)
    store = store_of_address(public_id)
    connector = STORES.get(store.kind) if store else None
    if store is None or connector is None or not connector.delivers:
        raise Refused(404, "not_found", _("There is no such store."))
    headers = {name.lower(): value for name, value in request.headers.items()}
    given = Request(request.body, headers, "", time.time())
    if connector.is_probe(given):
        return JsonResponse({"outcome": "probe"})
    _verify(store, given, sender)
    _limit(f"stores-{store.pk}", settings.STORE_RATE_PER_STORE)
    try:
        return JsonResponse({"outcome": receive_delivery(store=store, request=given)})
    except Malformed as error:
        raise Refused(400, "invalid", " ".join(error.messages)) from None


def _verify(store: Store, given: Request, sender: str) -> None:
    try:
        if not store.secret:  # none yet, or lost with its key
            raise WrongSignature
        STORES[store.kind].verify(given, store)
    except WrongSignature:
        _limit(f"wrong-signatures-from-{sender}", WRONG_SIGNATURES)
        raise Refused(403, "wrong_signature", _("The signature is wrong.")) from None
    except ApiFailed as error:
        raise Refused(503, "unverified", " ".join(error.messages), wait=60) from None


def _limit(what: str, limit: int) -> None:
    if wait := exceeded(what, limit):
        raise Refused(429, "throttled", _("Too many deliveries; try again in %d seconds.") % wait, wait=wait)
