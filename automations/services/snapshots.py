"""A draft as JSON and back: the form of revisions, versions and, with names for ids, of export files."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from automations.conditions.tree import tree_references
from automations.models import Automation, Step, Trigger, Usage
from automations.models.trigger import Recipients
from automations.steps.base import STEPS
from automations.triggers.base import TRIGGERS

SCHEMA = 1


def snapshot_of(automation: Automation) -> dict[str, Any]:
    """The draft: one query per kind and type present."""
    return {
        "schema": SCHEMA,
        "triggers": [
            {
                "key": trigger.key,
                "type": trigger.slug,
                "runs": trigger.runs,
                "segment": trigger.segment,
                "recipients": trigger.recipients,
                "record_segment": trigger.record_segment,
                "settings": trigger.settings(),
            }
            for trigger in automation.triggers.all()
        ],
        "steps": [
            {
                "key": step.key,
                "type": step.slug,
                "parent": step.parent,
                "arm": step.arm,
                "enabled": step.enabled,
                "settings": step.settings(),
            }
            for step in automation.steps.all()
        ],
    }


def shown_snapshot(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """A snapshot as people may see it, and as it may leave the system: secrets are masked."""
    return {
        **snapshot,
        "triggers": [_shown(TRIGGERS.get(data["type"]), data) for data in snapshot["triggers"]],
        "steps": [_shown(STEPS.get(data["type"]), data) for data in snapshot["steps"]],
    }


def _shown(cls: Any, data: Mapping[str, Any]) -> dict[str, Any]:
    """Of a type that is no longer there nobody knows what is secret, so nothing of it is shown."""
    return {**data, "settings": cls.Form.shown(data["settings"]) if cls else {}}


def record_rules(data: Mapping[str, Any]) -> dict[str, Any]:
    """What a trigger's snapshot says of records; older ones say nothing."""
    return {
        "recipients": data.get("recipients", Recipients.ALL),
        "record_segment": data.get("record_segment", {}),
    }


@transaction.atomic
def restore_snapshot(*, automation: Automation, snapshot: Mapping[str, Any]) -> None:
    """Replace the draft's rows by a snapshot's; keys stay."""
    automation.triggers.all().delete()
    automation.steps.all().delete()
    for position, data in enumerate(snapshot["triggers"]):
        TRIGGERS[data["type"]].from_settings(
            data["settings"],
            automation=automation,
            key=data["key"],
            runs=data["runs"],
            segment=data["segment"],
            **record_rules(data),
            position=position,
        ).save()
    for data in snapshot["steps"]:
        STEPS[data["type"]].from_settings(
            data["settings"],
            automation=automation,
            key=data["key"],
            parent=data["parent"],
            arm=data["arm"],
            enabled=data["enabled"],
        ).save()
    write_usages(automation=automation, published=False)


def write_usages(*, automation: Automation, published: bool) -> None:
    """Keep the list of records that the draft (or the version just published from it) names."""
    found: set[tuple[str, int]] = set()
    for part in (*automation.triggers.all(), *automation.steps.all()):
        found |= part.references()
        if isinstance(part, Trigger):
            found |= tree_references(part.segment) | tree_references(part.record_segment, part.record)
    Usage.objects.filter(automation=automation, published=published).delete()
    Usage.objects.bulk_create(
        Usage(automation=automation, published=published, model=model, object_id=pk) for model, pk in sorted(found)
    )


def steps_below(steps: "Mapping[str, Step]", key: str) -> set[str]:
    """Keys of `key` and every step under it."""
    below = {key}
    grown = True
    while grown:
        more = {step.key for step in steps.values() if step.parent in below} - below
        below |= more
        grown = bool(more)
    return below
