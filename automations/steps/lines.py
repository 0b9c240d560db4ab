"""Settings of the form “one a line, name: value”."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


def parse_lines(text: str) -> dict[str, str]:
    """“key: value” lines; ValidationError for any other, and for a key that stands twice."""
    found: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        key, colon, value = line.partition(":")
        if not colon or not key.strip():
            raise ValidationError(_("Write each line as “key: value”; “%s” is not.") % line[:60])
        if key.strip() in found:
            raise ValidationError(_("“%s” stands twice.") % key.strip()[:60])
        found[key.strip()] = value.strip()
    return found
