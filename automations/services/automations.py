"""Automations themselves: made, renamed, set up, deleted."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from automations.engine.index import touch_index
from automations.models import (
    Automation,
    DateEntry,
    Delivery,
    Enrollment,
    EntryRefusal,
    StepCount,
    StepLog,
    WakeUp,
)
from contacts.models import List
from contacts.origin import current_origin
from contacts.services.records import save_record
from contacts.services.usage import check_unused

# What the trigger index and the running engine hold in memory.
INDEXED = {"entry_policy", "exit_on_unsubscribe", "exit_conversion"}


@transaction.atomic
def save_automation(
    *, automation: Automation | None = None, values: Mapping[str, Any], lists: Iterable[List] | None = None
) -> Automation:
    """Make an automation, or set fields of one; ValidationError by field. `lists` replaces its lists."""
    record = automation or Automation(created_by_id=current_origin().user_id)
    save_record(record=record, values=values)
    if lists is not None:
        record.lists.set(lists)
    if record.is_active and INDEXED & set(values):
        touch_index()
    return record


@transaction.atomic
def delete_automation(*, automation: Automation) -> None:
    """Delete an inactive automation with its history; InUse, naming them, where others start or end it."""
    locked = Automation.objects.select_for_update(of=("self",)).get(pk=automation.pk)
    if locked.is_active:
        raise ValidationError(_("“%s” is active; deactivate it before you delete it.") % locked, code="active")
    check_unused(record=locked)
    # First, because a step may name its own automation, and such a reference is protected.
    locked.triggers.all().delete()
    locked.steps.all().delete()
    _delete_history(locked)
    locked.delete()


def _delete_history(automation: Automation) -> None:
    """Passes, log, ledger and counts: set by set, because Django's cascade reads every row into memory first."""
    passes = Enrollment.objects.filter(automation=automation)
    history: tuple[QuerySet[Any], ...] = (
        StepLog.objects.filter(enrollment__in=passes),
        WakeUp.objects.filter(enrollment__in=passes),
        Delivery.objects.filter(automation=automation),
        EntryRefusal.objects.filter(automation=automation),
        StepCount.objects.filter(automation=automation),
        DateEntry.objects.filter(automation=automation),
        passes,
    )
    for rows in history:
        rows._raw_delete(rows.db)
