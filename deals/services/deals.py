"""Making, changing and deleting deals, one or many. Statements per chunk of deals, not per deal."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.bulk import chunks, id_set, insert_rows, update_rows
from contacts.models import CustomField
from contacts.selectors.fields import fields_of
from contacts.services.fields import set_custom_values
from contacts.services.parsing import parse_fields
from contacts.services.selection import Contacts
from deals.models import Deal, DealStatus, Pipeline, Rotation, Stage

from .changes import Changes, derive, differences, made, record_changes, together
from .participants import add_deal_contacts, insert_participants
from .selection import Deals, deal_ids

SETTABLE = ("title", "value", "currency", "owner", "status", "stage", "expected_close", "account")


@dataclass(slots=True)
class DealDraft:
    """A deal to be made; `contacts` holds ids, the primary one first."""

    title: str
    stage_id: int
    value: Decimal = Decimal(0)
    currency: str = "EUR"
    owner_id: int | None = None
    status: str = DealStatus.OPEN
    expected_close: date | None = None
    account_id: int | None = None
    contacts: Sequence[int] = field(default_factory=list)


class Moved(ValidationError):
    """Somebody else has moved the deal meanwhile; `stage` is where it stands now."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        super().__init__(
            _("Somebody else has moved this deal to “%s” meanwhile. It stays there.") % stage, code="moved"
        )


def first_stage(pipeline: Pipeline | int) -> Stage:
    """Where deals enter a pipeline; ValidationError where it has no stage."""
    pk = pipeline.pk if isinstance(pipeline, Pipeline) else pipeline
    stage = Stage.objects.filter(pipeline=pk).order_by("position", "pk").first()
    if stage is None:
        raise ValidationError({"pipeline": _("This pipeline has no stage yet; add one first.")}, code="no_stage")
    return stage


def create_deal(
    *,
    title: str,
    stage: Stage | int | None = None,
    pipeline: Pipeline | int | None = None,
    contacts: Contacts = (),
    primary: int | None = None,
    custom: Mapping[str, Any] | None = None,
    **values: Any,
) -> Deal:
    """Make one deal in a stage, or in the first stage of a pipeline; ValidationError by field.

    `primary` is one of the contacts, `custom` holds raw values by the field's key. The currency is the
    pipeline's where none is given.
    """
    if stage is None:
        if pipeline is None:
            raise ValidationError({"stage": _("Give a stage or a pipeline.")}, code="required")
        stage = first_stage(pipeline)
    attributes = clean_values({"title": title, "stage": stage, **values})
    fields, parsed = _parse_custom(custom)
    if "currency" not in attributes:
        attributes["currency"] = Pipeline.objects.get(stages=attributes["stage_id"]).currency
    with together():
        deal = Deal(**attributes)
        deal.save()
        add_deal_contacts(deal=deal, contacts=contacts, primary=primary)
        set_custom_values(values={deal.pk: parsed}, fields=fields)
    return deal


def create_deals(*, drafts: Sequence[DealDraft]) -> list[int]:
    """Make many deals; their ids in the drafts' order. The drafts' values are checked already."""
    ids: list[int] = []
    with together():
        pipelines = _pipelines({draft.stage_id for draft in drafts})
        for chunk in chunks(drafts):
            ids += _insert(chunk, pipelines)
        insert_participants(
            [
                (pk, contact, "", number == 0)
                for pk, draft in zip(ids, drafts, strict=True)
                for number, contact in enumerate(draft.contacts)
            ]
        )
        if ids:
            pairs = list(zip(ids, drafts, strict=True))
            entered = {pk: pipelines[draft.stage_id] for pk, draft in pairs}
            record_changes(changes=made(entered, {pk: draft.expected_close for pk, draft in pairs}))
    return ids


def _insert(drafts: Sequence[DealDraft], pipelines: Mapping[int, int]) -> list[int]:
    now = timezone.now()
    rows = insert_rows(
        Deal,
        {
            "title": [draft.title for draft in drafts],
            "value": [draft.value for draft in drafts],
            "currency": [draft.currency for draft in drafts],
            "owner_id": [draft.owner_id for draft in drafts],
            "status": [draft.status for draft in drafts],
            "stage_id": [draft.stage_id for draft in drafts],
            "pipeline_id": [pipelines[draft.stage_id] for draft in drafts],
            "expected_close": [draft.expected_close for draft in drafts],
            "account_id": [draft.account_id for draft in drafts],
            "closed_at": [None if draft.status == DealStatus.OPEN else now for draft in drafts],
            "stage_since": now,
            "created_at": now,
            "updated_at": now,
        },
        size=len(drafts),
        returning=["id"],
    )
    # Ids are given in the order of the rows.
    return sorted(pk for (pk,) in rows)


def update_deal(*, deal: Deal | int, custom: Mapping[str, Any] | None = None, **values: Any) -> Deal:
    """Change one deal; ValidationError by field. What is not named stays as it is."""
    pk = deal.pk if isinstance(deal, Deal) else deal
    update_deals(deals=[pk], custom=custom, **values)
    return Deal.objects.get(pk=pk)


@transaction.atomic
def update_deals(*, deals: Deals, custom: Mapping[str, Any] | None = None, **values: Any) -> Changes:
    """The same values for many deals; what changed of the standard ones."""
    ids, cleaned = deal_ids(deals), clean_values(values)
    fields, parsed = _parse_custom(custom)
    changes = write_deals(values=dict.fromkeys(ids, cleaned))
    set_custom_values(values=dict.fromkeys(ids, parsed), fields=fields)
    return changes


def _parse_custom(custom: Mapping[str, Any] | None) -> tuple[Mapping[str, CustomField], dict[str, Any]]:
    """(fields, parsed values) by key; a query only where there are values."""
    if not custom:
        return {}, {}
    fields = fields_of("deal")
    _standard, parsed = parse_fields(scope="deal", standard={}, custom=custom, fields=fields)
    return fields, parsed


