"""Where e-mail providers report to: django-anymail's webhooks, behind a secret in their address.

/mail/<WEBHOOK_SECRET>/<provider>/tracking/ and …/inbound/: docs/inbound-mail.md.

200 taken · 400 not what the provider sends · 404 wrong secret, or a provider that is not set up ·
413 too large · 429 too many, see Retry-After.
"""

from functools import lru_cache
from typing import Any

from anymail.exceptions import AnymailConfigurationError, AnymailWebhookValidationFailure
from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.urls import Resolver404, resolve
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt

from .limits import exceeded, sender_of

WRONG_SECRETS = 60
MALFORMED = (KeyError, IndexError, TypeError, ValueError, AttributeError, RecursionError)


@csrf_exempt
def provider_webhook(request: HttpRequest, secret: str, hook: str) -> HttpResponse:
    sender = sender_of(request)
    wanted = settings.MAIL_WEBHOOK_SECRET
    if not wanted or not constant_time_compare(secret.encode(), wanted.encode()):
        wait = exceeded(f"wrong-mail-secrets-from-{sender}", WRONG_SECRETS)
        return _plain(429, "Too many wrong addresses.", wait) if wait else _plain(404, "Not found.")
    if wait := exceeded(f"mail-notices-from-{sender}", settings.MAIL_WEBHOOK_RATE):
        return _plain(429, "Too many notices.", wait)
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > settings.MAIL_WEBHOOK_MAX_BYTES:
        return _plain(413, "The body is too large.")
    try:
        view = _view(hook)
    except Resolver404:
        return _plain(404, "There is no such webhook.")
    try:
        response: HttpResponse = view(request)
    except AnymailWebhookValidationFailure:
        return _plain(400, "The signature is wrong, or missing.")
    except RequestDataTooBig:
        return _plain(413, "The body is too large.")
    except (BadRequest, SuspiciousOperation, MultiPartParserError):
        return _plain(400, "The body is not what this provider sends.")
    except AnymailConfigurationError as error:
        # What the provider's webhook needs is not in ANYMAIL; or tracking and inbound were mixed up.
        return _plain(404, str(error).splitlines()[0])
    return response


@lru_cache(maxsize=100)
def _view(hook: str) -> Any:
    """anymail's view; that a body is malformed is said, and not taken for a defect of ours."""
    found: Any = resolve(f"/{hook}", urlconf="anymail.urls").func

    def guarded(name: str) -> Any:
        def method(self: Any, request: HttpRequest) -> Any:
            try:
                return getattr(super(own, self), name)(request)
            except MALFORMED as error:
                if isinstance(error, AnymailConfigurationError):
                    raise
                raise BadRequest from error

        return method

    # The address is the secret; ANYMAIL's own WEBHOOK_SECRET (basic authentication) may be set besides.
    own = type(
        found.view_class.__name__,
        (found.view_class,),
        {
            "run_validators": guarded("run_validators"),
            "parse_events": guarded("parse_events"),
            "warn_if_no_basic_auth": False,
        },
    )
    return own.as_view()  # type: ignore[attr-defined]  # anymail has no types


def _plain(status: int, text: str, wait: int = 0) -> HttpResponse:
    response = HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
    if wait:
        response["Retry-After"] = str(wait)
    return response
