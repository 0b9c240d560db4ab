"""What forms ask of every trigger besides its settings, where it is about records (builder and admin)."""

from django import forms
from django.utils.translation import gettext_lazy as _

from automations.conditions.base import conditions_of
from automations.conditions.fields import ConditionsField
from automations.models import Trigger
from automations.records import RECORDS

#: As they are asked; `fit_to_records` leaves out what doesn't concern a type.
RULES = ("record_segment", "segment", "recipients", "runs")


def rules_of(trigger: type[Trigger]) -> tuple[str, ...]:
    """Those of `RULES` that concern the type."""
    left_out = set()
    if not (trigger.record and len(conditions_of(trigger.record))):
        left_out.add("record_segment")
    if not trigger.multi_contact:
        left_out.add("recipients")
    return tuple(name for name in RULES if name not in left_out)


def fit_to_records(form: forms.BaseForm, trigger: type[Trigger]) -> None:
    """Ask which records and which of their contacts only where the type is about such."""
    wanted = rules_of(trigger)
    if "recipients" not in wanted:
        form.fields.pop("recipients", None)
    if "record_segment" in wanted:
        form.fields["record_segment"] = ConditionsField(
            subject=trigger.record,
            label=_("Which ones: %s") % RECORDS[trigger.record].label,
            required=False,
            help_text=_("Only those that meet this at the moment of the event. Leave it empty for any."),
        )
