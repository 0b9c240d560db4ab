"""Settings that people write but nobody reads again: signing secrets, credentials in headers.

Builder, admin and API show MASK for a value that is set. Who gives MASK back keeps what is stored,
who gives anything else replaces it, and who empties the field removes it. Snapshots hold the real
value, so they must not leave the system as they are: `SettingsForm.shown` is what an export takes.
"""

from collections.abc import Iterator
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from contacts.encryption import Unreadable, is_set

MASK = "••••••••"

#: Headers whose values tell nothing; the value of every other one may be a credential.
PLAIN_HEADERS = {"accept", "accept-charset", "accept-language", "cache-control", "content-language", "user-agent"}
SET_BY_THE_SYSTEM = {
    "host", "content-length", "transfer-encoding", "connection", "content-type", "idempotency-key", "x-signature",
}  # fmt: skip


class MaskedField(forms.CharField):
    """Base of fields that hide what is stored. The settings form gives them that as `kept`."""

    kept: str = ""

    def shown(self, value: str) -> str:
        """The stored value as people may see it."""
        raise NotImplementedError  # pragma: no cover - each has it


class SecretField(MaskedField):
    """One secret text."""

    json_schema: ClassVar[dict[str, Any]] = {
        "type": "string",
        "format": "password",
        "description": f"Never shown: {MASK} stands for a secret that is set, and keeps it when it is sent back.",
    }

    def __init__(self, **kwargs: Any) -> None:
        # The mask is drawn, so that sending the form unchanged keeps the secret.
        widget = forms.PasswordInput(render_value=True, attrs={"autocomplete": "new-password"})
        super().__init__(widget=widget, **kwargs)

    def shown(self, value: str) -> str:
        return MASK if is_set(value) else ""

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value) or "")
        if text != MASK:
            return text
        if not is_set(self.kept):
            raise ValidationError(_("No secret is set yet; give one."), code="not_set")
        return self.kept


class HeadersField(MaskedField):
    """HTTP headers, one a line. Names are shown, and the values of PLAIN_HEADERS."""

    widget = forms.Textarea(attrs={"rows": 2})

    def shown(self, value: str) -> str:
        if isinstance(value, Unreadable):
            return MASK
        return "\n".join(
            f"{name}: {text if name.casefold() in PLAIN_HEADERS or not text else MASK}"
            for name, text in split_headers(value)
        )

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value) or "")
        if text == MASK and isinstance(self.kept, Unreadable):
            return self.kept
        kept = {name.casefold(): old for name, old in split_headers(self.kept)}
        lines = [line for line in text.splitlines() if line.strip()]
        return "\n".join(_checked(line, kept) for line in lines)


def split_headers(text: str) -> Iterator[tuple[str, str]]:
    """(name, value) of each line."""
    for line in text.splitlines():
        name, _colon, value = line.partition(":")
        yield name.strip(), value.strip()


def _checked(line: str, kept: dict[str, str]) -> str:
    """The line, with the kept value where it has the mask; ValidationError where it is no header."""
    name, colon, value = (part.strip() for part in line.partition(":"))
    if not colon or not name.replace("-", "").isalnum() or not name.isascii():
        raise ValidationError(_("“%s” is not a header; write Name: value.") % line[:50])
    if name.casefold() in SET_BY_THE_SYSTEM:
        raise ValidationError(_("The header “%s” is set by the system.") % name)
    if value == MASK:
        if name.casefold() not in kept:
            raise ValidationError(_("The header “%s” has no value yet; give one.") % name, code="not_set")
        value = kept[name.casefold()]
    if not value.isprintable():
        raise ValidationError(_("The value of “%s” has characters that a header can't have.") % name)
    return f"{name}: {value}"
