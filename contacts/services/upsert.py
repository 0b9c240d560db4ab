"""Creating or updating many contacts from raw rows, each whole (tags and lists too) or not at all."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from contacts.models import CustomField, List, Tag
from contacts.selectors.fields import contact_fields

from .contacts import ContactDraft, SaveResult, save_contacts
from .lists import subscribe_contacts
from .parsing import STANDARD, parse_contact
from .tags import get_or_create_tags, tag_contacts

# Each tag and each list costs a few statements, however many contacts get it.
MAX_DISTINCT = 100
COLUMNS = (*STANDARD, "fields", "tags", "lists")


@dataclass(slots=True)
class RowResult:
    """What became of a row. `status` is created, updated, unchanged or error."""

    index: int
    email: str = ""
    id: int | None = None
    status: str = "error"
    error: ValidationError | None = None
    # Lists that the person had left or whose mail bounced, and which therefore were left alone.
    refused_lists: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Row:
    draft: ContactDraft
    tags: list[str]
    lists: list[int]


@dataclass(slots=True)
class _Known:
    """What rows may refer to; read once."""

    fields: Mapping[str, CustomField]
    users: set[int]
    lists: set[int]


@transaction.atomic
def upsert_contacts(
    *, rows: Sequence[Mapping[str, Any]], update_existing: bool = True, resubscribe: bool = False
) -> list[RowResult]:
    """Create the rows whose address is new, update the others; one result a row, in order.

    A row: `email` and any of the other standard fields, `fields` {key: value}, `tags` [names],
    which are made where missing, `lists` [ids]. Tags and lists are added, never taken away. With
    `update_existing` off, rows of known addresses are left alone altogether. The number of
    statements depends on the distinct fields, tags and lists, not on the rows.
    """
    results = [RowResult(index) for index in range(len(rows))]
    good = _parse_rows(rows, results)
    _check_distinct(good.values())
    saved = save_contacts(drafts=[row.draft for row in good.values()], update_existing=update_existing)
    touched = {
        email: row
        for email, row in good.items()
        if email in saved.ids and (update_existing or saved.ids[email] in set(saved.created))
    }
    changed = saved.updated | _tag(touched, saved) | _subscribe(touched, saved, results, resubscribe)
    created = set(saved.created)
    for result in results:
        if result.error is None:
            result.id = saved.ids[result.email]
            result.status = (
                "created" if result.id in created else "updated" if result.id in changed else "unchanged"
            )
    return results


def _parse_rows(rows: Sequence[Mapping[str, Any]], results: list[RowResult]) -> dict[str, _Row]:
    known = _read_known(rows)
    good: dict[str, _Row] = {}
    for row, result in zip(rows, results, strict=True):
        result.email = str(row.get("email") or "")[:254]
        try:
            parsed = _parse_row(row, known)
            if parsed.draft.email in good:
                raise ValidationError(
                    {"email": ValidationError(_("An earlier row has the same address."), code="duplicate")}
                )
        except ValidationError as exc:
            result.error = exc
            continue
        result.email = parsed.draft.email
        good[result.email] = parsed
    return good


def _read_known(rows: Sequence[Mapping[str, Any]]) -> _Known:
    any_owner = any(row.get("owner") for row in rows)
    any_list = any(row.get("lists") for row in rows)
    users = get_user_model()._default_manager.filter(is_active=True)
    return _Known(
        fields=contact_fields(),
        users=set(users.values_list("pk", flat=True)) if any_owner else set(),
        lists=set(List.objects.values_list("pk", flat=True)) if any_list else set(),
    )


def _parse_row(row: Mapping[str, Any], known: _Known) -> _Row:
    errors: dict[str, Any] = {}
    raw_custom = row.get("fields") or {}
    if not isinstance(raw_custom, Mapping):
        errors["fields"], raw_custom = ValidationError(_("Give an object of values by key.")), {}
    standard = {name: value for name, value in row.items() if name not in ("fields", "tags", "lists")}
    values: dict[str, Any] = {}
    custom: dict[str, Any] = {}
    try:
        values, custom = parse_contact(
            standard={"email": None, **standard}, custom=raw_custom, fields=known.fields
        )
    except ValidationError as exc:
        errors |= exc.error_dict
    owner = values.get("owner")
    if owner is not None and owner not in known.users:
        errors["owner"] = ValidationError(_("There is no user %d.") % owner, code="does_not_exist")
    tags = _collect(errors, "tags", row.get("tags") or [], _tag_name)
    lists = _collect(errors, "lists", row.get("lists") or [], lambda item: _list_id(item, known.lists))
    if errors:
        raise ValidationError(errors)
    email = values.pop("email")
    return _Row(ContactDraft(email, values, custom), tags, lists)


def _collect(errors: dict[str, Any], name: str, raw: Any, parse: Any) -> list[Any]:
    try:
        if not isinstance(raw, list):
            raise ValidationError(_("Give a list."))
        return [parse(item) for item in raw]
    except ValidationError as exc:
        errors[name] = exc
        return []


def _tag_name(raw: Any) -> str:
    if not isinstance(raw, str) or not raw.strip():
        raise ValidationError(_("A tag is given by its name."))
    if len(raw.strip()) > 100:
        raise ValidationError(_("The tag “%s…” is longer than 100 characters.") % raw.strip()[:30])
    return raw.strip()


def _list_id(raw: Any, known: set[int]) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise ValidationError(_("A list is given by its id."))
    if raw not in known:
        raise ValidationError(_("There is no list %s.") % str(raw)[:20], code="does_not_exist")
    return raw


def _check_distinct(rows: Iterable[_Row]) -> None:
    rows = list(rows)
    for name, values in (
        ("tags", {tag.casefold() for row in rows for tag in row.tags}),
        ("lists", {pk for row in rows for pk in row.lists}),
    ):
        if len(values) > MAX_DISTINCT:
            raise ValidationError(
                {name: _("At most %d different ones at a time; send fewer rows.") % MAX_DISTINCT}
            )


def _tag(rows: Mapping[str, _Row], saved: SaveResult) -> set[int]:
    by_tag: dict[str, list[int]] = defaultdict(list)
    for email, row in rows.items():
        for name in row.tags:
            by_tag[name].append(saved.ids[email])
    tags: dict[str, Tag] = get_or_create_tags(names=by_tag) if by_tag else {}
    changed: set[int] = set()
    for name in sorted(by_tag):
        changed.update(tag_contacts(contacts=by_tag[name], tag=tags[name]))
    return changed


def _subscribe(
    rows: Mapping[str, _Row], saved: SaveResult, results: Sequence[RowResult], resubscribe: bool
) -> set[int]:
    by_list: dict[int, list[int]] = defaultdict(list)
    for email, row in rows.items():
        for pk in row.lists:
            by_list[pk].append(saved.ids[email])
    good = [result for result in results if result.error is None and result.email in rows]
    by_contact = {saved.ids[result.email]: result for result in good}
    changed: set[int] = set()
    for pk in sorted(by_list):
        answer = subscribe_contacts(contacts=by_list[pk], list=pk, resubscribe=resubscribe)
        changed.update(answer.changed)
        for refused in answer.refused:
            by_contact[refused].refused_lists.append(pk)
    return changed
