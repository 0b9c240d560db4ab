"""Reads of custom objects: what records are related to, and what timelines tell of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from contacts.bulk import id_set
from contacts.models import Contact, ObjectLink, ObjectRecord

from .timeline import Cursor, Entry, field_entries, register_provider, rows_before


def links_of(record_ids: Collection[int]) -> dict[int, dict[str, list[int]]]:
    """{record: {relation's key: ids of what it is related to}} in one query."""
    rows = ObjectLink.objects.filter(record__in=id_set(record_ids)).order_by("pk")
    found: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for record, key, *ids in rows.values_list(
        "record_id", "relation__key", "contact_id", "account_id", "target_id"
    ):
        found[record][key] += [pk for pk in ids if pk is not None]
    return {record: dict(keys) for record, keys in found.items()}


def contacts_of_records(record_ids: Collection[int]) -> dict[int, list[int]]:
    """{record: its contacts}, the primary one first, in one query; records without contacts are left out.

    The primary contact is that of a relation to one contact; without such, who was related first.
    """
    rows = ObjectLink.objects.filter(record__in=id_set(record_ids), contact__isnull=False)
    found: dict[int, dict[int, None]] = defaultdict(dict)
    for record, contact in rows.order_by("relation__many", "relation__position", "pk").values_list(
        "record_id", "contact_id"
    ):
        found[record].setdefault(contact)
    return {record: list(contacts) for record, contacts in found.items()}


def related_ids(record_ids: Collection[int], target: str) -> dict[int, int]:
    """{record: the first thing of this kind that it is related to}."""
    rows = ObjectLink.objects.filter(record__in=id_set(record_ids), relation__target=target)
    column = "account_id" if target == "account" else "target_id"
    return dict(rows.order_by("-relation__position", "-pk").values_list("record_id", column))


def records_of_contact(contact: Contact) -> QuerySet[ObjectRecord]:
    linked = ObjectLink.objects.filter(contact=contact).values("record")
    return ObjectRecord.objects.filter(pk__in=linked).select_related("type")


def _of_contact(contact: Contact, size: int, cursor: Cursor | None) -> Iterable[Entry]:
    for row in rows_before(records_of_contact(contact), "objects", cursor, size, "created_at"):
        yield Entry(
            row.created_at, row.pk, row.type.icon, _("%(type)s “%(record)s”.") % {"type": row.type, "record": row},
            url=reverse("admin:contacts_objectrecord_change", args=[row.pk]),
        )  # fmt: skip


def _created(record: Any, size: int, cursor: Cursor | None) -> Iterable[Entry]:
    rows = ObjectRecord.objects.filter(pk=record.pk)
    for row in rows_before(rows, "created", cursor, size, "created_at"):
        yield Entry(row.created_at, row.pk, "add_circle", _("The record was created."))


register_provider("objects", _of_contact)
register_provider("created", _created, ObjectRecord)
register_provider("fields", field_entries, ObjectRecord)
