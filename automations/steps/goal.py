"""A goal: draws contacts to it when its conditions come true, and decides about those who arrive (spec: goal)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from django import forms
from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.conditions.base import Moment
from automations.conditions.fields import ConditionsField
from automations.conditions.tree import (
    contacts_meeting,
    describe_tree,
    tree_changes_with_time,
    tree_events,
    tree_references,
)
from automations.events import GOAL_ACHIEVED, Event, EventKind
from automations.forms import SettingsForm
from automations.models import Step, StepLog
from automations.reasons import Exit, Outcome
from contacts.bulk import id_set
from contacts.models import Contact

from .base import STEPS, StepRun, Visit, visits_meeting

if TYPE_CHECKING:
    from automations.engine.plan import Plan

# What counts as achieved, and the word for it in events and settings.
ACHIEVED = {Outcome.GOAL_REACHED: "reached", Outcome.GOAL_SKIPPED: "skipped"}
RECHECK = timedelta(hours=6)
RECHECK_TIMED = timedelta(minutes=15)


@STEPS.register
class GoalStep(Step):
    slug = "goal"
    label = gettext_lazy("Goal")
    summary = gettext_lazy("Contacts jump here as soon as they meet its conditions.")
    family = "flow"
    icon = "flag"
    waits = True

    name = models.CharField(gettext_lazy("name"), max_length=100, blank=True)
    conditions = models.JSONField(default=dict)
    jump_from = models.CharField(max_length=10, default="above")
    unmet = models.CharField(max_length=10, default="continue")

    class Form(SettingsForm):
        name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
        conditions = ConditionsField(label=gettext_lazy("Conditions"), required=True)
        jump_from = forms.ChoiceField(
            label=gettext_lazy("Contacts jump here from"),
            choices=[
                ("above", gettext_lazy("anywhere above")),
                ("anywhere", gettext_lazy("anywhere in the automation")),
            ],
            initial="above",
        )
        unmet = forms.ChoiceField(
            label=gettext_lazy("Who arrives without meeting it"),
            choices=[
                ("continue", gettext_lazy("goes on")),
                ("wait", gettext_lazy("waits until it is met")),
                ("end", gettext_lazy("ends the automation")),
            ],
            initial="continue",
        )

    def run(self, run: StepRun) -> None:
        met = run.meeting(self.conditions)
        for visit in run.visits:
            if visit.id in met:
                run.go(visit, outcome=Outcome.GOAL_REACHED)
            elif self.unmet == "wait":
                # News wakes the contact; the recheck is for conditions on time, and a safety net.
                timed = tree_changes_with_time(self.conditions)
                run.wait(visit, run.now + (RECHECK_TIMED if timed else RECHECK))
            elif self.unmet == "end":
                run.end(visit, Exit.GOAL_MISSED, Outcome.GOAL_SKIPPED)
            else:
                run.go(visit, outcome=Outcome.GOAL_SKIPPED)
        self._announce(run)

    def _announce(self, run: StepRun) -> None:
        """Tell the world who reached or skipped it, once a goal and pass (spec: goal_achieved)."""
        decided = [visit for visit in run.visits if run.moves[visit.id].outcome in ACHIEVED]
        before = StepLog.objects.filter(
            enrollment__in=id_set([visit.id for visit in decided]), step_key=self.key, outcome__in=ACHIEVED
        )
        told = set(before.values_list("enrollment_id", flat=True)) if decided else set()
        for outcome, word in ACHIEVED.items():
            new = [
                visit
                for visit in decided
                if run.moves[visit.id].outcome == outcome
                and visit.id not in told
                and self.key not in visit.announced
            ]
            for visit in new:
                visit.announced.add(self.key)
            data = {"goal": self.key, "outcome": word, "automation": run.plan.automation_id}
            contacts = sorted({visit.contact_id for visit in new})
            run.announce(Event(GOAL_ACHIEVED, contacts, key=self.key, data=data, at=run.now))

    def holds(self) -> bool:
        return super().holds() and self.unmet == "wait"

    def watches(self) -> set[EventKind]:
        return tree_events(self.conditions)

    def draws_from(self, plan: "Plan") -> set[str]:
        if self.jump_from == "anywhere":
            return set(plan.steps) - {self.key}
        return plan.ancestors(self.key)

    def draws(self, visits: Sequence[Visit], moment: Moment) -> set[int]:
        return visits_meeting(self.conditions, visits, moment)

    def meeting(self, moment: Moment) -> QuerySet[Contact]:
        # Which record each entered with is looked at when they are woken: enough for now, and never too few.
        return contacts_meeting(self.conditions, replace(moment, any_record=True))

    def met_by_time(self) -> bool:
        return tree_changes_with_time(self.conditions)

    def references(self) -> set[tuple[str, int]]:
        return tree_references(self.conditions)

    def describe(self) -> str:
        text = describe_tree(self.conditions)
        if not text:
            return _("Goal (no conditions yet)")
        return _("Goal “%(name)s”: the contact %(conditions)s") % {"name": self.name, "conditions": text}
