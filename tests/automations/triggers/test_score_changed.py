"""score_changed: crossing a threshold counts, being beyond it does not. Through services, the API and steps."""

from typing import Any

import pytest
from django.test import Client

from automations.models import Account
from contacts.models import ContactScore, Score
from contacts.services import add_points, adjust_scores, set_scores
from tests.automations.conftest import build_automation, passes
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db

# direction, value, from, to, enters
TABLE = [
    ("above", 10, 5, 15, True),
    ("above", 10, 10, 11, True),
    ("above", 10, 11, 15, False),
    ("above", 10, 5, 10, False),
    ("above", 10, 15, 5, False),
    ("above", 10, 11, 10, False),
    ("above", 0, 0, 1, True),
    ("above", -5, -6, -4, True),
    ("below", 10, 15, 5, True),
    ("below", 10, 10, 9, True),
    ("below", 10, 9, 5, False),
    ("below", 10, 15, 10, False),
    ("below", 10, 5, 15, False),
    ("below", 0, 0, -1, True),
]


@pytest.mark.parametrize(("direction", "value", "old", "new", "enters"), TABLE)
def test_crossing(direction: str, value: int, old: int, new: int, enters: bool) -> None:
    score, other = Score.objects.create(name="Interest"), Score.objects.create(name="Fit")
    ada, bob = ContactFactory(email="ada@example.com"), ContactFactory()
    set_scores(contacts=[ada, bob], score=score, points=old)
    settings = {"score": score.pk, "direction": direction, "value": value}
    automation = build_automation(triggers=[("score_changed", settings)])
    adjust_scores(contacts=bob, score=other, points=new - old)
    assert passes(automation) == []
    adjust_scores(contacts=ada, score=score, points=new - old)
    assert passes(automation) == (["ada@example.com"] if enters else [])


def test_in_bulk_each_contact_by_its_own_points() -> None:
    score = Score.objects.create(name="Interest")
    people = [ContactFactory(email=f"c{n}@example.com") for n in range(4)]
    for contact, points in zip(people, (5, 10, 11, -100), strict=True):
        set_scores(contacts=contact, score=score, points=points)
    settings = {"score": score.pk, "direction": "above", "value": 10}
    automation = build_automation(triggers=[("score_changed", settings)])
    adjust_scores(contacts=people, score=score, points=6)
    assert passes(automation) == ["c0@example.com", "c1@example.com"]
    add_points(amounts={people[3].pk: 500, people[2].pk: 1}, score=score)
    assert passes(automation) == ["c0@example.com", "c1@example.com", "c3@example.com"]


def test_runs_again_after_falling_back() -> None:
    score, ada = Score.objects.create(name="Interest"), ContactFactory(email="ada@example.com")
    settings = {"score": score.pk, "direction": "above", "value": 10}
    often = build_automation(triggers=[("score_changed", settings)], runs="multiple", entry_policy="any")
    once = build_automation(triggers=[("score_changed", settings)])
    for points in (11, 20, 3, 12):
        set_scores(contacts=ada, score=score, points=points)
    assert passes(often) == ["ada@example.com"] * 2
    assert passes(once) == ["ada@example.com"]


@pytest.mark.parametrize(("plan", "allowed"), [("starter", False), ("plus", True), ("enterprise", True)])
def test_plans(plan: str, allowed: bool) -> None:
    from automations.triggers import TRIGGERS

    account = Account(plan=plan, addons=[])
    assert TRIGGERS["score_changed"].availability.allows(account.plan, account.addons) == allowed


def test_steps_add_subtract_and_set(drain: Any) -> None:
    score, ada = Score.objects.create(name="Interest"), ContactFactory()
    steps = [
        ("adjust_score", {"score": score.pk, "op": "set", "points": -3}),
        ("adjust_score", {"score": score.pk, "op": "add", "points": 10}),
        ("adjust_score", {"score": score.pk, "op": "subtract", "points": 2}),
        ("add_note", {"text": "Has {{ contact.scores.interest }}{{ contact.scores.gone }} points"}),
    ]
    automation = build_automation(steps=steps)
    from automations.services import add_to_automation

    add_to_automation(automation=automation, contacts=[ada])
    drain()
    assert ContactScore.objects.get(contact=ada, score=score).points == 5
    assert ada.notes.get().text == "Has 5 points"


def test_two_passes_at_one_step_count_twice(drain: Any) -> None:
    score, ada = Score.objects.create(name="Interest"), ContactFactory()
    steps = [("adjust_score", {"score": score.pk, "op": "add", "points": 10})]
    automation = build_automation(steps=steps, entry_policy="any")
    from automations.services import add_to_automation

    for _pass in range(2):
        add_to_automation(automation=automation, contacts=[ada])
    drain()
    assert ContactScore.objects.get(contact=ada).points == 20


def test_points_that_come_over_the_api(client: Client, admin_user: Any) -> None:
    score = Score.objects.create(name="Interest")
    ContactFactory(email="ada@example.com")
    ContactFactory(email="bob@example.com")
    settings = {"score": score.pk, "direction": "above", "value": 10}
    automation = build_automation(triggers=[("score_changed", settings)])
    client.force_login(admin_user)

    def give(email: str, points: int) -> int:
        body = {"emails": [email], "points": points}
        url = f"/api/v1/scores/{score.pk}/contacts/"
        return int(client.post(url, body, content_type="application/json").status_code)

    assert give("ada@example.com", 11) == give("bob@example.com", 10) == 200
    assert passes(automation) == ["ada@example.com"]
    assert give("nobody@example.com", 11) == 400
    assert give("bob@example.com", 1) == 200
    assert passes(automation) == ["ada@example.com", "bob@example.com"]
