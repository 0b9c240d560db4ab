"""The timeline of a record, as a page in the shape of every list."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from contacts.selectors.timeline import timeline_of

from .filters import refuse_unknown
from .pagination import CursorPagination


class TimelineEntrySerializer(serializers.Serializer):
    at = serializers.DateTimeField()
    kind = serializers.CharField(source="provider", help_text="Such as created, tags, fields, notes.")
    title = serializers.CharField(help_text="A sentence.")
    text = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # a field called “source”
    user = serializers.IntegerField(source="user_id", allow_null=True)
    actor = serializers.CharField(help_text="Who did it, in words.")


class TimelinePageSerializer(serializers.Serializer):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True, help_text="Always null: the timeline is read one way.")
    results = TimelineEntrySerializer(many=True)


def timeline_page(request: Request, record: Model) -> dict[str, Any]:
    refuse_unknown(given=request.query_params, known={"cursor", "page_size"})
    size = CursorPagination().get_page_size(request)
    try:
        page = timeline_of(record=record, cursor=request.query_params.get("cursor", ""), size=size)
    except (ValidationError, RecursionError, OverflowError):
        raise ValidationError(
            {"cursor": _("This is no cursor; follow the link in “next”.")}, code="cursor"
        ) from None
    url = replace_query_param(request.build_absolute_uri(), "cursor", page.next) if page.next else None
    return {
        "next": url,
        "previous": None,
        "results": TimelineEntrySerializer(page.entries, many=True).data,
    }
