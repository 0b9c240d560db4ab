"""JSON that the database can store: bounded, no endless nesting, no NUL characters."""

from collections.abc import Mapping
from typing import IO, Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

MAX_DEPTH = 40


class StrictJSONParser(JSONParser):
    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            data = super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError(_too_deep()) from None
        _check(data)
        return data


def _check(data: Any) -> None:
    level = [data]
    for _depth in range(MAX_DEPTH):
        if not level:
            return
        following: list[Any] = []
        for item in level:
            if isinstance(item, str):
                _check_text(item)
            elif isinstance(item, dict):
                following += item.keys()
                following += item.values()
            elif isinstance(item, list):
                following += item
        level = following
    if level:
        raise ParseError(_too_deep())


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise ParseError(_("A text contains a NUL character (\\u0000); take it out."))
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            text = _("A text contains half of a surrogate pair; it is not valid Unicode.")
            raise ParseError(text) from None


def _too_deep() -> str:
    return _("The JSON is nested more than %d levels deep.") % MAX_DEPTH
