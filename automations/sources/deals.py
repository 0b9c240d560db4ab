"""Deals and tasks: what changed of them, for the contacts who take part."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from django.dispatch import receiver

from automations.engine.index import current_index
from automations.engine.match import raise_event
from automations.events import (
    DEAL_CONTACTS_CHANGED,
    DEAL_FIELD_CHANGED,
    DEAL_OWNER_CHANGED,
    DEAL_STAGE_CHANGED,
    DEAL_STATUS_CHANGED,
    DEAL_VALUE_CHANGED,
    PIPELINE_ENTERED,
    SCORE_CHANGED,
    TASK_COMPLETED,
    Event,
    EventKind,
)
from contacts.bulk import id_set
from contacts.signals import facts_recorded
from deals import facts
from deals.models import Deal, Task
from deals.selectors.participants import contacts_of

DEAL, TASK = Deal._meta.label_lower, Task._meta.label_lower
KINDS: Mapping[str, EventKind] = {
    facts.STAGE: DEAL_STAGE_CHANGED,
    facts.STATUS: DEAL_STATUS_CHANGED,
    facts.VALUE: DEAL_VALUE_CHANGED,
    facts.OWNER: DEAL_OWNER_CHANGED,
    facts.PIPELINE: PIPELINE_ENTERED,
}
#: Changes that no trigger is about; they are in the deal's timeline.
SILENT = (facts.TITLE, facts.ACCOUNT)


@receiver(facts_recorded, sender=facts.DealsChanged)
def deals_changed(batch: facts.DealsChanged, **kwargs: Any) -> None:
    """An event for each deal; their contacts are asked once for all, and only where somebody listens."""
    kind = KINDS.get(batch.field, DEAL_FIELD_CHANGED)
    if batch.field in SILENT or not _heard(kind, len(batch.changes)):
        return
    people, pipelines = contacts_of(batch.changes), _pipelines(batch)
    for deal, (old, new) in batch.changes.items():
        key: Hashable = {
            facts.STAGE: pipelines.get(deal),
            facts.PIPELINE: int(new) if batch.field == facts.PIPELINE else None,
            facts.VALUE: new.rpartition(" ")[2],
        }.get(batch.field, batch.field)
        data = {"field": batch.field, "old": old[:500], "new": new[:500]}
        raise_event(_about_deal(kind, deal, people, key=key, change=(old, new), data=data))


def _pipelines(batch: facts.DealsChanged) -> dict[int, int]:
    if batch.field != facts.STAGE:
        return {}
    rows = Deal.objects.filter(pk__in=id_set(batch.changes))
    return dict(rows.values_list("pk", "pipeline_id"))


def _heard(kind: EventKind, count: int) -> bool:
    return current_index(fresh=count > 1).hears_kind(kind)


def _about_deal(kind: EventKind, deal: int, people: Mapping[int, Sequence[int]], **values: Any) -> Event:
    contacts = people.get(deal, ())
    return Event(kind, contacts, record=(DEAL, deal), primary=contacts[0] if contacts else None, **values)


@receiver(facts_recorded, sender=facts.DealScoresChanged)
def deal_scores_changed(batch: facts.DealScoresChanged, **kwargs: Any) -> None:
    if not _heard(SCORE_CHANGED, len(batch.changes)):
        return
    people, data = contacts_of(batch.changes), {"score": batch.score_id}
    for deal, (old, new) in batch.changes.items():
        change = (str(old), str(new))
        raise_event(_about_deal(SCORE_CHANGED, deal, people, key=batch.score_id, change=change, data=data))


@receiver(facts_recorded, sender=facts.DealContactsChanged)
def deal_contacts_changed(batch: facts.DealContactsChanged, **kwargs: Any) -> None:
    """Who waits for a deal of theirs may have it now."""
    raise_event(Event(DEAL_CONTACTS_CHANGED, batch.contact_ids))


@receiver(facts_recorded, sender=facts.TasksCompleted)
def tasks_completed(batch: facts.TasksCompleted, **kwargs: Any) -> None:
    """Of a task about a contact it concerns that contact, of one about a deal those who take part in it."""
    if not _heard(TASK_COMPLETED, len(batch.task_ids)):
        return
    rows = list(Task.objects.filter(pk__in=id_set(batch.task_ids)).order_by("pk"))
    people = contacts_of({task.deal_id for task in rows if task.deal_id})
    for task in rows:
        contacts = [task.contact_id] if task.contact_id else people.get(task.deal_id or 0, [])
        data = {"task": task.pk, "type": task.type_id, "outcome": task.outcome_id}
        primary = contacts[0] if contacts else None
        raise_event(Event(TASK_COMPLETED, contacts, record=(TASK, task.pk), primary=primary, data=data))
