"""The JSON of a draft, with its secrets encrypted as it is stored."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.db import models

from contacts.encryption import Encrypts, Unreadable, decrypt, encrypt, is_set

SEALED = "sealed"


class SnapshotField(Encrypts, models.JSONField):
    """A snapshot. Settings that nobody may read again stand in the database as {"sealed": …}.

    Which those are says the form of the part's type; those of a type that is gone stay sealed.
    """

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return _each_secret(super().from_db_value(value, expression, connection), _open)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return super().get_db_prep_value(_each_secret(value, _seal), connection, prepared)

    def texts(self, value: Any) -> list[str]:
        return [text for text in _secrets(value) if is_set(text)]


def _seal(text: Any) -> Any:
    if isinstance(text, Unreadable):
        return {SEALED: text.stored}
    return {SEALED: encrypt(text)} if isinstance(text, str) and text else text


def _open(stored: Any) -> Any:
    return decrypt(stored[SEALED]) if isinstance(stored, dict) and SEALED in stored else stored


def _each_secret(snapshot: Any, change: Callable[[Any], Any]) -> Any:
    """The snapshot with `change` done to each secret; the same object where it holds none."""
    if not isinstance(snapshot, Mapping) or not any(_secret_names(part) for part in _parts(snapshot)):
        return snapshot
    return {
        **snapshot,
        **{kind: [_part(part, change) for part in snapshot.get(kind, ())] for kind in ("triggers", "steps")},
    }


def _part(part: Mapping[str, Any], change: Callable[[Any], Any]) -> Mapping[str, Any]:
    names = _secret_names(part)
    if not names:
        return part
    settings = {name: change(value) if name in names else value for name, value in part["settings"].items()}
    return {**part, "settings": settings}


def _secrets(snapshot: Any) -> Iterator[str]:
    if isinstance(snapshot, Mapping):
        for part in _parts(snapshot):
            yield from (part["settings"].get(name, "") for name in _secret_names(part))


def _parts(snapshot: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from snapshot.get("triggers", ())
    yield from snapshot.get("steps", ())


def _secret_names(part: Mapping[str, Any]) -> frozenset[str]:
    from automations.steps.base import STEPS
    from automations.triggers.base import TRIGGERS

    cls: Any = STEPS.get(part["type"]) or TRIGGERS.get(part["type"])
    return cls.Form.secret_names() if cls else frozenset()
