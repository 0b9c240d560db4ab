"""From an event to the contacts that enter: called inside the transaction of the change."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import transaction

from automations.conditions.base import Moment
from automations.conditions.tree import contacts_meeting
from automations.events import Event
from automations.models import Enrollment, WakeUp
from automations.models.enrollment import EnrollmentStatus
from contacts.bulk import id_set, insert_rows

from .enroll import Candidate, enroll
from .index import Index, Listener, current_index
from .responders import answer
from .scoring import queue_checks
from .wake import wake_worker

SEGMENTS_PER_QUERY = 50


def raise_event(event: Event) -> None:
    """Enter everyone whom an active trigger lets in, and wake who may have waited for this.

    Costs no query when nobody listens (one, the index token, for a batch), and a number of
    queries that does not depend on how many automations listen or how many contacts there are.
    """
    if not event.contact_ids:
        return
    index = current_index(fresh=len(event.contact_ids) > 1)
    if not index.hears(event):
        return
    index = current_index(fresh=True)
    # No savepoint of its own: the change and the entry stand or fall together.
    with transaction.atomic(savepoint=False):
        listeners = index.listeners(event)
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
    return [
        Candidate(listener, ids, inside.get(_segment_key(listener.trigger.segment))) for listener, ids in matched
    ]


def _segment_key(tree: Mapping[str, Any]) -> str:
    return repr(tree)


def _inside_segments(trees: Sequence[Mapping[str, Any]], event: Event, index: Index) -> dict[str, Collection[int]]:
    """{segment: contacts of the event inside it}; equal segments are asked once, all in one query."""
    distinct = {_segment_key(tree): tree for tree in trees if tree}
    if not distinct:
        return {}
    moment = Moment(now=event.at, zone=index.zone)
    keys = list(distinct)
    found: dict[str, set[int]] = {key: set() for key in keys}
    for start in range(0, len(keys), SEGMENTS_PER_QUERY):
        part = keys[start : start + SEGMENTS_PER_QUERY]
        for number, contact in _ask([distinct[key] for key in part], event.contact_ids, moment):
            found[part[number]].add(contact)
    return dict(found)


def _ask(trees: Sequence[Mapping[str, Any]], ids: Sequence[int], moment: Moment) -> "list[tuple[int, int]]":
    """(position of the tree, contact id) for every contact inside; one UNION ALL."""
    from django.db.models import IntegerField, Value

    queries = [
        contacts_meeting(tree, moment)
        .filter(pk__in=id_set(ids))
        .order_by()
        .annotate(tree=Value(number, output_field=IntegerField()))
        .values_list("tree", "pk")
        for number, tree in enumerate(trees)
    ]
    return list(queries[0].union(*queries[1:], all=True) if len(queries) > 1 else queries[0])


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
