"""What an import does beside writing fields."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from contacts.models import List, Tag


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """`lists` and `tags` are ids, applied to every imported contact, old and new."""

    lists: tuple[int, ...] = ()
    tags: tuple[int, ...] = ()
    # Off: the fields of contacts that exist already stay as they are.
    update_existing: bool = True
    # On: contacts who unsubscribed or bounced are made active again.
    resubscribe: bool = False
    # Off: unknown names in the tags column are left out, with a notice.
    create_tags: bool = True
    # On: an empty cell empties the field. Off: it leaves it alone.
    clear_empty: bool = False

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "ImportOptions":
        """Checked options; ValidationError for unknown names, wrong types and missing lists or tags."""
        unknown = set(raw) - set(cls.__slots__)
        if unknown:
            raise ValidationError(_("Unknown option: %s.") % ", ".join(sorted(unknown)), code="options")
        for name in ("update_existing", "resubscribe", "create_tags", "clear_empty"):
            if not isinstance(raw.get(name, False), bool):
                raise ValidationError(_("The option “%s” is true or false.") % name, code="options")
        lists, tags = _ids(raw, "lists"), _ids(raw, "tags")
        if List.objects.filter(pk__in=lists).count() != len(lists):
            raise ValidationError(_("A chosen list does not exist (any more)."), code="options")
        if Tag.objects.filter(pk__in=tags).count() != len(tags):
            raise ValidationError(_("A chosen tag does not exist (any more)."), code="options")
        flags = {name: raw[name] for name in raw if name not in ("lists", "tags")}
        return cls(lists=lists, tags=tags, **flags)

    def to_json(self) -> dict[str, Any]:
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def _ids(raw: Mapping[str, Any], name: str) -> tuple[int, ...]:
    value = raw.get(name, [])
    if not isinstance(value, list | tuple) or not all(type(item) is int for item in value):
        raise ValidationError(_("The option “%s” is a list of ids.") % name, code="options")
    return tuple(sorted(set(value)))
