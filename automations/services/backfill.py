"""“Also add everyone who meets this now”: triggers look forward only, this looks at what is already there."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.conditions.base import Moment
from automations.conditions.tree import compile_tree
from automations.engine.enroll import Candidate, enroll
from automations.engine.index import Index, Listener, current_index
from automations.engine.plan import plan_of_version
from automations.events import Event
from automations.models import Automation, Enrollment, Trigger
from contacts.bulk import id_set
from contacts.bulk_actions import BulkAction, register
from contacts.models import Contact
from contacts.services.jobs import BulkOutcome, run_bulk_action

ACTION = "backfill"


def backfill_count(*, automation: Automation) -> int:
    """How many contacts a backfill would look at: those who meet a trigger now and never entered."""
    return _meeting(automation).count()


def backfill(*, automation: Automation) -> BulkOutcome:
    """Enter them through the trigger they meet, at once or (many) in the worker; each rule of entry holds.

    ValidationError where the automation is not active, or nobody meets its triggers.
    """
    if not automation.is_active:
        raise ValidationError(_("Activate the automation first."), code="inactive")
    ids = list(_meeting(automation).order_by().values_list("pk", flat=True))
    return run_bulk_action(action=ACTION, contacts=ids, params={"automation": automation.pk})


def _triggers(automation: Automation) -> list[Trigger]:
    return plan_of_version(automation.version_id).triggers if automation.version_id else []


def _meeting(automation: Automation) -> QuerySet[Contact]:
    moment = Moment(now=timezone.now(), zone=current_index(fresh=True).zone)
    found = Q(pk__in=[])
    for trigger in _triggers(automation):
        contacts = trigger.meets_now()
        if contacts is not None:
            found |= Q(pk__in=contacts.order_by().values("pk")) & compile_tree(trigger.segment, moment)
    entered = Enrollment.objects.filter(automation=automation).values("contact_id")
    return Contact.objects.filter(found).exclude(pk__in=entered)


class _Form(forms.Form):
    automation = forms.ModelChoiceField(
        Automation.objects.filter(is_active=True), label=gettext_lazy("Automation")
    )


def _apply(ids: Sequence[int], params: Mapping[str, Any]) -> int:
    """One chunk: the contacts enter as if the event happened now, trigger by trigger."""
    index = current_index(fresh=True)
    before = Enrollment.objects.filter(automation=params["automation"], contact__in=id_set(ids)).count()
    for listener in _listeners(index, params["automation"]):
        _enter(listener, ids, index)
    after = Enrollment.objects.filter(automation=params["automation"], contact__in=id_set(ids)).count()
    return after - before


def _listeners(index: Index, automation_id: int) -> list[Listener]:
    """The automation's active listeners, each trigger once though it may stand under several keys."""
    return [listener for listener in index.every_listener() if listener.automation_id == automation_id]


def _enter(listener: Listener, ids: Sequence[int], index: Index) -> None:
    contacts = listener.trigger.meets_now()
    if contacts is None:
        return
    moment = Moment(now=timezone.now(), zone=index.zone)
    rows = contacts.filter(compile_tree(listener.trigger.segment, moment), pk__in=id_set(ids))
    never = rows.exclude(pk__in=Enrollment.objects.filter(automation=listener.automation_id).values("contact_id"))
    meeting = sorted(never.order_by().values_list("pk", flat=True))
    event = Event(listener.trigger.listens_to, meeting, data={"backfill": True})
    if meeting:
        enroll(candidates=[Candidate(listener, meeting, None)], event=event, index=index)


register(
    BulkAction(
        ACTION,
        gettext_lazy("Add those who meet an automation's triggers now"),
        _Form,
        _apply,
        permission="automations.add_enrollment",
        icon="group_add",
        offered=False,
    )
)
