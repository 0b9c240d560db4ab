"""Giving, taking and setting points of deals. Statements per 10,000 deals, not per deal."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.bulk import chunks, id_set, insert_rows
from contacts.models import Score
from contacts.services.changes import current_facts
from contacts.services.scores import check_points
from deals.facts import DealScoresChanged
from deals.models import DealScore, DealScoreChange

from .changes import announce
from .selection import Deals, deal_ids

Points = dict[int, tuple[int, int]]


def adjust_deal_scores(*, deals: Deals, score: Score | int, points: int, reason: str = "") -> Points:
    """Add `points` (less than 0: take away) to each deal's score; {deal: (old, new)} of the changed."""
    amounts = dict.fromkeys(deal_ids(deals), check_points(points))
    return add_deal_points(amounts=amounts, score=score, reason=reason)


@transaction.atomic
def add_deal_points(*, amounts: Mapping[int, int], score: Score | int, reason: str = "") -> Points:
    """As `adjust_deal_scores`, with each deal's own points: {deal id: points}."""
    score_id = _checked(score)
    changes: Points = {}
    for chunk in chunks(sorted(pk for pk, points in amounts.items() if points)):
        rows = insert_rows(
            DealScore,
            {"score_id": score_id, "deal_id": list(chunk), "points": [amounts[pk] for pk in chunk]},
            size=len(chunk),
            update_on=(["deal", "score"], ["points"]),
            adding=["points"],
            returning=["deal_id", "points"],
        )
        changes |= _record(score_id, {pk: (new - amounts[pk], new) for pk, new in sorted(rows)}, reason)
    return changes


@transaction.atomic
def set_deal_scores(*, deals: Deals, score: Score | int, points: int, reason: str = "") -> Points:
    """Give each deal's score this value; {deal: (old, new)} of those that had another."""
    score_id, value = _checked(score), check_points(points)
    changes: Points = {}
    for chunk in chunks(deal_ids(deals)):
        ids = list(chunk)
        # Every deal has a row to lock: two who set and add at once do it one after the other.
        columns = {"score_id": score_id, "deal_id": ids, "points": 0}
        insert_rows(DealScore, columns, size=len(ids), ignore_conflicts=True)
        rows = DealScore.objects.filter(score=score_id, deal__in=id_set(ids)).select_for_update()
        old = dict(rows.order_by("deal_id").values_list("deal_id", "points"))
        rows.order_by().update(points=value)
        changed = {pk: (before, value) for pk, before in old.items() if before != value}
        changes |= _record(score_id, changed, reason)
    return changes


def _checked(score: Score | int) -> int:
    """The score's id; ValidationError where it does not count points of deals."""
    found = score if isinstance(score, Score) else Score.objects.filter(pk=score).first()
    if found is None or found.subject != Score.Subject.DEAL:
        raise ValidationError({"score": _("Choose a score that counts points of deals.")}, code="subject")
    return found.pk


def _record(score_id: int, changes: Points, reason: str) -> Points:
    if not changes:
        return changes
    columns = {
        "deal_id": list(changes),
        "score_id": score_id,
        "old": [old for old, _new in changes.values()],
        "new": [new for _old, new in changes.values()],
        "reason": reason[:250],
        "at": timezone.now(),
    }
    insert_rows(DealScoreChange, {**columns, **current_facts()}, size=len(changes))
    announce(DealScoresChanged(score_id=score_id, changes=changes))
    return changes
