"""What has fields: contacts, accounts, deals, records of custom objects.

Each registers an Entity; services, selectors, conditions, triggers and steps that deal with fields take a
**scope** ("contact", "account", "deal", "object:7") and find the rest here. An app above registers its own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.field_types import FIELD_TYPES, FieldType
from contacts.signals import entity_registered
from contacts.values import check_text, normalise_phone

if TYPE_CHECKING:
    from contacts.models import FieldValue

#: {record id: (old, new)}, canonical texts.
Changes = Mapping[int, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class StandardField:
    """A column whose changes leave facts. It answers as a CustomField does: key, label, kind, parse, to_text.

    attribute  the model's attribute that holds the value, where it is not the key
    parser     raw -> stored value, or ValidationError; None: as `kind` parses it
    empty      what the column holds where there is no value
    check      called with {record id: new value} before they are written; raises ValidationError
    of_users   the value is a user's id
    required   it can't be emptied; `missing` is what is said to who tries
    """

    key: str
    label: Any
    kind: FieldType = FIELD_TYPES["text"]
    attribute: str = ""
    parser: Callable[[Any], Any] | None = None
    empty: Any = ""
    check: Callable[[Mapping[int, Any]], None] | None = None
    of_users: bool = False
    required: bool = False
    missing: Any = ""
    options: list[str] = field(default_factory=list)

    @property
    def column(self) -> str:
        return self.attribute or self.key

    def parse(self, raw: Any) -> Any:
        """The stored value, or ValidationError."""
        if self.parser is not None:
            return self.parser(raw)
        value = self.kind.parse(raw, self.options)
        return self.empty if value is None else value

    def to_text(self, value: Any) -> str:
        """The canonical text that facts keep."""
        return "" if value is None else self.kind.to_text(value)


@dataclass(frozen=True, slots=True)
class Entity:
    """A kind of record with fields.

    values  the model of its custom values
    owner   the foreign key to the record in `values` and `facts`
    facts   the model of what changed: owner, field, old, new, and the columns of Fact
    label   what people call one; records of custom objects can be related to it where it has one
    batch   (scope, field's key, changes) -> the batch that is announced after a bulk write
    reserved  keys that no custom field can have, besides those of the standard fields
    """

    key: str
    model: type[models.Model]
    values: "type[FieldValue]"
    owner: str
    facts: type[models.Model]
    batch: Callable[[str, str, Changes], object]
    standard: Mapping[str, StandardField] = field(default_factory=dict)
    reserved: frozenset[str] = frozenset()
    label: Any = ""

    @property
    def owner_id(self) -> str:
        return f"{self.owner}_id"


ENTITIES: dict[str, Entity] = {}


def register(entity: Entity) -> Entity:
    """ValueError where the key is taken."""
    if entity.key in ENTITIES:
        raise ValueError(f"An entity “{entity.key}” is registered already.")
    ENTITIES[entity.key] = entity
    entity_registered.send(sender=Entity, entity=entity)
    return entity


def related_to() -> dict[str, Entity]:
    """What records of custom objects can be related to."""
    return {key: entity for key, entity in ENTITIES.items() if entity.label}


def scope_query(scope: str, prefix: str = "") -> dict[str, Any]:
    """The filter that picks the scope's custom fields; `prefix` leads to them (“field__”)."""
    key, _colon, type_id = scope.partition(":")
    found: dict[str, Any] = {f"{prefix}entity": key}
    return {**found, f"{prefix}object_type": int(type_id)} if type_id else found


def entity_of(scope: str) -> Entity:
    """The scope's entity; KeyError where none is registered."""
    return ENTITIES[scope.partition(":")[0]]


def entity_of_model(model: type[models.Model]) -> Entity:
    return next(entity for entity in ENTITIES.values() if entity.model is model)


def standard_fields(*fields: StandardField) -> dict[str, StandardField]:
    return {item.key: item for item in fields}


def parse_phone(raw: Any) -> str:
    value = normalise_phone(check_text("" if raw is None else str(raw).strip()))
    if len(value) > 32:
        raise ValidationError(_("A phone number has at most 32 characters."))
    return value


def text_parser(
    model: type[models.Model], name: str, clean: Callable[[str], str] | None = None
) -> Callable[[Any], str]:
    """Parses a text column: trimmed, cleaned by `clean`, checked by the column's validators."""
    column: models.Field[Any, Any] = model._meta.get_field(name)  # type: ignore[assignment]  # a column

    def parse(raw: Any) -> str:
        value = "" if raw is None else check_text(str(raw).strip())
        if clean is not None and value:
            value = clean(value)
        column.run_validators(value)
        return value

    return parse


def parse_user(raw: Any) -> int | None:
    """A user's id; whether there is one is checked when it is set."""
    text = "" if raw is None else str(raw).strip()
    if not text:
        return None
    if not text.isdecimal() or len(text) > 18:
        raise ValidationError(_("“%s” is not the id of a user.") % text[:50])
    return int(text)


def check_users(values: Mapping[int, Any]) -> None:
    from django.contrib.auth import get_user_model

    wanted = set(values.values()) - {None}
    known = get_user_model()._default_manager.filter(pk__in=wanted).values_list("pk", flat=True)
    if missing := wanted - set(known):
        raise ValidationError(_("There is no user with the id %s.") % ", ".join(map(str, sorted(missing))))


def owner_field(key: str = "owner", label: Any = None) -> StandardField:
    """A foreign key to the users' table."""
    return StandardField(
        key, label or gettext_lazy("Owner"), attribute=f"{key}_id", parser=parse_user, empty=None,
        check=check_users, of_users=True,
    )  # fmt: skip
