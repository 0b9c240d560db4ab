"""What an event can be about besides a contact: a deal, an account, an order, a record of a custom object.

A kind says what texts can read of its records (`{{ deal.title }}`), and how conditions get from its
records to contacts. The record that fired is remembered on each enrollment: `event["record"]`.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, QuerySet

Values = Mapping[str, Any]
#: (record's model label, id), as events and enrollments carry it.
Ref = tuple[str, int]


def nothing_of(ids: Collection[int]) -> dict[int, int]:
    return {}


@dataclass(frozen=True, slots=True)
class RecordKind:
    """One kind of record.

    name        what texts call it: “deal” in `{{ deal.title }}`
    label       what people call it: “Deal”
    that        of one of the contact's records, a sentence part: “has a deal that %s”
    triggering  of the record that the contact entered with: “entered with a deal that %s”
    any_of      the choice of any of the contact's records: “any deal of the contact”
    contacts    ids of the contacts of records: QuerySet of records -> QuerySet of ids (one column)
    values      plain values for texts by record id; a fixed number of queries
    names       what texts can read of it, for people: “title”, “fields.budget”
    related     records that come along with one, by their kinds' names: {deal id: {"account": 3}}
    of_contact  {contact id: record id} where an event brings none: a contact's own account
    """

    name: str
    model: type[Model]
    label: Any
    that: Any
    triggering: Any
    any_of: Any
    contacts: Callable[["QuerySet[Any]"], "QuerySet[Any, Any]"]
    values: Callable[[Collection[int]], Mapping[int, Values]]
    names: Callable[[], Sequence[str]]
    related: Callable[[Collection[int]], Mapping[int, Mapping[str, int]]] = field(
        default=lambda ids: {},
    )
    of_contact: Callable[[Collection[int]], Mapping[int, int]] = field(default=nothing_of)

    @property
    def key(self) -> str:
        """The model's label: what events carry."""
        return self.model._meta.label_lower

    def queryset(self) -> "QuerySet[Any]":
        return self.model._default_manager.all()


class Records:
    """Kinds by name, and by model."""

    def __init__(self) -> None:
        self._by_name: dict[str, RecordKind] = {}
        self._sources: list[Callable[[], Sequence[RecordKind]]] = []

    def register(self, kind: RecordKind) -> RecordKind:
        if not kind.name.isidentifier() or kind.name in ("contact", "event", "links"):
            raise ImproperlyConfigured(f"“{kind.name}” can't be the name of a kind of record.")
        if kind.name in self._by_name:
            raise ImproperlyConfigured(f"There is a kind of record called “{kind.name}” already.")
        self._by_name[kind.name] = kind
        return kind

    def add_source(self, source: Callable[[], Sequence[RecordKind]]) -> None:
        """Kinds that people define. The registered ones come first, and names of theirs are not taken."""
        self._sources.append(source)

    def get(self, name: str) -> RecordKind | None:
        return self._by_name.get(name) or next((kind for kind in self if kind.name == name), None)

    def __getitem__(self, name: str) -> RecordKind:
        found = self.get(name)
        if found is None:
            raise KeyError(name)
        return found

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __iter__(self) -> Iterator[RecordKind]:
        yield from self._by_name.values()
        for source in self._sources:
            yield from (kind for kind in source() if kind.name not in self._by_name)


RECORDS = Records()


def kind_of(key: str) -> RecordKind | None:
    """The kind of a model's label (“deals.deal”)."""
    return next((kind for kind in RECORDS if kind.key == key), None)


def mentioned(*sources: str) -> set[str]:
    """Names of the kinds that texts may read; too many do no harm."""
    text = " ".join(source for source in sources if source and "{" in source)
    words = set(re.findall(r"[A-Za-z_]\w*", text)) if text else set()
    return {kind.name for kind in RECORDS if kind.name in words} if words else set()


def values_for(places: Sequence[tuple[int, Mapping[str, Any]]], names: Collection[str]) -> list[dict[str, Values]]:
    """For each (contact id, enrollment's event) the values of its records, by kind: {"deal": {...}}.

    Only the kinds in `names` are read: a few queries a kind, however many places.
    """
    if not names:
        return [{} for _place in places]
    found = [_own(event) for _contact, event in places]
    _follow(found)
    for name in names:
        _fill_in(RECORDS[name], places, found)
    wanted = {name: {ids[name] for ids in found if name in ids} for name in names}
    values = {name: RECORDS[name].values(ids) for name, ids in wanted.items() if ids}
    return [
        {name: values[name][ids[name]] for name in names if name in ids and ids[name] in values[name]}
        for ids in found
    ]


def _own(event: Mapping[str, Any]) -> dict[str, int]:
    record = event.get("record")
    kind = kind_of(record[0]) if record else None
    return {kind.name: int(record[1])} if kind and record else {}


def _follow(found: Sequence[dict[str, int]]) -> None:
    """Add what comes along with each record, such as a deal's account."""
    for kind in RECORDS:
        ids = {refs[kind.name] for refs in found if kind.name in refs}
        related = kind.related(ids) if ids else {}
        for refs in found:
            for name, pk in related.get(refs.get(kind.name, 0), {}).items():
                refs.setdefault(name, pk)


def _fill_in(kind: RecordKind, places: Sequence[tuple[int, Any]], found: Sequence[dict[str, int]]) -> None:
    lacking = {contact for (contact, _event), refs in zip(places, found, strict=True) if kind.name not in refs}
    own = kind.of_contact(lacking) if lacking else {}
    for (contact, _event), refs in zip(places, found, strict=True):
        if contact in own:
            refs.setdefault(kind.name, own[contact])
