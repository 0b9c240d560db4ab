"""Points: given, taken, set, expired, merged, exported; single and bulk, with their facts."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from contacts.models import ContactScore, ExpiringPoints, Score, ScoreChange
from contacts.selectors.scores import points_of
from contacts.selectors.timeline import timeline
from contacts.services import add_points, adjust_scores, expire_points, forget_score_changes, set_scores
from contacts.services.merge import merge_contacts
from contacts.services.privacy import erase_person, export_person
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def score() -> Score:
    return Score.objects.create(name="Interest")


def test_points_add_up_and_leave_facts(score: Score) -> None:
    ada, bob = ContactFactory(), ContactFactory()
    assert adjust_scores(contacts=[ada, bob], score=score, points=5) == {ada.pk: (0, 5), bob.pk: (0, 5)}
    assert adjust_scores(contacts=ada, score=score, points=-7, reason="Complained") == {ada.pk: (5, -2)}
    assert add_points(amounts={ada.pk: 0, bob.pk: 1}, score=score) == {bob.pk: (5, 6)}
    facts = ScoreChange.objects.order_by("pk").values_list("contact", "old", "new", "reason")
    assert list(facts) == [
        (ada.pk, 0, 5, ""),
        (bob.pk, 0, 5, ""),
        (ada.pk, 5, -2, "Complained"),
        (bob.pk, 5, 6, ""),
    ]
    assert points_of([ada.pk, bob.pk]) == {ada.pk: {"interest": -2}, bob.pk: {"interest": 6}}


def test_setting_says_only_what_changed(score: Score) -> None:
    ada, bob = ContactFactory(), ContactFactory()
    adjust_scores(contacts=ada, score=score, points=5)
    assert set_scores(contacts=[ada, bob], score=score, points=5) == {bob.pk: (0, 5)}
    assert set_scores(contacts=[ada, bob], score=score, points=5) == {}


@pytest.mark.parametrize("points", [1_000_001, -1_000_001, 10**30])
def test_points_out_of_bounds(score: Score, points: int) -> None:
    ada = ContactFactory()
    for service in (adjust_scores, set_scores):
        with pytest.raises(ValidationError, match="At most"):
            service(contacts=ada, score=score, points=points)
    assert not ContactScore.objects.exists()


def test_many_cost_no_more_statements(score: Score, django_assert_max_num_queries: Any) -> None:
    people = ContactFactory.create_batch(60)
    with django_assert_max_num_queries(8):
        adjust_scores(contacts=people, score=score, points=1, expires_at=timezone.now())
    with django_assert_max_num_queries(10):
        set_scores(contacts=people, score=score, points=7)
    assert set(ContactScore.objects.values_list("points", flat=True)) == {7}


def test_points_expire_when_due_and_once(score: Score) -> None:
    ada, now = ContactFactory(), timezone.now()
    adjust_scores(contacts=ada, score=score, points=10, expires_at=now + timedelta(days=3))
    adjust_scores(contacts=ada, score=score, points=4, expires_at=now + timedelta(days=3))
    adjust_scores(contacts=ada, score=score, points=1)
    assert expire_points(now=now + timedelta(days=2, hours=23)) == 0
    assert expire_points(now=now + timedelta(days=3)) == 2
    assert expire_points(now=now + timedelta(days=4)) == 0
    assert points_of([ada.pk])[ada.pk] == {"interest": 1}


def test_what_was_set_is_not_taken_back(score: Score) -> None:
    ada, now = ContactFactory(), timezone.now()
    adjust_scores(contacts=ada, score=score, points=10, expires_at=now)
    set_scores(contacts=ada, score=score, points=3)
    assert expire_points(now=now + timedelta(days=1)) == 0
    assert points_of([ada.pk])[ada.pk] == {"interest": 3}


def test_merging_adds(score: Score) -> None:
    keep, drop, now = ContactFactory(), ContactFactory(), timezone.now()
    adjust_scores(contacts=keep, score=score, points=3)
    adjust_scores(contacts=drop, score=score, points=4, expires_at=now)
    merge_contacts(keep=keep, drop=drop)
    assert points_of([keep.pk])[keep.pk] == {"interest": 7}
    expire_points(now=now)
    assert points_of([keep.pk])[keep.pk] == {"interest": 3}
    assert ScoreChange.objects.filter(contact=keep).count() == 4


def test_privacy_and_timeline(score: Score) -> None:
    ada = ContactFactory()
    adjust_scores(contacts=ada, score=score, points=4, reason="Came to the fair")
    data = export_person(contact=ada)
    assert data["scores"] == [{"score": "Interest", "points": 4}]
    assert [(e["score"], e["old"], e["new"], e["reason"]) for e in data["history"] if e["kind"] == "score"] == [
        ("Interest", 0, 4, "Came to the fair")
    ]
    entry = timeline(contact=ada).entries[0]
    assert (entry.title, entry.text) == ("Interest went from 0 to 4 points.", "Came to the fair")
    erase_person(contact=ada)
    assert not any(m.objects.exists() for m in (ContactScore, ScoreChange, ExpiringPoints))


def test_old_changes_are_forgotten_and_points_stay(score: Score, settings: Any) -> None:
    settings.SCORE_HISTORY_DAYS = 30
    ada, now = ContactFactory(), timezone.now()
    adjust_scores(contacts=ada, score=score, points=4)
    assert forget_score_changes(now=now + timedelta(days=29)) == 0
    assert forget_score_changes(now=now + timedelta(days=31)) == 1
    assert points_of([ada.pk])[ada.pk] == {"interest": 4}


def test_keys_are_made_from_names_and_stay_apart() -> None:
    names = ["Lead score", "Lead-score", "42", "潜在"]
    assert [Score.objects.create(name=name).key for name in names] == [
        "lead_score",
        "lead_score_2",
        "score",
        "score_2",
    ]
