"""Giving, taking and setting points. Statements per 10,000 contacts, not per contact."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.bulk import chunks, id_set, insert_rows
from contacts.facts import ScoreChanged
from contacts.models import ContactScore, ExpiringPoints, Score, ScoreChange

from .changes import announce, current_facts
from .selection import Contacts, contact_ids

MAX_POINTS = 1_000_000
BATCH = 2_000
Changes = dict[int, tuple[int, int]]


def adjust_scores(
    *,
    contacts: Contacts,
    score: Score | int,
    points: int,
    reason: str = "",
    rule_id: int | None = None,
    expires_at: datetime | None = None,
) -> Changes:
    """Add `points` (less than 0: take away) to each contact's score; {contact: (old, new)} of the changed.

    With `expires_at` they are taken back then. ValidationError where the points are out of bounds.
    """
    amounts = dict.fromkeys(contact_ids(contacts), check_points(points))
    return add_points(amounts=amounts, score=score, reason=reason, rule_id=rule_id, expires_at=expires_at)


@transaction.atomic
def add_points(
    *,
    amounts: Mapping[int, int],
    score: Score | int,
    reason: str = "",
    rule_id: int | None = None,
    expires_at: datetime | None = None,
) -> Changes:
    """As `adjust_scores`, with each contact's own points: {contact id: points}."""
    score_id = score.pk if isinstance(score, Score) else score
    changes: Changes = {}
    ids = sorted(pk for pk, points in amounts.items() if points)
    for chunk in chunks(ids):
        rows = insert_rows(
            ContactScore,
            {"score_id": score_id, "contact_id": list(chunk), "points": [amounts[pk] for pk in chunk]},
            size=len(chunk),
            update_on=(["contact", "score"], ["points"]),
            adding=["points"],
            returning=["contact_id", "points"],
        )
        changed = {pk: (new - amounts[pk], new) for pk, new in sorted(rows)}
        if expires_at is not None:
            _let_expire(score_id, {pk: amounts[pk] for pk in changed}, expires_at)
        changes |= _record(score_id, changed, reason, rule_id)
    return changes


@transaction.atomic
def set_scores(
    *, contacts: Contacts, score: Score | int, points: int, reason: str = "", rule_id: int | None = None
) -> Changes:
    """Give each contact's score this value; {contact: (old, new)} of those who had another.

    Points that were to expire are part of the new value: they are not taken back later.
    """
    score_id, value = score.pk if isinstance(score, Score) else score, check_points(points)
    changes: Changes = {}
    for chunk in chunks(contact_ids(contacts)):
        ids = list(chunk)
        columns = {"score_id": score_id, "contact_id": ids}
        # Everyone has a row to lock: two who set and add at once do it one after the other.
        insert_rows(ContactScore, {**columns, "points": 0}, size=len(ids), ignore_conflicts=True)
        rows = ContactScore.objects.filter(score=score_id, contact__in=id_set(ids)).select_for_update()
        old = dict(rows.order_by("contact_id").values_list("contact_id", "points"))
        rows.order_by().filter(contact__in=id_set(list(old))).update(points=value)
        ExpiringPoints.objects.filter(score=score_id, contact__in=id_set(ids)).delete()
        changed = {pk: (before, value) for pk, before in old.items() if before != value}
        changes |= _record(score_id, changed, reason, rule_id)
    return changes


def expire_points(*, now: datetime) -> int:
    """Take back what is due, in batches; returns how many rows that were. Costs what is due, not what is there."""
    total = 0
    while done := _expire_batch(now):
        total += done
    return total


@transaction.atomic
def _expire_batch(now: datetime) -> int:
    rows = ExpiringPoints.objects.filter(due_at__lte=now).order_by("due_at", "pk")
    # Skipped when locked: a second run of the schedule takes others, or none.
    due = list(rows.select_for_update(skip_locked=True)[:BATCH])
    groups: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for row in due:
        groups[row.score_id][row.contact_id] -= row.points
    ExpiringPoints.objects.filter(pk__in=id_set([row.pk for row in due]))._raw_delete("default")
    for score_id, amounts in sorted(groups.items()):
        add_points(amounts=amounts, score=score_id, reason=_("Points expired."))
    return len(due)


def forget_score_changes(*, now: datetime) -> int:
    """Delete changes older than SCORE_HISTORY_DAYS, in batches; returns how many. Points stay."""
    before = now - timedelta(days=settings.SCORE_HISTORY_DAYS)
    deleted = 0
    rows = ScoreChange.objects.filter(at__lt=before).order_by("at").values_list("pk", flat=True)
    while ids := list(rows[:BATCH]):
        ScoreChange.objects.filter(pk__in=id_set(ids))._raw_delete("default")
        deleted += len(ids)
    return deleted


def check_points(points: int) -> int:
    """The points; ValidationError where they are more than MAX_POINTS either way."""
    if abs(points) > MAX_POINTS:
        raise ValidationError({"points": _("At most %d points at a time.") % MAX_POINTS})
    return points


def _let_expire(score_id: int, amounts: Mapping[int, int], at: datetime) -> None:
    columns = {
        "contact_id": list(amounts),
        "score_id": score_id,
        "points": list(amounts.values()),
        "due_at": at,
    }
    insert_rows(ExpiringPoints, columns, size=len(amounts))


def _record(score_id: int, changes: Changes, reason: str, rule_id: int | None) -> Changes:
    if not changes:
        return changes
    pairs: Sequence[tuple[int, int]] = list(changes.values())
    columns = {
        "contact_id": list(changes),
        "score_id": score_id,
        "old": [old for old, _new in pairs],
        "new": [new for _old, new in pairs],
        "reason": reason[:250],
        "rule_id": rule_id,
        "at": timezone.now(),
    }
    insert_rows(ScoreChange, {**columns, **current_facts()}, size=len(changes))
    announce(ScoreChanged(score_id=score_id, changes=changes))
    return changes
