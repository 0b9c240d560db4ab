"""From an event to the contacts that enter: called inside the transaction of the change."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import IntegerField, Value

from automations.conditions.base import Moment
from automations.conditions.tree import matching_each, records_meeting
from automations.events import Event
from automations.models import Enrollment, WakeUp
from automations.models.enrollment import EnrollmentStatus
from automations.models.trigger import Recipients
from automations.records import RecordKind, kind_of
from contacts.bulk import id_set, insert_rows

from .enroll import Candidate, enroll, refuse_record
from .index import Index, Listener, current_index
from .responders import answer
from .scoring import queue_checks
from .wake import wake_worker

RECORD_SEGMENTS_PER_QUERY = 50


def raise_event(event: Event) -> None:
    """Enter everyone whom an active trigger lets in, and wake who may have waited for this.

    Costs no query when nobody listens (one, the index token, for a batch), and a number of
    queries that does not depend on how many automations listen or how many contacts there are.
    A record without contacts starts nobody; that is kept, for those who wonder why.
    """
    if not event.contact_ids and event.record is None:
        return
    index = current_index(fresh=len(event.contact_ids) > 1)
    if not index.hears(event):
        return
    index = current_index(fresh=True)
    # No savepoint of its own: the change and the entry stand or fall together.
    with transaction.atomic(savepoint=False):
        listeners = index.listeners(event)
        if not event.contact_ids:
            _refuse_record(listeners, event, index)
            return
        if listeners:
            enroll(candidates=_candidates(listeners, event, index), event=event, index=index)
        if event.kind in index.watchers:
            _wake(event, index.watchers[event.kind])
        if event.kind in index.checked:
            queue_checks(event)
        _let_respond(event, index)


def _let_respond(event: Event, index: Index) -> None:
    """Rules and conversions, last: what they cause comes after the automations of the event itself."""
    matched = [(responder, responder.trigger.match(event)) for responder in index.responders(event)]
    inside = _inside_segments([responder.trigger.segment for responder, ids in matched if ids], event, index)
    for responder, ids in matched:
        allowed = inside.get(_segment_key(responder.trigger.segment))
        answer(responder, [pk for pk in ids if allowed is None or pk in allowed], event)


def _candidates(listeners: Sequence[Listener], event: Event, index: Index) -> list[Candidate]:
    matched = [(listener, listener.trigger.match(event)) for listener in listeners]
    matched = [(listener, ids) for listener, ids in matched if ids]
    inside = _inside_segments([listener.trigger.segment for listener, _ids in matched], event, index)
    fitting = _fitting_records([listener.trigger.record_segment for listener, _ids in matched], event, index)
    return [
        Candidate(
            listener,
            ids,
            inside.get(_segment_key(listener.trigger.segment)),
            outside_record=not fitting.get(_segment_key(listener.trigger.record_segment), True),
            only=event.primary or 0 if _only_primary(listener, event) else None,
        )
        for listener, ids in matched
    ]


def _only_primary(listener: Listener, event: Event) -> bool:
    return event.record is not None and listener.trigger.recipients == Recipients.PRIMARY


def _refuse_record(listeners: Sequence[Listener], event: Event, index: Index) -> None:
    """Keep that the record had no contact, for the automations that it would have started."""
    concerned = [listener for listener in listeners if listener.trigger.concerns(event)]
    fitting = _fitting_records([listener.trigger.record_segment for listener in concerned], event, index)
    refuse_record([one for one in concerned if fitting.get(_segment_key(one.trigger.record_segment), True)], event)


def _segment_key(tree: Mapping[str, Any]) -> str:
    return repr(tree)


def _inside_segments(trees: Sequence[Mapping[str, Any]], event: Event, index: Index) -> dict[str, Collection[int]]:
    """{segment: contacts of the event inside it}; equal segments are asked once, all in one query."""
    distinct = {_segment_key(tree): tree for tree in trees if tree}
    moment = Moment(now=event.at, zone=index.zone, record=event.record)
    found = matching_each([(tree, event.contact_ids, moment) for tree in distinct.values()])
    return dict(zip(distinct, found, strict=True))


def _fitting_records(trees: Sequence[Mapping[str, Any]], event: Event, index: Index) -> dict[str, bool]:
    """{conditions: whether the event's record meets them}; a query for every RECORD_SEGMENTS_PER_QUERY."""
    distinct = {_segment_key(tree): tree for tree in trees if tree}
    kind = kind_of(event.record[0]) if event.record else None
    if not distinct or kind is None or event.record is None:
        return dict.fromkeys(distinct, False)
    moment = Moment(now=event.at, zone=index.zone, record=event.record)
    keys, met = list(distinct), set()
    for start in range(0, len(keys), RECORD_SEGMENTS_PER_QUERY):
        part = {
            number: distinct[key] for number, key in enumerate(keys[start:][:RECORD_SEGMENTS_PER_QUERY], start)
        }
        met |= _met_by(kind, event.record[1], part, moment)
    return {key: number in met for number, key in enumerate(keys)}


def _met_by(kind: RecordKind, pk: int, trees: Mapping[int, Mapping[str, Any]], moment: Moment) -> set[int]:
    """The numbers of the trees that the record meets; one query."""
    queries = [
        records_meeting(tree, kind, moment)
        .filter(pk=pk)
        .order_by()
        .annotate(question=Value(number, output_field=IntegerField()))
        .values_list("question", flat=True)
        for number, tree in trees.items()
    ]
    return set(queries[0].union(*queries[1:], all=True) if len(queries) > 1 else queries[0])


def _wake(event: Event, automation_ids: Sequence[int]) -> None:
    rows = Enrollment.objects.filter(
        contact__in=id_set(event.contact_ids), automation__in=automation_ids, status=EnrollmentStatus.ACTIVE
    )
    ids = list(rows.order_by("pk").values_list("pk", flat=True))
    insert_rows(
        WakeUp,
        {
            "enrollment_id": ids,
            "kind": event.kind.name,
            "key": "" if event.key is None else str(event.key)[:64],
            "at": event.at,
        },
        size=len(ids),
    )
    if ids:
        wake_worker()
