"""Filters that refuse what they don't know: a mistyped filter must not answer with everybody."""

from datetime import UTC, datetime
from typing import Any

import django_filters
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from django_filters.fields import IsoDateTimeField
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

ALWAYS = {"cursor", "page_size", "format"}


class YesNoFilter(django_filters.TypedChoiceFilter):
    """`true` or `false`; django-filter's own takes anything else for no filter at all."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        choices = [("true", "true"), ("false", "false")]
        super().__init__(*args, choices=choices, coerce=lambda text: text == "true", **kwargs)


class MomentField(IsoDateTimeField):
    """In UTC: PostgreSQL takes no offset of 16 hours, which ISO 8601 allows."""

    def to_python(self, value: Any) -> datetime | None:
        moment: datetime | None = super().to_python(value)
        try:
            return moment.astimezone(UTC) if moment is not None else None
        except (OverflowError, ValueError):
            raise DjangoValidationError(self.error_messages["invalid"], code="invalid") from None


class MomentFilter(django_filters.IsoDateTimeFilter):
    field_class = MomentField


class StrictFilterBackend(DjangoFilterBackend):
    def filter_queryset(self, request: Request, queryset: QuerySet[Model], view: Any) -> Any:
        if getattr(view, "detail", False):
            return queryset
        filterset = self.get_filterset_class(view, queryset)
        known = ALWAYS | (set(filterset.base_filters) if filterset else set())
        refuse_unknown(given=request.query_params, known=known)
        return super().filter_queryset(request, queryset, view)


def refuse_unknown(*, given: Any, known: set[str]) -> None:
    unknown = sorted(set(given) - known)
    if unknown:
        text = _("There is no such filter; the filters are: %s.") % ", ".join(sorted(known - {"format"}))
        raise ValidationError({name: [ErrorDetail(text, code="unknown")] for name in unknown})
