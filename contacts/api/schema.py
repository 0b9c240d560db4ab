"""The OpenAPI document: the errors of each operation, and the idempotency header."""

from typing import Any, Literal

from django.core.exceptions import FieldDoesNotExist
from drf_spectacular import openapi
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

Direction = Literal["request", "response"]
WRITES = ("POST", "PUT", "PATCH", "DELETE")


class FieldErrorSerializer(serializers.Serializer):
    code = serializers.CharField()
    message = serializers.CharField()


class ErrorDetailSerializer(serializers.Serializer):
    code = serializers.CharField(help_text="Stable; for programs.")
    message = serializers.CharField(help_text="For people, in the language of the request.")
    fields = serializers.DictField(  # type: ignore[assignment]  # a field that is called “fields”
        child=serializers.ListField(child=FieldErrorSerializer()),
        help_text="By field; `__all__` for what concerns no single one.",
    )


class ErrorSerializer(serializers.Serializer):
    """The one shape of every error."""

    error = ErrorDetailSerializer()


ERRORS = {
    "400": "Not valid; nothing was changed.",
    "401": "No log-in, or a wrong token.",
    "403": "The user may not do this.",
    "404": "There is no such record.",
    "409": "In use, refused, or changed at the same time.",
    "413": "The body is too large.",
    "415": "The body's type is not accepted.",
    "422": "The Idempotency-Key was used for another request.",
    "429": "Too many requests; see Retry-After.",
}


class AutoSchema(openapi.AutoSchema):
    def get_override_parameters(self) -> list[Any]:
        if self.method not in WRITES:
            return []
        return [
            OpenApiParameter(
                "Idempotency-Key",
                str,
                OpenApiParameter.HEADER,
                description="Any text of up to 128 characters, new for each write. A retry with the same key "
                "takes no second effect and gets the first answer again.",
            )
        ]

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for code in self._error_codes():
            answer = OpenApiResponse(ErrorSerializer, ERRORS[code])
            bodies.setdefault(code, self._get_response_for_code(answer, code, direction=direction))  # type: ignore[no-untyped-call]  # spectacular's
        return bodies

    def _map_serializer_field(self, field: Any, direction: Direction, *args: Any, **kwargs: Any) -> Any:
        """What may be empty in the database may be so in an answer; a read-only field doesn't say that itself."""
        if not (direction == "response" and _may_be_empty(field)):
            return super()._map_serializer_field(field, direction, *args, **kwargs)  # type: ignore[no-untyped-call]  # spectacular's
        if isinstance(field, serializers.ChoiceField):
            field.allow_blank = True
        return super()._map_serializer_field(field, direction, *args, **kwargs)  # type: ignore[no-untyped-call]  # spectacular's

    def _map_basic_serializer(self, serializer: Any, direction: Direction) -> dict[str, Any]:
        """What only an answer about one record has (`only_in_detail` of its serializer) is not required."""
        schema: dict[str, Any] = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]  # spectacular's
        absent = getattr(serializer, "only_in_detail", ())
        if "required" in schema and absent:
            schema["required"] = [name for name in schema["required"] if name not in absent]
        return schema

    def _insert_field_validators(self, field: Any, schema: dict[str, Any]) -> None:
        super()._insert_field_validators(field, schema)  # type: ignore[no-untyped-call]  # spectacular's
        if field.read_only and _may_be_empty(field) and schema.get("format") in ("email", "uri"):
            schema.pop("format")

    def _error_codes(self) -> list[str]:
        codes = ["400", "401", "403", "429"]
        if "{" in self.path:
            codes.append("404")
        if self.method in WRITES:
            codes += ["409", "413", "415", "422"]
        return sorted(codes)


def _may_be_empty(field: Any) -> bool:
    """Whether it shows a text of a model that may be ""."""
    model = getattr(getattr(field.parent, "Meta", None), "model", None)
    if model is None or not isinstance(field, (serializers.CharField, serializers.ChoiceField)):
        return False
    try:
        return bool(model._meta.get_field(field.source).blank)
    except FieldDoesNotExist:
        return False
