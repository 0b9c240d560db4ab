"""A published version made ready to run: steps in memory, and which follows which."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from automations.models import Automation, Step, Trigger, Version
from automations.models.trigger import Recipients
from automations.steps.base import STEPS
from automations.triggers.base import TRIGGERS


@dataclass(slots=True)
class Plan:
    """`children` maps (parent key, arm) to the key of the step that hangs there; the first is ("", "")."""

    automation_id: int
    version_id: int
    triggers: list[Trigger]
    steps: dict[str, Step]
    children: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def first(self) -> str:
        return self.children.get(("", ""), "")

    def after(self, key: str, arm: str) -> str:
        """The next step's key, or "" where the path ends."""
        return self.children.get((key, arm), "")

    def ancestors(self, key: str) -> set[str]:
        """The steps above `key`, up to the first."""
        found: set[str] = set()
        step = self.steps.get(key)
        while step is not None and step.parent and step.parent not in found:
            found.add(step.parent)
            step = self.steps.get(step.parent)
        return found

    def place_of(self, key: str) -> str:
        """“Step 3: Wait 1 day”, for errors and logs."""
        return self.steps[key].describe() if key in self.steps else key


def build_plan(automation_id: int, version_id: int, snapshot: Mapping[str, Any]) -> Plan:
    """Types that are no longer registered are left out: contacts there exit as “step removed”."""
    triggers = [
        TRIGGERS[data["type"]].from_settings(
            data["settings"],
            automation_id=automation_id,
            key=data["key"],
            runs=data["runs"],
            segment=data["segment"],
            recipients=data.get("recipients", Recipients.ALL),
            record_segment=data.get("record_segment", {}),
        )
        for data in snapshot["triggers"]
        if data["type"] in TRIGGERS
    ]
    steps = {
        data["key"]: STEPS[data["type"]].from_settings(
            data["settings"],
            automation_id=automation_id,
            key=data["key"],
            parent=data["parent"],
            arm=data["arm"],
            enabled=data["enabled"],
        )
        for data in snapshot["steps"]
        if data["type"] in STEPS
    }
    children = {(step.parent, step.arm): key for key, step in steps.items()}
    return Plan(automation_id, version_id, triggers, steps, children)


def plan_of_version(version_id: int) -> Plan:
    """The plan of a version; one narrow query, the plan itself is cached."""
    return _plan(version_id, Version.objects.values_list("created_at", flat=True).get(pk=version_id))


@lru_cache(maxsize=2_000)
def _plan(version_id: int, created_at: datetime) -> Plan:
    """Cached for good: a version never changes. The time tells it from one that was rolled back."""
    version = Version.objects.get(pk=version_id)
    return build_plan(version.automation_id, version.pk, version.snapshot)


@dataclass(frozen=True, slots=True)
class Live:
    """An automation as it stands now."""

    is_active: bool
    plan: Plan | None
    exit_on_unsubscribe: bool
    exit_conversion: int | None


def live_automations(ids: Collection[int]) -> dict[int, Live]:
    """One query, and one more for each version that this process has not seen yet."""
    rows = Automation.objects.filter(pk__in=ids).values_list(
        "pk", "is_active", "version_id", "version__created_at", "exit_on_unsubscribe", "exit_conversion_id"
    )
    return {
        pk: Live(active, _plan(version, created_at) if version else None, leaves, conversion)
        for pk, active, version, created_at, leaves, conversion in rows
    }
