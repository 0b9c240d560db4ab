"""Records of custom objects: made, changed and deleted, one or many."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from contacts.bulk import chunks, id_set
from contacts.facts import ObjectRecordsCreated
from contacts.models import CustomField, ObjectRecord, ObjectRelation, ObjectType
from contacts.object_fields import check_title
from contacts.selectors.fields import fields_of

from .changes import announce
from .fielded_bulk import Draft, Keyed, KeyedResult, upsert_fielded
from .fields import set_custom_values, write_first_values
from .object_links import LinkParser, set_links
from .parsing import parse_fields

# Stands for the external id of a new record without one, while it is being written.
PLACEHOLDER = "\x01"


def relations_of(type_id: int) -> dict[str, ObjectRelation]:
    return {relation.key: relation for relation in ObjectRelation.objects.filter(type=type_id)}


@transaction.atomic
def create_record(
    *,
    type: ObjectType,
    title: Any = "",
    external_id: str = "",
    custom: Mapping[str, Any] | None = None,
    links: Mapping[str, Any] | None = None,
) -> ObjectRecord:
    """Make a record from raw values; ValidationError by field. It is announced once it is complete.

    `links` {relation's key: ids, or addresses of contacts}.
    """
    fields, relations = fields_of(type.scope), relations_of(type.pk)
    values, parsed = parse_fields(scope=type.scope, standard={"title": title}, custom=custom or {}, fields=fields)
    related = LinkParser(relations, [links or {}]).parse(links or {})
    _check_required(fields, parsed, new=True)
    _named("title", check_title, type, values["title"])
    record = ObjectRecord(type=type, title=values["title"], external_id=external_id.strip())
    record.full_clean()
    record.save()
    write_first_values(values={record.pk: parsed}, fields=fields)
    set_links(type_id=type.pk, relations=relations, links={record.pk: related})
    announce(ObjectRecordsCreated(type.pk, [record.pk]))
    return record


@transaction.atomic
def update_record(
    *,
    record: ObjectRecord,
    title: Any = None,
    external_id: str | None = None,
    custom: Mapping[str, Any] | None = None,
    links: Mapping[str, Any] | None = None,
) -> ObjectRecord:
    """Change a record from raw values; ValidationError by field. None, and what is not named, stays as it is."""
    stored = ObjectRecord.objects.select_for_update().get(pk=record.pk)
    fields, relations = fields_of(stored.scope), relations_of(stored.type_id)
    standard = {} if title is None else {"title": title}
    values, parsed = parse_fields(scope=stored.scope, standard=standard, custom=custom or {}, fields=fields)
    related = LinkParser(relations, [links or {}]).parse(links or {})
    _check_required(fields, parsed, new=False)
    if values.get("title", stored.title) != stored.title:
        _named("title", check_title, stored.type, values["title"], but=stored.pk)
        stored.title = values["title"]
    if external_id is not None:
        stored.external_id = external_id.strip()
    stored.full_clean()
    # First, so that a change of a field is told to the contacts whom it concerns from now on.
    set_links(type_id=stored.type_id, relations=relations, links={stored.pk: related})
    stored.save()
    set_custom_values(values={stored.pk: parsed}, fields=fields)
    return stored


@transaction.atomic
def delete_records(*, records: QuerySet[ObjectRecord]) -> int:
    ids = list(records.order_by("pk").values_list("pk", flat=True))
    for chunk in chunks(ids, 1_000):
        ObjectRecord.objects.filter(pk__in=id_set(chunk)).delete()
    return len(ids)


@transaction.atomic
def upsert_records(
    *, type: ObjectType, rows: Sequence[Mapping[str, Any]], update_existing: bool = True
) -> list[KeyedResult]:
    """Make the records whose external id is new, or missing, and change the others; one result a row, in order.

    A row: `external_id`, `title`, `fields` {key: value}, `links` {relation's key: ids, or addresses}. Links that
    are named replace those there are. The number of statements does not depend on the rows.
    """
    results = [KeyedResult(index, key=str(row.get("external_id") or "")[:200]) for index, row in enumerate(rows)]
    relations, fields = relations_of(type.pk), fields_of(type.scope)
    links = _parse_links(relations, rows, results)
    good = [index for index, result in enumerate(results) if result.error is None]
    keyed_rows = [_with_key(rows[index]) for index in good]
    by_key: dict[str, dict[str, list[int]]] = {}
    for row, index in zip(keyed_rows, good, strict=True):
        # The first row of a key counts; a later one is refused.
        by_key.setdefault(str(row["external_id"]).strip(), links[index])

    def place(ids: Mapping[str, int]) -> None:
        related = {pk: by_key[key] for key, pk in ids.items() if by_key.get(key)}
        set_links(type_id=type.pk, relations=relations, links=related)

    keyed = Keyed(
        scope=type.scope,
        column="external_id",
        fold=str,
        known=lambda keys: _by_external_id(type, keys),
        columns={"type_id": type.pk},
        check=_Checker(type, fields),
        placed=place,
        created=lambda ids: announce(ObjectRecordsCreated(type.pk, ids)),
        silent=True,
    )
    done = upsert_fielded(keyed=keyed, rows=keyed_rows, update_existing=update_existing)
    ObjectRecord.objects.filter(type=type, external_id__startswith=PLACEHOLDER).update(external_id="")
    for index, result in zip(good, done, strict=True):
        key = results[index].key
        results[index] = result
        result.index, result.key = index, key
    return results


def _with_key(row: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in row.items() if name != "links"}
    return {**plain, "external_id": row.get("external_id") or PLACEHOLDER + secrets.token_hex(12)}


def _parse_links(
    relations: Mapping[str, ObjectRelation], rows: Sequence[Mapping[str, Any]], results: Sequence[KeyedResult]
) -> list[dict[str, list[int]]]:
    parser = LinkParser(relations, [row.get("links") or {} for row in rows])
    found: list[dict[str, list[int]]] = []
    for row, result in zip(rows, results, strict=True):
        found.append({})
        try:
            if str(row.get("external_id") or "").startswith(PLACEHOLDER):
                raise ValidationError({"external_id": _("The text has a character that can't be stored.")})
            found[-1] = parser.parse(row.get("links") or {})
        except ValidationError as error:
            result.error = error
    return found


def _by_external_id(type: ObjectType, keys: Collection[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for chunk in chunks(sorted(keys), 1_000):
        rows = ObjectRecord.objects.filter(type=type, external_id__in=chunk)
        found |= dict(rows.values_list("external_id", "pk"))
    return found


class _Checker:
    """What a row must keep: required fields, and titles that are unique where the type says so."""

    def __init__(self, type: ObjectType, fields: Mapping[str, CustomField]) -> None:
        self.type, self.fields = type, fields
        self.titles: set[str] = set()

    def __call__(self, draft: Draft, new: bool) -> None:
        _check_required(self.fields, draft.custom, new)
        title = draft.standard.get("title", "")
        if not self.type.unique_titles or not title:
            return
        if title.casefold() in self.titles:
            raise ValidationError({"title": _("Another record has the title “%s”.") % title})
        own = ObjectRecord.objects.filter(type=self.type, external_id=draft.key).values_list("pk", flat=True)
        _named("title", check_title, self.type, title, but=None if new else own.first())
        self.titles.add(title.casefold())


def _check_required(fields: Mapping[str, CustomField], values: Mapping[str, Any], new: bool) -> None:
    """A new record has every required field; of one there is, none is emptied."""
    missing = [
        field
        for key, field in fields.items()
        if field.required and (new or key in values) and field.to_text(values.get(key)) == ""
    ]
    if missing:
        required = ValidationError(_("Give a value."), code="required")
        raise ValidationError({f"fields.{field.key}": required for field in missing})


def _named(name: str, check: Any, type: ObjectType, title: str, but: int | None = None) -> None:
    if not type.unique_titles:
        return
    try:
        check(type.pk, title, but=but)
    except ValidationError as error:
        raise ValidationError({name: error}) from None
