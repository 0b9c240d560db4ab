"""Records of custom objects: the one that an event is about, and each type by its own key.

`{{ custom_object.title }}` is the record that the contact entered with, whatever its type;
`{{ booking.title }}` is it where it is a booking, and else the contact's latest booking.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from contacts.bulk import id_set
from contacts.models import ObjectLink, ObjectRecord, ObjectType
from contacts.selectors.custom_objects import related_ids

from .base import RECORDS, RecordKind, Values
from .fielded import fielded_names, fielded_values

NAMES = ("title", "external_id", "fields.…")


def _contacts(records: "QuerySet[Any]") -> "QuerySet[Any, Any]":
    links = ObjectLink.objects.filter(record__in=records.values("pk"), contact__isnull=False)
    return links.order_by().values("contact_id")


def _values(ids: Collection[int]) -> Mapping[int, Values]:
    """A few queries for each type among the records."""
    about = {row[0]: row[1:] for row in ObjectRecord.objects.filter(pk__in=id_set(ids)).values_list(
        "pk", "type_id", "type__key", "external_id"
    )}  # fmt: skip
    by_type: dict[int, list[int]] = defaultdict(list)
    for pk, (type_id, _key, _external) in about.items():
        by_type[type_id].append(pk)
    found: dict[int, Values] = {}
    for type_id, records in by_type.items():
        for pk, values in fielded_values(f"object:{type_id}", records).items():
            found[pk] = {**values, "type": about[pk][1], "external_id": about[pk][2]}
    return found


def _related(ids: Collection[int]) -> dict[int, dict[str, int]]:
    """What comes along with a record: itself by its type's name, its account and deal."""
    types = dict(ObjectRecord.objects.filter(pk__in=id_set(ids)).values_list("pk", "type__key"))
    found: dict[int, dict[str, int]] = {pk: {key: pk} for pk, key in types.items()}
    for target in ("account", "deal"):
        for record, pk in related_ids(ids, target).items():
            found[record][target] = pk
    return found


CUSTOM_OBJECT = RECORDS.register(
    RecordKind(
        name="custom_object",
        model=ObjectRecord,
        label=gettext_lazy("Custom object"),
        that=gettext_lazy("has a record that %s"),
        triggering=gettext_lazy("entered with a record that %s"),
        any_of=gettext_lazy("any record of the contact"),
        contacts=_contacts,
        values=_values,
        names=lambda: ("title", "external_id", "type"),
        related=_related,
    )
)


def _kind_of(type: ObjectType) -> RecordKind:
    return RecordKind(
        name=type.key,
        model=ObjectRecord,
        label=type.label,
        that=CUSTOM_OBJECT.that,
        triggering=CUSTOM_OBJECT.triggering,
        any_of=CUSTOM_OBJECT.any_of,
        contacts=_contacts,
        values=_values,
        names=partial(_names, type.scope),
        of_contact=partial(latest_of, type.pk),
    )


def _names(scope: str) -> list[str]:
    return [*fielded_names(scope), "external_id"]


def latest_of(type_id: int, contacts: Collection[int]) -> dict[int, int]:
    """{contact: the latest record of the type that it is related to}."""
    rows = ObjectLink.objects.filter(contact__in=id_set(contacts), record__type=type_id)
    return dict(rows.order_by("record_id").values_list("contact_id", "record_id"))


_known: tuple[str, list[RecordKind]] = ("", [])


def kinds_of_types() -> list[RecordKind]:
    """A kind for each type. Read again when the index has changed, as it does with every type."""
    from automations.engine.index import current_index  # which reads triggers, which read texts

    global _known
    token = current_index(fresh=False).token
    if _known[0] != token or not token:
        _known = (token, [_kind_of(type) for type in ObjectType.objects.order_by("pk")])
    return _known[1]


RECORDS.add_source(kinds_of_types)