@transaction.atomic
def move_deal(*, deal: Deal | int, stage: Stage | int, seen: int | None = None) -> Changes:
    """Move one deal. `seen` is the stage it was in for whoever moves it: Moved where it has left that one."""
    pk = deal.pk if isinstance(deal, Deal) else deal
    wanted = clean_values({"stage": stage})
    current = Deal.objects.select_for_update(of=("self",)).select_related("stage").get(pk=pk)
    if seen is not None and current.stage_id not in (seen, wanted["stage_id"]):
        raise Moved(current.stage)
    return write_deals(values={pk: wanted})


def move_deals(
    *, deals: Deals, stage: Stage | int | None = None, pipeline: Pipeline | int | None = None
) -> Changes:
    """Move deals to a stage, or to the first stage of a pipeline (those that are in it stay where they are)."""
    if stage is not None:
        return update_deals(deals=deals, stage=stage)
    if pipeline is None:
        raise ValidationError({"stage": _("Give a stage or a pipeline.")}, code="required")
    first = first_stage(pipeline)
    ids = deal_ids(deals)
    elsewhere = Deal.objects.filter(pk__in=id_set(ids)).exclude(pipeline=first.pipeline_id)
    return update_deals(deals=elsewhere, stage=first)


def set_status(*, deals: Deals, status: str) -> Changes:
    return update_deals(deals=deals, status=status)


@transaction.atomic
def assign_in_turn(*, deals: Deals, users: Sequence[int], rotation: str) -> Changes:
    """Give each deal the next of `users` as owner. Whose turn it is is kept under the name `rotation`.

    Turns are taken by one statement, so that however many assign at once, each user gets as many.
    """
    ids = deal_ids(deals)
    if not users:
        raise ValidationError({"users": _("Choose at least one user.")}, code="required")
    if not ids:
        return {}
    ((turns,),) = insert_rows(
        Rotation,
        {"name": rotation, "turns": [len(ids)]},
        size=1,
        update_on=(["name"], ["turns"]),
        adding=["turns"],
        returning=["turns"],
    )
    first = turns - len(ids)
    owners = {pk: users[(first + number) % len(users)] for number, pk in enumerate(ids)}
    return write_deals(values={pk: {"owner_id": owner} for pk, owner in owners.items()})


def delete_deals(*, deals: Deals) -> int:
    """Delete deals and what belongs to them; returns how many there were."""
    deleted = 0
    for chunk in chunks(deal_ids(deals), 1_000):
        with transaction.atomic():
            _rows, counts = Deal.objects.filter(pk__in=id_set(chunk)).delete()
            deleted += counts.get(Deal._meta.label, 0)
    return deleted


def clean_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values by field name as attributes, each checked by its field; ValidationError by field."""
    errors: dict[str, Any] = {}
    cleaned: dict[str, Any] = {}
    for name, value in values.items():
        if name not in SETTABLE:
            known = ", ".join(SETTABLE)
            errors[name] = ValidationError(
                _("There is no such field; the fields are: %s.") % known, code="unknown"
            )
            continue
        column: models.Field[Any, Any] = getattr(Deal, name).field
        raw = value.pk if isinstance(value, models.Model) else value
        raw = raw.strip() if isinstance(raw, str) else raw
        raw = raw.upper() if name == "currency" and isinstance(raw, str) else raw
        try:
            cleaned[column.attname] = column.clean(raw, None)
        except ValidationError as error:
            errors[name] = error
    if errors:
        raise ValidationError(errors)
    return cleaned


@transaction.atomic
def write_deals(*, values: Mapping[int, Mapping[str, Any]]) -> Changes:
    """Write {deal id: {attribute: checked value}} and the facts of what really changed; these changes."""
    changes: Changes = defaultdict(dict)
    for chunk in chunks(sorted(pk for pk, row in values.items() if row)):
        for name, part in _write_chunk({pk: values[pk] for pk in chunk}).items():
            changes[name] |= part
    record_changes(changes=changes)
    return dict(changes)


def _write_chunk(values: Mapping[int, Mapping[str, Any]]) -> Changes:
    kept = ("id", *Deal.TRACKED, "stage_since", "closed_at")
    locked = Deal.objects.filter(pk__in=id_set(values)).select_for_update(no_key=True).order_by("pk").values(*kept)
    before = {row["id"]: row for row in locked}
    pipelines = _pipelines({row["stage_id"] for row in values.values() if "stage_id" in row})
    after = {pk: derive({**row, **values[pk]}, row, pipelines) for pk, row in before.items()}
    changes = differences(before, after)
    touched = sorted({pk for part in changes.values() for pk in part})
    if touched:
        names = _columns(before, after, touched)
        columns = {name: [after[pk][name] for pk in touched] for name in names}
        update_rows(Deal, "id", touched, {**columns, "updated_at": timezone.now()})
    return changes


def _columns(
    before: Mapping[int, Mapping[str, Any]], after: Mapping[int, Mapping[str, Any]], ids: Iterable[int]
) -> list[str]:
    return sorted({name for pk in ids for name, value in after[pk].items() if value != before[pk][name]})


def _pipelines(stages: Collection[int]) -> dict[int, int]:
    """The pipelines of stages; ValidationError where one is gone."""
    if not stages:
        return {}
    found = dict(Stage.objects.filter(pk__in=id_set(stages)).values_list("pk", "pipeline_id"))
    if missing := set(stages) - set(found):
        named = ", ".join(map(str, sorted(missing)))
        raise ValidationError({"stage": _("There is no stage %s.") % named}, code="does_not_exist")
    return found
