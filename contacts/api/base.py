"""What every view of the API shares: one transaction a write, its origin, and idempotency keys."""

import hashlib
import json
from collections.abc import Callable
from typing import Any, ClassVar

from django.conf import settings
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import mixins, serializers, status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.permissions import SAFE_METHODS
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from contacts.origin import Origin, Source, caused_by
from contacts.services.idempotency import claim_key, keep_answer
from contacts.services.records import save_record
from contacts.services.usage import delete_unused

from .errors import LengthRequired, TooLarge

Handler = Callable[..., HttpResponseBase]
ID_PATTERN = "[0-9]{1,18}"


class KeyReused(APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "idempotency_key_reused"


class ApiView(APIView):
    """Writes run in one transaction, together with their Idempotency-Key. Errors are raised, never returned:
    what is raised is rolled back and not remembered."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """As APIView's, with the handler run by `answer`."""
        self.args, self.kwargs = args, kwargs
        self.request = wrapped = self.initialize_request(request, *args, **kwargs)
        self.headers = self.default_response_headers
        try:
            self.initial(wrapped, *args, **kwargs)
            handler = self._handler(wrapped.method or "")
            with caused_by(Origin(source=Source.API, user_id=getattr(wrapped.user, "pk", None))):
                response: Any = self.answer(wrapped, handler)
        except Exception as exc:
            response = self.handle_exception(exc)
        self.response = self.finalize_response(wrapped, response, *args, **kwargs)
        return self.response

    def answer(self, request: Request, handler: Handler) -> HttpResponseBase:
        if request.method in SAFE_METHODS:
            return handler(request, *self.args, **self.kwargs)
        self._check_size(request)
        _parsed = request.data  # errors in it come before any transaction
        key = _key(request)
        with transaction.atomic():
            if key is None or not request.user.is_authenticated:
                return handler(request, *self.args, **self.kwargs)
            return self._answer_once(request, handler, key)

    def max_body(self, request: Request) -> int:
        """The largest body in bytes."""
        return settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0

    def _answer_once(self, request: Request, handler: Handler, key: str) -> HttpResponseBase:
        user_id, fingerprint = int(request.user.pk or 0), _fingerprint(request)
        earlier = claim_key(user_id=user_id, key=key, fingerprint=fingerprint, now=timezone.now())
        if earlier is None:
            response: Any = handler(request, *self.args, **self.kwargs)
            data = getattr(response, "data", None)
            body = "" if data is None else JSONRenderer().render(data).decode()
            keep_answer(user_id=user_id, key=key, status=response.status_code, body=body)
            return response  # type: ignore[no-any-return]  # what the handler gave
        if earlier.fingerprint != fingerprint:
            raise KeyReused(_("This Idempotency-Key was used for another request; take a new key."))
        data = json.loads(earlier.body) if earlier.body else None
        return Response(data, status=earlier.status, headers={"Idempotent-Replayed": "true"})

    def _handler(self, method: str) -> Handler:
        if method.lower() not in self.http_method_names:
            return self.http_method_not_allowed
        return getattr(self, method.lower(), self.http_method_not_allowed)

    def _check_size(self, request: Request) -> None:
        if request.META.get("HTTP_TRANSFER_ENCODING"):
            raise LengthRequired
        length, limit = request.META.get("CONTENT_LENGTH") or "0", self.max_body(request)
        if not length.isdigit() or int(length) > limit:
            raise TooLarge(_("The body has more than %d bytes. Send less at a time.") % limit)
        if not _is_form(request):
            # Read here: once the parser has read the stream, the fingerprint could not.
            _bytes = request.body


def _is_form(request: Request) -> bool:
    return (request.content_type or "").startswith("multipart/")


def _fingerprint(request: Request) -> str:
    """SHA-256 of what the request asks for. Of a form its parts, as its boundary differs each time."""
    digest = hashlib.sha256(f"{request.method}\n{request.get_full_path()}\n".encode())
    if not _is_form(request):
        digest.update(request.body)
        return digest.hexdigest()
    form: Any = request.data
    for name in sorted(form):
        digest.update(f"{name}\n".encode())
        for value in form.getlist(name):
            for chunk in value.chunks() if hasattr(value, "chunks") else [f"{value}\n".encode()]:
                digest.update(chunk)
    for upload in request.FILES.values():
        upload.seek(0)
    return digest.hexdigest()


def _key(request: Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not (1 <= len(key) <= 128 and key.isascii() and key.isprintable()):
        raise ValidationError(
            {"Idempotency-Key": [_("Give 1 to 128 printable ASCII characters.")]}, code="idempotency_key"
        )
    return key


class ApiViewSet(ApiView, GenericViewSet):
    lookup_value_regex = ID_PATTERN
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]
    action_permissions: ClassVar[dict[str, list[str]]] = {}


class ReadOnlyViewSet(mixins.RetrieveModelMixin, mixins.ListModelMixin, ApiViewSet):
    pass


class RecordViewSet(mixins.CreateModelMixin, mixins.UpdateModelMixin, mixins.DestroyModelMixin, ReadOnlyViewSet):
    """Plain records: the serializer checks the input, services write it."""

    def perform_create(self, serializer: serializers.BaseSerializer[Any]) -> None:
        record: Any = self.get_queryset().model()
        serializer.instance = save_record(record=record, values=self.values(serializer))

    def perform_update(self, serializer: serializers.BaseSerializer[Any]) -> None:
        record: Any = serializer.instance
        serializer.instance = save_record(record=record, values=self.values(serializer))

    def perform_destroy(self, instance: Model) -> None:
        delete_unused(record=instance)

    def values(self, serializer: serializers.BaseSerializer[Any]) -> dict[str, Any]:
        """The attributes to set on the record."""
        return dict(serializer.validated_data)
