"""Errors in one shape: `{"error": {"code", "message", "fields": {name: [{"code", "message"}]}}}`."""

import logging
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import IntegrityError
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import defaults
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.settings import api_settings

from contacts.quotes import quoted
from contacts.services.usage import InUse

log = logging.getLogger(__name__)

FieldErrors = dict[str, list[dict[str, str]]]


class Conflict(exceptions.APIException):
    """The request is well formed, but the state of the record refuses it."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = gettext_lazy("The record was changed at the same time. Read it again, then try again.")
    default_code = "conflict"


class TooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = gettext_lazy("The request's body is too large. Send less at a time.")
    default_code = "too_large"


class LengthRequired(exceptions.APIException):
    """Django reads a body by its Content-Length; without one it would pass for empty."""

    status_code = status.HTTP_411_LENGTH_REQUIRED
    default_detail = gettext_lazy("Send the body with a Content-Length, not in chunks.")
    default_code = "length_required"


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> Response | None:
    """Any foreseeable exception as an answer; None leaves the rest to Django's error handling."""
    if isinstance(exc, InUse):
        return Response(error_body("in_use", " ".join(exc.messages)), status=status.HTTP_409_CONFLICT)
    if isinstance(exc, DjangoValidationError):
        return _invalid(django_fields(exc))
    if isinstance(exc, exceptions.ValidationError):
        return _invalid(flatten(exc.detail))
    translated = _translate(exc)
    if translated is None:
        return None
    return Response(
        error_body(_code(translated), str(translated.detail)),
        status=translated.status_code,
        headers=_headers(translated),
    )


def error_body(code: str, message: str, fields: FieldErrors | None = None) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "fields": fields or {}}}


def invalid_body(fields: FieldErrors) -> dict[str, Any]:
    """The body of a 400. The message says what concerns no field, and the first errors of three fields."""
    general = [error["message"] for error in fields.get(NON_FIELD_ERRORS, [])]
    named = [name for name in fields if name != NON_FIELD_ERRORS]
    parts = [*general, *(f"{name}: {fields[name][0]['message']}" for name in named[:3])]
    if len(named) > 3:
        parts.append(_("Not valid either: %(fields)s.") % {"fields": ", ".join(named[3:20])})
    return error_body("invalid", " ".join(parts), fields)


def django_fields(exc: DjangoValidationError) -> FieldErrors:
    """Django's ValidationError by field name."""
    by_field = exc.error_dict if hasattr(exc, "error_dict") else {NON_FIELD_ERRORS: exc.error_list}
    return {
        name: [{"code": error.code or "invalid", "message": text} for error in errors for text in error.messages]
        for name, errors in by_field.items()
    }


def flatten(detail: Any, path: str = "") -> FieldErrors:
    """DRF's nested detail as a flat mapping: `{"fields": {"age": [...]}}` becomes `fields.age`."""
    found: FieldErrors = {}
    if isinstance(detail, exceptions.ErrorDetail):
        return {path or NON_FIELD_ERRORS: [{"code": detail.code or "invalid", "message": str(detail)}]}
    items = detail.items() if isinstance(detail, Mapping) else [("", item) for item in detail]
    if not isinstance(detail, Mapping) and any(isinstance(item, Mapping) for item in detail):
        items = [(str(index), item) for index, item in enumerate(detail)]
    for key, value in items:
        own = "" if key in (api_settings.NON_FIELD_ERRORS_KEY, NON_FIELD_ERRORS) else str(key)
        for name, errors in flatten(value, ".".join(filter(None, (path, own)))).items():
            found.setdefault(name, []).extend(errors)
    return found


def _invalid(fields: FieldErrors) -> Response:
    return Response(invalid_body(fields), status=status.HTTP_400_BAD_REQUEST)


def _translate(exc: Exception) -> exceptions.APIException | None:
    if isinstance(exc, exceptions.APIException):
        return exc
    if isinstance(exc, Http404):
        # DRF's own Http404 text names the model in English; ours is translated.
        return exceptions.NotFound(_("There is no such record."))
    if isinstance(exc, PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(exc, ProtectedError | RestrictedError):
        return _protected(exc)
    if isinstance(exc, IntegrityError):
        log.warning("A write of the API broke a database constraint", exc_info=exc)
        return Conflict()
    if isinstance(exc, RequestDataTooBig):
        return TooLarge()
    if isinstance(exc, SuspiciousOperation):
        return exceptions.ParseError(str(exc))
    return None


def _protected(exc: ProtectedError | RestrictedError) -> Conflict:
    objects = exc.protected_objects if isinstance(exc, ProtectedError) else exc.restricted_objects
    users = sorted({f"{item._meta.verbose_name} {quoted(item)}" for item in objects})
    return Conflict(
        _("It can't be deleted: it is used by %(users)s. Take it out there first.")
        % {"users": ", ".join(users[:10])},
        code="in_use",
    )


def _code(exc: exceptions.APIException) -> str:
    code = exc.get_codes()
    return code if isinstance(code, str) else exc.default_code


def _headers(exc: exceptions.APIException) -> dict[str, str]:
    headers: dict[str, str] = {}
    if getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = exc.auth_header  # type: ignore[attr-defined]  # set by APIView
    if wait := getattr(exc, "wait", None):
        headers["Retry-After"] = str(int(wait))
    return headers


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500, in the API's shape under /api/."""
    if not request.path.startswith("/api/"):
        return defaults.server_error(request)
    message = _("Something went wrong on the server; it was logged. Try again later.")
    return JsonResponse(error_body("server_error", message), status=500)
