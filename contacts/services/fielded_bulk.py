"""Creating or updating many records that have fields, each whole or not at all, by a key of their own."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.bulk import chunks, insert_rows
from contacts.entities import Entity, entity_of
from contacts.models import CustomField
from contacts.selectors.fields import fields_of
from contacts.values import check_text

from .fields import set_custom_values, set_field, write_first_values
from .parsing import parse_fields


@dataclass(slots=True)
class KeyedResult:
    """What became of a row. `status` is created, updated, unchanged or error."""

    index: int
    key: str = ""
    id: int | None = None
    status: str = "error"
    error: ValidationError | None = None


@dataclass(slots=True)
class Draft:
    """A record to be saved: its key, parsed standard fields by name, parsed custom values by key."""

    key: str
    standard: dict[str, Any] = field(default_factory=dict)
    custom: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Keyed:
    """How the records of a scope are known.

    column   the column of the key
    fold     equal keys, folded, are one record
    known    keys -> {folded key: id} of the records there are
    columns  what a new record holds besides
    check    called with each draft and whether it is new; raises ValidationError
    placed   called with {folded key: id} of all, before values are written: what changes of values concern
    created  called with the ids of new records, once their values are written
    silent   the first values of a new record are no change: they leave no facts
    """

    scope: str
    column: str
    fold: Callable[[str], str]
    known: Callable[[Collection[str]], Mapping[str, int]]
    columns: Mapping[str, Any] = field(default_factory=dict)
    check: Callable[[Draft, bool], None] | None = None
    placed: Callable[[Mapping[str, int]], None] | None = None
    created: Callable[[Sequence[int]], None] | None = None
    silent: bool = False


@transaction.atomic
def upsert_fielded(
    *, keyed: Keyed, rows: Sequence[Mapping[str, Any]], update_existing: bool = True
) -> list[KeyedResult]:
    """Create the rows whose key is new, update the others; one result a row, in order.

    A row: the key by its column's name, any other standard field, `fields` {key: value}. What it doesn't
    name stays as it is. The number of statements depends on the distinct fields, not on the rows.
    """
    results = [KeyedResult(index) for index in range(len(rows))]
    fields = fields_of(keyed.scope)
    drafts = _parse(keyed, rows, results, fields)
    known = dict(keyed.known([draft.key for draft in drafts.values()])) if drafts else {}
    _check(keyed, drafts, known, results)
    new = {folded: draft for folded, draft in drafts.items() if folded not in known}
    created: dict[str, int] = {}
    for chunk in chunks(sorted(new)):
        created |= _insert(keyed, {folded: new[folded] for folded in chunk})
    touched = created | (known if update_existing else {})
    if keyed.placed is not None:
        keyed.placed(touched)
    changed = _update(keyed.scope, {known[f]: d for f, d in drafts.items() if f in known and update_existing})
    first = {pk: new[folded].custom for folded, pk in created.items()} if keyed.silent else {}
    write_first_values(values=first, fields=fields)
    custom = {pk: drafts[folded].custom for folded, pk in touched.items() if folded in drafts and pk not in first}
    changed |= set_custom_values(values=custom, fields=fields)
    if keyed.created is not None and created:
        keyed.created(sorted(created.values()))
    for result in results:
        if result.error is None:
            folded = keyed.fold(result.key)
            result.id = {**known, **created}[folded]
            result.status = "created" if folded in created else "updated" if result.id in changed else "unchanged"
    return results


def _parse(
    keyed: Keyed,
    rows: Sequence[Mapping[str, Any]],
    results: Sequence[KeyedResult],
    fields: Mapping[str, CustomField],
) -> dict[str, Draft]:
    """The good rows' drafts by folded key; the bad ones' results get their errors."""
    users = _users(entity_of(keyed.scope), rows)
    good: dict[str, Draft] = {}
    for row, result in zip(rows, results, strict=True):
        result.key = str(row.get(keyed.column) or "")[:254]
        try:
            draft = _draft(keyed, row, fields, users)
            if keyed.fold(draft.key) in good:
                raise ValidationError(
                    {
                        keyed.column: ValidationError(
                            _("An earlier row is about the same record."), code="duplicate"
                        )
                    }
                )
        except ValidationError as exc:
            result.error = exc
            continue
        result.key = draft.key
        good[keyed.fold(draft.key)] = draft
    return good


def _users(entity: Entity, rows: Sequence[Mapping[str, Any]]) -> set[int]:
    names = [key for key, item in entity.standard.items() if item.of_users]
    if not any(row.get(name) for row in rows for name in names):
        return set()
    return set(get_user_model()._default_manager.filter(is_active=True).values_list("pk", flat=True))


def _draft(keyed: Keyed, row: Mapping[str, Any], fields: Mapping[str, CustomField], users: set[int]) -> Draft:
    entity = entity_of(keyed.scope)
    raw_custom = row.get("fields") or {}
    if not isinstance(raw_custom, Mapping):
        raise ValidationError({"fields": _("Give an object of values by key.")})
    standard = {keyed.column: None, **{name: value for name, value in row.items() if name != "fields"}}
    key = None if keyed.column in entity.standard else _plain_key(keyed.column, standard.pop(keyed.column))
    values, custom = parse_fields(scope=keyed.scope, standard=standard, custom=raw_custom, fields=fields)
    for name, value in values.items():
        if entity.standard[name].of_users and value is not None and value not in users:
            raise ValidationError(
                {name: ValidationError(_("There is no user %d.") % value, code="does_not_exist")}
            )
    return Draft(values.pop(keyed.column) if key is None else key, values, custom)


def _plain_key(column: str, raw: Any) -> str:
    """A key that is no field: a text."""
    if isinstance(raw, bool) or not isinstance(raw, str | int) or not str(raw).strip():
        raise ValidationError({column: ValidationError(_("Give a text."), code="required")})
    text = check_text(str(raw).strip())
    if len(text) > 200:
        raise ValidationError({column: _("At most 200 characters.")})
    return text


def _check(
    keyed: Keyed, drafts: dict[str, Draft], known: Mapping[str, int], results: Sequence[KeyedResult]
) -> None:
    if keyed.check is None:
        return
    for result in results:
        folded = keyed.fold(result.key)
        if result.error is None:
            try:
                keyed.check(drafts[folded], folded not in known)
            except ValidationError as exc:
                result.error = exc
                del drafts[folded]


def _insert(keyed: Keyed, drafts: Mapping[str, Draft]) -> dict[str, int]:
    entity, now = entity_of(keyed.scope), timezone.now()
    columns: dict[str, Any] = {
        item.column: [draft.standard.get(key, item.empty) for draft in drafts.values()]
        for key, item in entity.standard.items()
        if key != keyed.column
    }
    rows = insert_rows(
        entity.model,
        {
            keyed.column: [draft.key for draft in drafts.values()],
            **columns,
            **keyed.columns,
            "created_at": now,
            "updated_at": now,
        },
        size=len(drafts),
        returning=[keyed.column, "id"],
    )
    return {keyed.fold(key): pk for key, pk in rows}


def _update(scope: str, drafts: Mapping[int, Draft]) -> set[int]:
    changed: set[int] = set()
    for name in sorted({name for draft in drafts.values() for name in draft.standard}):
        values = {pk: draft.standard[name] for pk, draft in drafts.items() if name in draft.standard}
        changed |= set_field(field=name, values=values, scope=scope).keys()
    return changed
