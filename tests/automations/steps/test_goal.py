from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from automations.engine.goals import wake_for_goals
from automations.models import Automation, StepLog
from automations.models.enrollment import Enrollment
from automations.services import activate, add_step, add_to_automation, deactivate, publish
from contacts.services import set_field, tag_contacts, untag_contacts
from tests.automations.conftest import build_automation
from tests.automations.steps.conftest import details_of, log_of, refused, round_trip, sentence
from tests.factories import ContactFactory, CustomFieldFactory, TagFactory

pytestmark = pytest.mark.django_db
MONTH = ("wait", {"mode": "period", "amount": 1, "unit": "months"})
NOTE = ("add_note", {"text": "x"})


def has(tag):
    return {"match": "all", "conditions": [{"type": "tag", "op": "has", "tag": tag.pk}]}


def goal(tag, jump_from="above", unmet="continue", **extra):
    return "goal", {"name": "Bought", "conditions": has(tag), "jump_from": jump_from, "unmet": unmet, **extra}


@pytest.mark.parametrize(
    ("unmet", "tagged", "log", "status", "reason"),
    [
        ("continue", False, ["goal_skipped", "done", "completed"], "completed", "completed"),
        ("wait", False, ["waiting"], "active", ""),
        ("end", False, ["goal_skipped"], "exited", "goal_missed"),
        ("continue", True, ["goal_reached", "done", "completed"], "completed", "completed"),
        ("wait", True, ["goal_reached", "done", "completed"], "completed", "completed"),
        ("end", True, ["goal_reached", "done", "completed"], "completed", "completed"),
    ],
)
def test_who_arrives_by_the_path(drain, unmet, tagged, log, status, reason):
    tag, contact = TagFactory(), ContactFactory()
    if tagged:
        tag_contacts(contacts=contact, tag=tag)
    automation = build_automation(steps=[goal(tag, unmet=unmet), NOTE])
    add_to_automation(automation=automation, contacts=contact)
    drain()
    assert log_of(contact) == log
    enrollment = automation.enrollments.get()
    assert (enrollment.status, enrollment.exit_reason) == (status, reason)


def test_the_moment_the_conditions_come_true_draws_from_above(drain):
    tag, contact, other = TagFactory(), ContactFactory(), ContactFactory()
    automation = build_automation(steps=[MONTH, NOTE, MONTH, goal(tag), ("add_note", {"text": "after"})])
    add_to_automation(automation=automation, contacts=[contact, other])
    drain()
    tag_contacts(contacts=contact, tag=TagFactory())
    drain()
    assert log_of(contact) == ["waiting"]
    tag_contacts(contacts=contact, tag=tag)
    drain()
    assert log_of(contact) == ["waiting", "jumped", "goal_reached", "done", "completed"]
    assert "Goal “Bought”: the contact has the tag" in details_of(contact)[1]
    assert contact.notes.get().text == "after"
    assert log_of(other) == ["waiting"]


def test_who_stops_meeting_it_before_the_engine_looks_is_not_drawn(drain):
    tag, contact = TagFactory(), ContactFactory()
    automation = build_automation(steps=[MONTH, goal(tag), NOTE])
    add_to_automation(automation=automation, contacts=contact)
    drain()
    tag_contacts(contacts=contact, tag=tag)
    untag_contacts(contacts=contact, tag=tag)
    drain()
    assert log_of(contact) == ["waiting"]


@pytest.mark.parametrize(
    ("jump_from", "log"),
    [
        ("above", ["goal_skipped", "waiting"]),
        ("anywhere", ["goal_skipped", "waiting", "jumped", "goal_reached", "waiting"]),
    ],
)
def test_below_the_goal(drain, jump_from, log):
    """Who passed it unmet and meets it later is drawn back only where the goal asks for it, and only once."""
    tag, contact = TagFactory(), ContactFactory()
    automation = build_automation(steps=[goal(tag, jump_from), MONTH, NOTE])
    add_to_automation(automation=automation, contacts=contact)
    drain()
    for _time in range(2):
        tag_contacts(contacts=contact, tag=tag)
        drain()
        assert log_of(contact) == log
        untag_contacts(contacts=contact, tag=tag)
        drain()


def test_another_branch_is_not_above(drain):
    tag, contact = TagFactory(), ContactFactory()
    automation = Automation.objects.create(name="A")
    branch = add_step(automation=automation, type="if_else", settings={"conditions": has(TagFactory())})
    add_step(automation=automation, type="wait", parent=branch.key, arm="no", settings=MONTH[1])
    add_step(automation=automation, type="goal", parent=branch.key, arm="yes", settings=goal(tag)[1])
    publish(automation=automation)
    activate(automation=automation)
    add_to_automation(automation=automation, contacts=contact)
    drain()
    tag_contacts(contacts=contact, tag=tag)
    drain()
    assert log_of(contact) == ["conditions_not_met", "waiting"]


def test_a_second_pass_may_reach_it_again(drain):
    tag, contact = TagFactory(), ContactFactory()
    automation = build_automation(steps=[MONTH, goal(tag)], entry_policy="any")
    for number in (1, 2):
        untag_contacts(contacts=contact, tag=tag)
        add_to_automation(automation=automation, contacts=contact)
        drain()
        tag_contacts(contacts=contact, tag=tag)
        drain()
        assert StepLog.objects.filter(outcome="goal_reached").count() == number


