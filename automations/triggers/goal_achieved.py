"""A contact reaches, or is moved past, a goal of some automation (spec: goal_achieved)."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.availability import PLUS_AND_UP, Availability
from automations.events import GOAL_ACHIEVED, Event
from automations.forms import SettingsForm
from automations.models import Automation, Trigger
from automations.names import remembered

from .base import TRIGGERS


@TRIGGERS.register
class GoalAchievedTrigger(Trigger):
    slug = "goal_achieved"
    label = gettext_lazy("Goal is achieved")
    summary = gettext_lazy("A contact reaches a goal of an automation, or is moved past it.")
    family = "contacts"
    icon = "flag"
    synonyms = (gettext_lazy("target"), gettext_lazy("milestone"))
    availability = Availability(plans=PLUS_AND_UP)
    listens_to = GOAL_ACHIEVED

    # The stable key of a goal step, the same in draft and versions.
    goal = models.CharField(gettext_lazy("goal"), max_length=12, blank=True)
    outcome = models.CharField(max_length=8, default="either")

    class Form(SettingsForm):
        OUTCOMES = (
            ("either", gettext_lazy("reached or skipped")),
            ("reached", gettext_lazy("reached")),
            ("skipped", gettext_lazy("skipped: moved past it without meeting it")),
        )
        goal = forms.ChoiceField(
            label=gettext_lazy("Goal"),
            choices=lambda: [(key, title) for key, (title, _owner) in goals().items()],
            error_messages={
                "invalid_choice": gettext_lazy("That goal does not exist (any more); choose another.")
            },
        )
        outcome = forms.ChoiceField(label=gettext_lazy("Outcome"), choices=OUTCOMES, initial="either")

    def index_keys(self) -> Iterable[Hashable]:
        return [self.goal]

    def match(self, event: Event) -> Sequence[int]:
        return event.contact_ids if self.outcome in ("either", event.data["outcome"]) else []

    def references(self) -> set[tuple[str, int]]:
        found = goals().get(self.goal)
        return {(Automation._meta.label_lower, found[1])} if found else set()

    def describe(self) -> str:
        title = goals().get(self.goal, (_("(not chosen yet)"), 0))[0]
        texts = {
            "either": _("The goal “%s” is reached or skipped"),
            "reached": _("The goal “%s” is reached"),
            "skipped": _("The goal “%s” is skipped"),
        }
        return texts[self.outcome] % title


def goals() -> dict[str, tuple[str, int]]:
    """{step key: (“Automation: goal”, automation id)} of every goal there is; one query."""
    return remembered("goals", _read_goals)


def _read_goals() -> dict[str, tuple[str, int]]:
    from automations.steps.goal import GoalStep

    rows: Any = GoalStep.objects.order_by("automation__name", "pk")
    rows = rows.values_list("key", "name", "automation__name", "automation_id")
    return {key: (f"{automation}: {name}", owner) for key, name, automation, owner in rows}
