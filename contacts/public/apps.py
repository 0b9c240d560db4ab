"""Where connected apps deliver: /apps/<app>/<connection>/, and with the secret behind for apps that sign nothing.

200 taken in, noted, kept, or come before (the body says which) · 202 kept, but it could not be used ·
400 not what the app sends · 403 not signed with the connection's secret · 404 no such connection ·
405 no POST · 413 too large · 429 too many, see Retry-After · 500 not taken in: send it again.
"""

import time

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from contacts.connectors import CONNECTORS, Malformed, Request, WrongSignature
from contacts.models import AppConnection, AppDelivery
from contacts.services.apps import receive_delivery

from .limits import exceeded, sender_of
from .refusals import Refused

WRONG_SIGNATURES = 120


@csrf_exempt
def app_delivery(request: HttpRequest, app: str, public_id: str, secret: str = "") -> JsonResponse:
    try:
        return _answer(request, app, public_id, secret)
    except Refused as refusal:
        error = {"code": refusal.code, "message": refusal.message}
        response = JsonResponse({"error": error}, status=refusal.status)
        if refusal.wait:
            response["Retry-After"] = str(refusal.wait)
        if refusal.status == 405:
            response["Allow"] = "POST"
        return response


def _answer(request: HttpRequest, app: str, public_id: str, secret: str) -> JsonResponse:
    if request.method != "POST":
        raise Refused(405, "method_not_allowed", _("Send a POST."))
    sender = sender_of(request)
    _limit(f"apps-from-{sender}", settings.APP_RATE_PER_ADDRESS)
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > settings.APP_MAX_BODY:
        raise Refused(413, "too_large", _("The body has more than %d bytes.") % settings.APP_MAX_BODY)
    connection = AppConnection.objects.filter(app=app, public_id=public_id).first()
    if connection is None or CONNECTORS.get(app) is None:
        raise Refused(404, "not_found", _("There is no such connection."))
    headers = {name.lower(): value for name, value in request.headers.items()}
    given = Request(request.body, headers, secret, time.time())
    _verify(connection, given, sender)
    _limit(f"apps-{connection.pk}", settings.APP_RATE_PER_CONNECTION)
    try:
        outcome = receive_delivery(connection=connection, request=given)
    except Malformed as error:
        raise Refused(400, "invalid", " ".join(error.messages)) from None
    except Exception:
        raise Refused(500, "error", _("This could not be taken in; send it again later.")) from None
    return JsonResponse({"outcome": outcome}, status=202 if outcome == AppDelivery.Outcome.FAILED else 200)


def _verify(connection: AppConnection, given: Request, sender: str) -> None:
    try:
        if not connection.secret:  # lost with its key
            raise WrongSignature
        CONNECTORS[connection.app].verify(given, connection.secret)
    except WrongSignature:
        _limit(f"wrong-signatures-from-{sender}", WRONG_SIGNATURES)
        raise Refused(403, "wrong_signature", _("The signature is wrong.")) from None


def _limit(what: str, limit: int) -> None:
    if wait := exceeded(what, limit):
        raise Refused(429, "throttled", _("Too many deliveries; try again in %d seconds.") % wait, wait=wait)
