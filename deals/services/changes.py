"""Writes the facts of changes, of one deal or of many, and tells who listens."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import transaction
from django.utils import timezone

from contacts.bulk import insert_rows
from contacts.services.changes import current_facts
from contacts.signals import facts_recorded
from deals.facts import (
    ACCOUNT,
    EXPECTED_CLOSE,
    OWNER,
    PIPELINE,
    STAGE,
    STATUS,
    TITLE,
    VALUE,
    DealsChanged,
    TasksCompleted,
)
from deals.models import Deal, DealChange, DealStatus, Stage, Task
from deals.money import money_text

#: {fact's field: {deal id: (old, new)}}, canonical texts.
Changes = dict[str, dict[int, tuple[str, str]]]

_held: ContextVar[list[Any] | None] = ContextVar("held_facts", default=None)


@contextmanager
def together() -> Iterator[None]:
    """Facts recorded inside are announced at the end: who listens to a new deal sees its contacts too.

    One transaction; nothing is announced where it fails.
    """
    if _held.get() is not None:
        yield
        return
    batches: list[Any] = []
    token = _held.set(batches)
    with transaction.atomic():
        try:
            yield
        finally:
            _held.reset(token)
        for batch in batches:
            announce(batch)


def announce(batch: DealsChanged | TasksCompleted | Any) -> None:
    """Tell whoever listens of facts that were written."""
    held = _held.get()
    if held is None:
        facts_recorded.send(sender=type(batch), batch=batch)
    else:
        held.append(batch)


def texts_of(row: Mapping[str, Any]) -> dict[str, str]:
    """The canonical texts of a deal's tracked attributes, by the fact's field; of what `row` has."""
    plain = {
        TITLE: "title", STATUS: "status", STAGE: "stage_id", PIPELINE: "pipeline_id", OWNER: "owner_id",
        ACCOUNT: "account_id",
    }  # fmt: skip
    texts = {name: _text(row[attribute]) for name, attribute in plain.items() if attribute in row}
    if row.get("value") is not None and "currency" in row:
        texts[VALUE] = money_text(row["value"], row["currency"])
    if "expected_close" in row:
        texts[EXPECTED_CLOSE] = row["expected_close"].isoformat() if row["expected_close"] else ""
    return texts


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def differences(before: Mapping[int, Mapping[str, Any]], after: Mapping[int, Mapping[str, Any]]) -> Changes:
    """What differs between two states of deals, each {deal id: attributes}."""
    changes: Changes = {}
    for pk, row in after.items():
        old, new = texts_of(before[pk]), texts_of(row)
        for name in new:
            if name in old and old[name] != new[name]:
                changes.setdefault(name, {})[pk] = (old[name], new[name])
    return changes


def record_changes(*, changes: Changes) -> None:
    """One insert for all of them, then one batch for each field."""
    rows = [(name, pk, pair) for name, part in changes.items() for pk, pair in part.items()]
    write_facts(rows)
    for name in sorted(changes, key=_order):
        announce(DealsChanged(field=name, changes=changes[name]))


def write_facts(rows: Collection[tuple[str, int, tuple[str, str]]]) -> None:
    """Facts as (field, deal id, (old, new)); announces nothing."""
    insert_rows(
        DealChange,
        {
            "field": [name for name, _pk, _pair in rows],
            "deal_id": [pk for _name, pk, _pair in rows],
            "old": [old for _name, _pk, (old, _new) in rows],
            "new": [new for _name, _pk, (_old, new) in rows],
            "at": timezone.now(),
            **current_facts(),
        },
        size=len(rows),
    )


def _order(name: str) -> tuple[bool, str]:
    """The pipeline first: what a deal's arrival starts comes before what its stage starts."""
    return name != PIPELINE, name


def derive(row: dict[str, Any], before: Mapping[str, Any] | None, stages: Mapping[int, int]) -> dict[str, Any]:
    """What follows from a deal's stage and status: `row` with pipeline, stage_since and closed_at set.

    `stages` maps stages to their pipelines; `before` is None for a deal that is being made.
    """
    now = timezone.now()
    if before is None or row["stage_id"] != before["stage_id"]:
        row["pipeline_id"], row["stage_since"] = stages[row["stage_id"]], now
    if before is None or row["status"] != before["status"]:
        row["closed_at"] = None if row["status"] == DealStatus.OPEN else now
    return row


def follow(*, deal: Deal, before: Mapping[str, Any] | None) -> set[str]:
    """Set what follows from the stage and status that a save is about to write; the fields that it set."""
    row = {"stage_id": deal.stage_id, "status": deal.status}
    stages: dict[int, int] = {}
    if before is None or deal.stage_id != before["stage_id"]:
        stages = dict(Stage.objects.filter(pk=deal.stage_id).values_list("pk", "pipeline_id"))
        if deal.stage_id not in stages:
            return set()  # the database refuses it
    derived = derive(dict(row), before, stages).items() - row.items()
    for name, value in derived:
        setattr(deal, name, value)
    return {name.removesuffix("_id") for name, _value in derived}


def record_saved(*, deal: Deal, before: Mapping[str, Any] | None, written: Collection[str] | None) -> None:
    """The facts of one deal's save; `written` names the fields (None: all of them)."""
    if before is None:
        record_changes(changes=made({deal.pk: deal.pipeline_id}, {deal.pk: deal.expected_close}))
        return
    chosen = None if written is None else {*written}
    after = dict(before)
    for name in Deal.TRACKED:
        if chosen is None or name in chosen or name.removesuffix("_id") in chosen:
            after[name] = getattr(deal, name)
    record_changes(changes=differences({deal.pk: before}, {deal.pk: after}))


def made(pipelines: Mapping[int, int], closing: Mapping[int, Any]) -> Changes:
    """The facts of deals that are made, {deal id: pipeline} and {deal id: expected close date}.

    As with custom fields, a date that is there from the start was set from nothing.
    """
    changes: Changes = {PIPELINE: {pk: ("", str(pipeline)) for pk, pipeline in pipelines.items()}}
    if dated := {pk: ("", day.isoformat()) for pk, day in closing.items() if day}:
        changes[EXPECTED_CLOSE] = dated
    return changes


def task_saved(*, task: Task) -> None:
    announce(TasksCompleted(task_ids=[task.pk]))
