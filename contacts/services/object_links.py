"""What records of custom objects are related to."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from contacts.bulk import id_set, insert_rows
from contacts.entities import entity_of
from contacts.facts import ObjectLinksChanged
from contacts.models import Contact, ObjectLink, ObjectRelation
from contacts.models.custom_objects import column_of
from contacts.values import fold_email

from .changes import announce

COLUMNS = ("contact_id", "account_id", "target_id")
MAX_LINKS = 10_000
#: {relation's key: ids}
Links = Mapping[str, Sequence[int]]


class LinkParser:
    """Turns the raw links of many rows into ids, with a fixed number of queries for all of them.

    Contacts are named by id or address. Errors are named `links.<key>`.
    """

    def __init__(self, relations: Mapping[str, ObjectRelation], rows: Sequence[Any]) -> None:
        self.relations = relations
        named: dict[str, set[Any]] = defaultdict(set)
        for raw in rows:
            if not isinstance(raw, Mapping):
                continue
            for key, items in raw.items():
                if key in relations:
                    named[relations[key].target].update(item for item in _listed(items) if _plain(item))
        self.known = {target: self._existing(target, items) for target, items in named.items()}

    def parse(self, raw: Any) -> dict[str, list[int]]:
        """ValidationError by relation, with what is wrong."""
        if not isinstance(raw, Mapping):
            raise ValidationError({"links": _("Give an object of ids by relation.")})
        errors: dict[str, Any] = {}
        found: dict[str, list[int]] = {}
        for key, items in raw.items():
            try:
                found[key] = self._ids(key, _listed(items))
            except ValidationError as error:
                errors[f"links.{key}"] = error
        if errors:
            raise ValidationError(errors)
        return found

    def _ids(self, key: str, items: Sequence[Any]) -> list[int]:
        relation = self.relations.get(key)
        if relation is None:
            keys = ", ".join(self.relations) or "–"
            raise ValidationError(_("There is no such relation; the relations are: %s.") % keys, code="unknown")
        if len(items) > (MAX_LINKS if relation.many else 1):
            raise ValidationError(_("At most one.") if not relation.many else _("At most %d.") % MAX_LINKS)
        known = self.known.get(relation.target, {})
        missing = [str(item)[:60] for item in items if not _plain(item) or _folded(item) not in known]
        if missing:
            names = {"kind": entity_of(relation.target).label, "ids": ", ".join(missing[:20])}
            raise ValidationError(_("There is no %(kind)s %(ids)s.") % names, code="does_not_exist")
        return list(dict.fromkeys(known[_folded(item)] for item in items))

    @staticmethod
    def _existing(target: str, items: set[Any]) -> dict[str, int]:
        ids = [int(item) for item in items if str(item).isdecimal() and len(str(item)) <= 18]
        model = entity_of(target).model
        rows = model._default_manager.filter(pk__in=id_set(ids)).order_by().values_list("pk", flat=True)
        found = {str(pk): pk for pk in rows}
        emails = [fold_email(item) for item in items if isinstance(item, str) and "@" in item]
        if target == "contact":
            for start in range(0, len(emails), 1_000):
                people = Contact.objects.filter(email__in=emails[start : start + 1_000])
                found |= dict(people.values_list("email", "pk"))
        return found


def _listed(items: Any) -> list[Any]:
    return items if isinstance(items, list) else [] if items is None or items == "" else [items]


def _plain(item: Any) -> bool:
    return isinstance(item, int | str) and not isinstance(item, bool)


def _folded(item: Any) -> str:
    return fold_email(item) if isinstance(item, str) else str(item)


def set_links(*, type_id: int, relations: Mapping[str, ObjectRelation], links: Mapping[int, Links]) -> set[int]:
    """Make each record's relations, those that are named, what is given; the ids of records that changed.

    A fixed number of statements for any number of records.
    """
    wanted = {
        (record, relations[key].pk, column_of(relations[key].target), target)
        for record, keys in links.items()
        for key, ids in keys.items()
        for target in ids
    }
    named = {(record, relations[key].pk) for record, keys in links.items() for key in keys}
    present: dict[tuple[int, int, str, int], int] = {}
    rows = ObjectLink.objects.filter(record__in=id_set(list(links))).order_by("pk")
    for pk, record, relation, *ids in rows.values_list("pk", "record_id", "relation_id", *COLUMNS):
        column, target = next((c, v) for c, v in zip(COLUMNS, ids, strict=True) if v is not None)
        if (record, relation) in named:
            present[(record, relation, column, target)] = pk
    gone = {key: pk for key, pk in present.items() if key not in wanted}
    new = sorted(wanted - present.keys())
    if gone:
        ObjectLink.objects.filter(pk__in=id_set(list(gone.values()))).delete()
    insert_rows(
        ObjectLink,
        {
            "record_id": [row[0] for row in new],
            "relation_id": [row[1] for row in new],
            **{column: [row[3] if row[2] == column else None for row in new] for column in COLUMNS},
        },
        size=len(new),
        ignore_conflicts=True,
    )
    people = sorted({row[3] for row in [*gone, *new] if row[2] == "contact_id"})
    if people:
        announce(ObjectLinksChanged(type_id, people))
    return {row[0] for row in [*gone, *new]}


def merge_object_links(*, keep: Contact, drop: Contact) -> None:
    """`drop`'s records become `keep`'s."""
    mine = set(ObjectLink.objects.filter(contact=keep).values_list("record_id", "relation_id"))
    theirs = ObjectLink.objects.filter(contact=drop)
    moved = [pk for pk, *place in theirs.values_list("pk", "record_id", "relation_id") if tuple(place) not in mine]
    ObjectLink.objects.filter(pk__in=id_set(moved)).update(contact=keep)