def test_of_two_goals_a_contact_is_drawn_to_one(drain):
    tag, contact = TagFactory(), ContactFactory()
    automation = build_automation(steps=[MONTH, goal(tag), NOTE, goal(tag)])
    add_to_automation(automation=automation, contacts=contact)
    drain()
    tag_contacts(contacts=contact, tag=tag)
    drain()
    assert log_of(contact).count("jumped") == 1
    assert automation.enrollments.get().status == "completed"


def test_who_waits_at_it_goes_on_when_it_is_met(drain):
    field, contact, other = CustomFieldFactory(key="score", type="number"), ContactFactory(), ContactFactory()
    tree = {"match": "all", "conditions": [{"type": "field", "field": "score", "op": "greater", "value": "5"}]}
    settings = {**goal(TagFactory(), unmet="wait")[1], "conditions": tree}
    automation = build_automation(steps=[("goal", settings), NOTE])
    add_to_automation(automation=automation, contacts=[contact, other])
    drain()
    from decimal import Decimal

    set_field(field=field, values={contact.pk: Decimal(6), other.pk: Decimal(5)})
    drain()
    assert log_of(contact) == ["waiting", "goal_reached", "done", "completed"]
    assert log_of(other) == ["waiting"]
    assert automation.enrollments.get(contact=other).due_at is not None


def test_a_goal_that_time_alone_meets_is_looked_at_again(drain):
    tree = {"match": "all", "conditions": [{"type": "created", "op": "before", "days": 2}]}
    settings = {**goal(TagFactory(), unmet="wait")[1], "conditions": tree}
    automation, contact = build_automation(steps=[("goal", settings)]), ContactFactory()
    add_to_automation(automation=automation, contacts=contact)
    drain()
    before = Enrollment.objects.get().due_at
    drain(later=timedelta(minutes=20))
    assert Enrollment.objects.get().due_at - before < timedelta(hours=1)
    drain(later=timedelta(days=2, hours=1))
    assert log_of(contact) == ["waiting", "goal_reached", "completed"]


def known_for(days):
    return {"match": "all", "conditions": [{"type": "created", "op": "before", "days": days}]}


def test_a_goal_that_time_alone_meets_draws_from_above(drain):
    settings = {**goal(TagFactory())[1], "conditions": known_for(2)}
    build_automation(steps=[MONTH, ("goal", settings), MONTH])
    tagged = build_automation(steps=[MONTH, goal(TagFactory())])
    contact = ContactFactory()
    for automation in Automation.objects.all():
        add_to_automation(automation=automation, contacts=contact)
    drain()
    now = timezone.now()
    assert wake_for_goals(now=now + timedelta(days=1)) == 0
    assert wake_for_goals(now=now + timedelta(days=2, hours=1)) == 1
    drain(later=timedelta(days=2, hours=1))
    assert log_of(contact) == ["waiting", "waiting", "jumped", "goal_reached", "waiting"]
    assert wake_for_goals(now=now + timedelta(days=3)) == 0, "it was reached in this pass"
    assert tagged.enrollments.get().status == "active"


def test_an_inactive_automation_draws_nobody_until_it_is_active_again(drain):
    tag, contact, other = TagFactory(), ContactFactory(), ContactFactory()
    automation = build_automation(steps=[MONTH, goal(tag), NOTE])
    add_to_automation(automation=automation, contacts=[contact, other])
    drain()
    deactivate(automation=automation)
    tag_contacts(contacts=contact, tag=tag)
    drain()
    assert wake_for_goals(now=timezone.now()) == 0
    assert log_of(contact) == ["waiting"]
    activate(automation=automation)
    drain()
    assert log_of(contact) == ["waiting", "jumped", "goal_reached", "done", "completed"]
    assert log_of(other) == ["waiting"]


def test_looking_for_goals_costs_the_same_for_many_contacts(drain):
    settings = {**goal(TagFactory())[1], "conditions": known_for(2)}
    automation = build_automation(steps=[MONTH, ("goal", settings)])

    def queries(count):
        add_to_automation(automation=automation, contacts=[ContactFactory().pk for _number in range(count)])
        drain()
        with CaptureQueriesContext(connection) as seen:
            wake_for_goals(now=timezone.now() + timedelta(days=3))
        drain(later=timedelta(days=3))
        return len(seen)

    queries(1)
    assert queries(2) == queries(60)


def test_a_jump_begins_with_all_attempts(drain):
    tag, contact = TagFactory(), ContactFactory()
    automation = build_automation(
        steps=[("update_field", {"field": "email", "op": "set", "value": "{{ contact.phone }}"}), goal(tag), MONTH]
    )
    add_to_automation(automation=automation, contacts=contact)
    drain()
    assert automation.enrollments.get().attempts == 1
    tag_contacts(contacts=contact, tag=tag)
    drain()
    enrollment = automation.enrollments.get()
    assert (enrollment.attempts, enrollment.error) == (0, "")
    assert log_of(contact)[-1] == "waiting"


def test_queries_do_not_grow(queries_for):
    settings = goal(TagFactory())[1]
    assert queries_for(2, "goal", settings) == queries_for(100, "goal", settings)


@pytest.mark.parametrize(
    ("change", "field"),
    [({"name": ""}, "name"), ({"conditions": {}}, "conditions"), ({"jump_from": "below"}, "jump_from"),
     ({"unmet": "cry"}, "unmet")],
)  # fmt: skip
def test_bad_settings(change, field):
    assert list(refused("goal", {**goal(TagFactory())[1], **change})) == [field]


def test_settings_and_sentences():
    settings = goal(TagFactory(name="VIP"))[1]
    assert round_trip("goal", settings) == settings
    assert sentence("goal", settings) == "Goal “Bought”: the contact has the tag “VIP”"
    assert sentence("goal") == "Goal (no conditions yet)"
