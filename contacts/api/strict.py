"""Serializers and fields that refuse what they don't know, by name."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

MAX_ID = 2**63 - 1


class StrictMixin(serializers.Serializer):
    """Input fields that don't exist, or can't be set, are errors. Without this, DRF drops them silently."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = self._unknown(data) if isinstance(data, Mapping) else {}
        try:
            values = super().to_internal_value(data)
        except ValidationError as exc:
            if isinstance(exc.detail, dict) and unknown:
                raise ValidationError({**exc.detail, **unknown}) from None
            raise
        if unknown:
            raise ValidationError(unknown)
        return values

    def _unknown(self, data: Mapping[str, Any]) -> dict[str, list[ErrorDetail]]:
        writable = [name for name, field in self.fields.items() if not field.read_only]
        text = _("There is no such field; the fields are: %s.") % ", ".join(writable)
        unknown = ErrorDetail(text, code="unknown")
        fixed = ErrorDetail(_("This field can't be set here."), code="read_only")
        return {name: [fixed if name in self.fields else unknown] for name in data if name not in writable}


class StrictSerializer(StrictMixin, serializers.Serializer):
    pass


class StrictModelSerializer(StrictMixin, serializers.ModelSerializer):
    """For shape and documentation; what is valid is the model's business, and services save."""


class IdField(serializers.IntegerField):
    """A record's id. A text of digits is accepted, as DRF's integer fields do."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=MAX_ID, **kwargs)
