"""Saving rules, and giving points for what is so already."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.engine.scoring import give_to_those_who_meet, never_counted
from automations.engine.wake import wake_worker
from automations.models import ScoreRule
from contacts.bulk_actions import BulkAction, register
from contacts.services.jobs import BulkOutcome, run_bulk_action
from contacts.services.records import save_record

ACTION = "give_points"
#: A change of one of these lets a rule with conditions look afresh at who meets them.
DECISIVE = ("trigger", "conditions", "is_active")


@transaction.atomic
def save_score_rule(*, rule: ScoreRule, values: Mapping[str, Any]) -> ScoreRule:
    """Set values on a new or stored rule; ValidationError by field.

    Rules look forward only. One with conditions first lets the worker note who meets them already.
    """
    stored = ScoreRule.objects.filter(pk=rule.pk).first() if rule.pk else None
    fresh = stored is None or any(name in values and values[name] != getattr(stored, name) for name in DECISIVE)
    saved = save_record(record=rule, values=values)
    if fresh and not saved.trigger:
        look_afresh([saved.pk])
        saved.baseline_at = None
    return saved


def look_afresh(rules: Sequence[int]) -> None:
    """Let the worker note again who meets the rules' conditions; that gives nobody points."""
    ScoreRule.objects.filter(pk__in=rules).update(baseline_at=None)
    wake_worker()


def give_now_count(*, rule: ScoreRule) -> int:
    """How many contacts `give_now` would look at."""
    return len(never_counted(rule)) if not rule.trigger else 0


def give_now(*, rule: ScoreRule) -> BulkOutcome:
    """Give a rule's points to everyone who meets its conditions now and never got them.

    At once for a few, in the worker for many. ValidationError: the rule is for an event, is
    switched off, or nobody is left.
    """
    if rule.trigger:
        raise ValidationError(_("The rule answers an event; nobody can meet it now."), code="event")
    if not (rule.is_active and rule.score.is_active):
        raise ValidationError(_("Switch the rule and its score on first."), code="inactive")
    return run_bulk_action(action=ACTION, contacts=never_counted(rule), params={"rule": rule.pk})


class _Form(forms.Form):
    rule = forms.ModelChoiceField(ScoreRule.objects.filter(trigger=""), label=gettext_lazy("Score rule"))


def _apply(ids: Sequence[int], params: Mapping[str, Any]) -> int:
    rule = ScoreRule.at_work().filter(pk=params["rule"]).select_related("score").first()
    return give_to_those_who_meet(rule=rule, contacts=ids) if rule else 0


register(
    BulkAction(
        ACTION, gettext_lazy("Give a rule's points to those who meet it now"), _Form, _apply,
        permission="automations.change_scorerule", icon="trending_up", offered=False,
    )
)  # fmt: skip
