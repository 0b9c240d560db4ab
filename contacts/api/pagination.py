from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import pagination
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request


class CursorPagination(pagination.CursorPagination):
    """Newest first by id: a page costs the same however deep it is, and none is seen twice."""

    ordering = "-id"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500

    def get_page_size(self, request: Request) -> int:
        raw = request.query_params.get("page_size")
        if raw is None:
            return 50
        if not (raw.isascii() and raw.isdigit() and len(raw) < 5 and 1 <= int(raw) <= self.max_page_size):
            raise ValidationError({"page_size": [_("Give a number from 1 to 500.")]}, code="page_size")
        return int(raw)

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> tuple[str, ...]:
        return ("-id",)

    def decode_cursor(self, request: Request) -> Any:
        wrong = ValidationError(
            {"cursor": [_("This is no cursor; follow the links in “next” and “previous”.")]}, code="cursor"
        )
        try:
            cursor = super().decode_cursor(request)
        except Exception as exc:
            raise wrong from exc
        if cursor is not None and cursor.position is not None and not _is_id(str(cursor.position)):
            raise wrong
        return cursor

    def get_paginated_response_schema(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "nullable": True, "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19
