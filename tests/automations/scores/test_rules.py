"""Rules: points for events and for conditions that come true; limits, expiry, loops, what was before."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from automations.engine.scoring import sweep
from automations.models import RuleCheck, ScoreRule
from automations.services import give_now, give_now_count, save_score_rule
from contacts.models import BulkJob, Contact, CustomEvent, Score
from contacts.selectors.scores import points_of
from contacts.services import (
    InUse,
    adjust_scores,
    expire_points,
    record_event,
    set_field,
    tag_contacts,
    untag_contacts,
)
from contacts.services.merge import merge_contacts
from contacts.services.records import save_record
from contacts.services.usage import delete_unused
from tests.automations.conftest import build_automation, passes
from tests.automations.test_main_job import eventually
from tests.factories import ContactFactory, TagFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def score() -> Score:
    return Score.objects.create(name="Interest")


def make(score: Score, **values: Any) -> ScoreRule:
    return save_score_rule(rule=ScoreRule(), values={"score": score, "points": 5, **values})


def has_tag(tag: Any, **more: Any) -> dict[str, Any]:
    return {"match": "all", "conditions": [{"type": "tag", "op": "has", "tag": tag.pk, **more}]}


def above(score: Score, value: int) -> dict[str, Any]:
    return {"match": "all", "conditions": [{"type": "score", "score": score.pk, "op": "above", "value": value}]}


def points(contact: Contact, key: str = "interest") -> int:
    return points_of([contact.pk])[contact.pk][key]


# --- Events ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "value", "given"),
    [
        ({"value_is": "any"}, "x", 5),
        ({"value_is": "equals", "value": "blue"}, "Blue", 5),
        ({"value_is": "equals", "value": "blue"}, "bluish", 0),
    ],
)
def test_an_event_is_matched_as_its_trigger_does(score: Score, settings: Any, value: str, given: int) -> None:
    bought, other = CustomEvent.objects.create(name="Bought"), CustomEvent.objects.create(name="Left")
    make(score, trigger="event_recorded", settings={"event": bought.pk, **settings})
    ada = ContactFactory()
    record_event(contacts=ada, event=other, value=value)
    assert points(ada) == 0
    record_event(contacts=ada, event=bought, value=value)
    assert points(ada) == given


def test_segment_narrows_an_event(score: Score) -> None:
    tag, vip = TagFactory(), TagFactory()
    make(score, trigger="tag_added", settings={"tags": [tag.pk]}, conditions=has_tag(vip))
    ada, bob = ContactFactory(), ContactFactory()
    tag_contacts(contacts=ada, tag=vip)
    tag_contacts(contacts=[ada, bob], tag=tag)
    assert (points(ada), points(bob)) == (5, 0)


@pytest.mark.parametrize(("limit", "given"), [(None, 15), (1, 5), (2, 10)])
def test_limit(score: Score, limit: int | None, given: int) -> None:
    event, ada = CustomEvent.objects.create(name="Bought"), ContactFactory()
    make(score, trigger="event_recorded", settings={"event": event.pk, "value_is": "any"}, limit=limit)
    for _time in range(3):
        record_event(contacts=ada, event=event)
    assert points(ada) == given


def test_points_of_a_rule_expire(score: Score) -> None:
    event, ada = CustomEvent.objects.create(name="Bought"), ContactFactory()
    make(score, trigger="event_recorded", settings={"event": event.pk, "value_is": "any"}, expires_days=30)
    record_event(contacts=ada, event=event)
    expire_points(now=timezone.now() + timedelta(days=29, hours=23))
    assert points(ada) == 5
    expire_points(now=timezone.now() + timedelta(days=30))
    assert points(ada) == 0


@pytest.mark.parametrize("off", ["rule", "score", "deleted"])
def test_switched_off(score: Score, off: str) -> None:
    event, ada = CustomEvent.objects.create(name="Bought"), ContactFactory()
    rule = make(score, trigger="event_recorded", settings={"event": event.pk, "value_is": "any"})
    if off == "rule":
        save_score_rule(rule=rule, values={"is_active": False})
    elif off == "score":
        save_record(record=score, values={"is_active": False})
    else:
        rule.delete()
    record_event(contacts=ada, event=event)
    assert points(ada) == 0


def test_an_event_without_rules_costs_nothing(score: Score, django_assert_num_queries: Any) -> None:
    ada, tag, other = ContactFactory(), TagFactory(), TagFactory()
    tag_contacts(contacts=ada, tag=other)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as before:
        tag_contacts(contacts=ada, tag=tag)
    event = CustomEvent.objects.create(name="Bought")
    make(score, trigger="event_recorded", settings={"event": event.pk, "value_is": "any"})
    untag_contacts(contacts=ada, tag=other)
    with CaptureQueriesContext(connection) as after:
        tag_contacts(contacts=ada, tag=other)
    assert len(after) == len(before)


def test_a_rule_s_points_start_automations(score: Score) -> None:
    event, ada = CustomEvent.objects.create(name="Bought"), ContactFactory(email="ada@example.com")
    make(score, trigger="event_recorded", settings={"event": event.pk, "value_is": "any"}, points=6)
    settings = {"score": score.pk, "direction": "above", "value": 10}
    automation = build_automation(triggers=[("score_changed", settings)])
    record_event(contacts=ada, event=event)
    assert passes(automation) == []
    record_event(contacts=ada, event=event)
    assert passes(automation) == ["ada@example.com"]


# --- Conditions --------------------------------------------------------------------------------


def test_conditions_that_come_true(score: Score, drain: Any) -> None:
    tag = TagFactory()
    before, ada, bob = ContactFactory(), ContactFactory(), ContactFactory()
    tag_contacts(contacts=before, tag=tag)
    make(score, conditions=has_tag(tag))
    drain()
    tag_contacts(contacts=[before, ada], tag=tag)
    tag_contacts(contacts=bob, tag=TagFactory())
    drain()
    assert [points(c) for c in (before, ada, bob)] == [0, 5, 0]
    # Still true is not true again; false and true again is.
    set_field(field="first_name", values={ada.pk: "Augusta"})
    tag_contacts(contacts=ada, tag=TagFactory())
    drain()
    assert points(ada) == 5
    for again in (ada, before):
        untag_contacts(contacts=again, tag=tag)
        drain()
        tag_contacts(contacts=again, tag=tag)
        drain()
    assert [points(c) for c in (before, ada)] == [5, 10]
    assert not RuleCheck.objects.exists()


def test_conditions_once_per_contact(score: Score, drain: Any) -> None:
    tag, ada = TagFactory(), ContactFactory()
    make(score, conditions=has_tag(tag), limit=1)
    drain()
    for _time in range(2):
        tag_contacts(contacts=ada, tag=tag)
        drain()
        untag_contacts(contacts=ada, tag=tag)
        drain()
    assert points(ada) == 5


def test_conditions_on_time_are_swept(score: Score, drain: Any) -> None:
    tag, ada = TagFactory(), ContactFactory()
    make(score, conditions={"match": "all", "conditions": [
        {"type": "tag_date", "tag": tag.pk, "op": "before", "days": 3}]})  # fmt: skip
    drain()
    tag_contacts(contacts=ada, tag=tag)
    drain()
    assert sweep(now=timezone.now() + timedelta(days=2)) == 0
    assert sweep(now=timezone.now() + timedelta(days=4)) == 1
    assert sweep(now=timezone.now() + timedelta(days=5)) == 0
    assert points(ada) == 5


def test_those_who_meet_it_now_on_demand(score: Score, drain: Any) -> None:
    tag, ada, bob = TagFactory(), ContactFactory(), ContactFactory()
    tag_contacts(contacts=[ada, bob], tag=tag)
    rule = make(score, conditions=has_tag(tag))
    drain()
    assert give_now_count(rule=rule) == 2
    assert give_now(rule=rule).changed == 2
    assert [points(c) for c in (ada, bob)] == [5, 5]
    with pytest.raises(ValidationError, match="No contacts"):
        give_now(rule=rule)


@pytest.mark.django_db(transaction=True)
def test_many_get_theirs_in_the_worker(score: Score, worker: Any) -> None:
    tag = TagFactory()
    Contact.objects.bulk_create(Contact(email=f"c{n}@example.com") for n in range(600))
    tag_contacts(contacts=Contact.objects.all(), tag=tag)
    rule = make(score, conditions=has_tag(tag))
    worker.start()
    give_now(rule=rule)
    eventually(lambda: BulkJob.objects.filter(status="done").exists(), 60, "the job")
    assert score.contact_scores.filter(points=5).count() == 600


def test_switching_on_again_is_not_retroactive(score: Score, drain: Any) -> None:
    tag, ada, bob = TagFactory(), ContactFactory(), ContactFactory()
    make(score, conditions=has_tag(tag))
    drain()
    save_record(record=score, values={"is_active": False})
    tag_contacts(contacts=ada, tag=tag)
    drain()
    save_record(record=score, values={"is_active": True})
    drain()
    tag_contacts(contacts=[ada, bob], tag=tag)
    drain()
    assert [points(c) for c in (ada, bob)] == [0, 5]


# --- Loops -------------------------------------------------------------------------------------


def test_rules_that_feed_each_other_stop(score: Score, drain: Any) -> None:
    fit, ada = Score.objects.create(name="Fit"), ContactFactory()
    for own, given, other, direction in (
        (fit, 10, score, "above"),
        (score, -10, fit, "above"),
        (fit, -20, score, "below"),
        (score, 20, fit, "below"),
    ):
        settings = {"score": other.pk, "direction": direction, "value": 0}
        make(own, trigger="score_changed", settings=settings, points=given)
    adjust_scores(contacts=ada, score=score, points=1)
    # Each rule answered once; the first would go on for ever.
    assert (points(ada), points(ada, "fit")) == (11, -10)


def test_conditions_that_feed_each_other_stop(score: Score, drain: Any) -> None:
    fit, ada = Score.objects.create(name="Fit"), ContactFactory()
    make(fit, conditions=above(score, 0), points=1)
    make(score, conditions=above(fit, 0), points=-10)
    make(fit, conditions={"match": "all", "conditions": [
        {"type": "score", "score": score.pk, "op": "below", "value": 0}]}, points=-10)  # fmt: skip
    make(score, conditions={"match": "all", "conditions": [
        {"type": "score", "score": fit.pk, "op": "below", "value": 0}]}, points=20)  # fmt: skip
    drain()
    adjust_scores(contacts=ada, score=score, points=1)
    drain()
    assert not RuleCheck.objects.exists()


def test_a_rule_must_not_depend_on_its_own_score(score: Score) -> None:
    settings = {"score": score.pk, "direction": "above", "value": 0}
    for values in ({"trigger": "score_changed", "settings": settings}, {"conditions": above(score, 1)}):
        with pytest.raises(ValidationError, match="changes itself"):
            make(score, **values)


# --- Bad input and use -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"points": 0}, "points"),
        ({"points": 2_000_000}, "points"),
        ({"limit": 0}, "limit"),
        ({"expires_days": 0}, "expires_days"),
        ({"trigger": "no_such"}, "trigger"),
        ({"trigger": "tag_added", "settings": {"tags": [999_999]}}, "settings"),
        ({"trigger": "tag_added", "settings": []}, "settings"),
        ({"trigger": "", "conditions": {}}, "conditions"),
        ({"conditions": {"match": "all", "conditions": [{"type": "tag", "op": "has", "tag": 999_999}]}},
         "conditions"),
    ],
)  # fmt: skip
def test_bad_rules_are_refused_by_field(score: Score, values: Any, field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        make(score, **{"conditions": has_tag(TagFactory()), **values})
    assert field in refused.value.message_dict
    assert not ScoreRule.objects.exists()


def test_what_a_rule_names_is_kept(score: Score) -> None:
    tag = TagFactory()
    make(score, trigger="tag_added", settings={"tags": [tag.pk]})
    with pytest.raises(InUse, match="a rule of “Interest”"):
        delete_unused(record=tag)


def test_merged_contacts_have_counted(score: Score) -> None:
    event, keep, drop = CustomEvent.objects.create(name="Bought"), ContactFactory(), ContactFactory()
    make(score, trigger="event_recorded", settings={"event": event.pk, "value_is": "any"}, limit=1)
    record_event(contacts=drop, event=event)
    merge_contacts(keep=keep, drop=drop)
    record_event(contacts=keep, event=event)
    assert points(keep) == 5
