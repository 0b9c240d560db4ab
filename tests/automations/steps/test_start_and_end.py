"""Start an automation, end this or another automation."""

from datetime import timedelta

import pytest

from automations.models import Automation, EntryRefusal
from automations.models.enrollment import Enrollment
from automations.services import add_step, add_to_automation, publish
from automations.steps.base import STEPS
from tests.automations.conftest import build_automation
from tests.automations.steps.conftest import details_of, log_of, refused, round_trip, sentence
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db
DAY = ("wait", {"mode": "period", "amount": 1, "unit": "days"})
NOTE = ("add_note", {"text": "x"})


@pytest.mark.parametrize(
    ("policy", "before", "active", "outcome", "detail"),
    [
        ("not_inside", 0, True, "done", None),
        ("not_inside", 1, True, "nothing_to_do", "already inside the automation"),
        ("once", 1, True, "nothing_to_do", "entered before, and may enter only once ever"),
        ("any", 1, True, "done", None),
        ("not_inside", 0, False, "done", None),
    ],
)
def test_the_targets_own_rules_decide(run_step, drain, policy, before, active, outcome, detail):
    contact = ContactFactory()
    target = build_automation(name="Target", steps=[DAY], entry_policy=policy, active=active)
    for _pass in range(before):
        add_to_automation(automation=target, contacts=contact)
        drain()
    assert run_step("start_automation", {"target": target.pk}, contact) == [outcome]
    assert target.enrollments.count() == before + (outcome == "done")
    assert target.enrollments.filter(status="held").count() == (not active)
    if detail:
        assert detail in details_of(contact)
        assert EntryRefusal.objects.filter(automation=target, contact=contact).count() == 1


def test_one_that_was_never_published_is_left_alone(run_step):
    contact = ContactFactory()
    target = Automation.objects.create(name="Draft")
    assert run_step("start_automation", {"target": target.pk}, contact) == ["nothing_to_do"]
    assert "the automation was never published" in details_of(contact)


def test_two_that_start_each_other_stop(drain):
    contact = ContactFactory()
    first = build_automation(name="First", steps=[NOTE], entry_policy="any")
    second = build_automation(
        name="Second", steps=[("start_automation", {"target": first.pk})], entry_policy="any"
    )
    add_step(automation=first, type="start_automation", settings={"target": second.pk})
    publish(automation=first)
    add_to_automation(automation=first, contacts=contact)
    drain()
    assert (first.enrollments.count(), second.enrollments.count()) == (1, 1)
    assert log_of(contact, second) == ["nothing_to_do", "completed"]
    refusal = EntryRefusal.objects.get()
    assert (refusal.automation, refusal.reason) == (first, "loop")


def test_an_automation_cannot_start_itself():
    automation = build_automation(steps=[NOTE])
    step = STEPS["start_automation"](automation=automation)
    assert refused("start_automation", {"target": automation.pk}, owner=step) == {
        "target": ["An automation can't start itself; use “Go to” instead."]
    }


def test_end_this_automation(run_step, drain):
    contact = ContactFactory()
    assert run_step("end_automation", {}, contact) == ["ended"]
    enrollment = Enrollment.objects.get()
    assert (enrollment.status, enrollment.exit_reason) == ("exited", "ended_by_step")
    assert STEPS["end_automation"]().arms() == ()


@pytest.mark.parametrize("standing", ["waiting", "parked", "held"])
def test_end_another_goes_on_and_ends_whoever_is_inside(run_step, drain, standing):
    inside, outside = ContactFactory(), ContactFactory()
    other = build_automation(name="Other", steps=[DAY])
    add_to_automation(automation=other, contacts=inside)
    drain()
    if standing != "waiting":
        other.enrollments.update(status=standing)
    assert run_step("end_automation", {"target": other.pk}, inside, outside) == ["done", "nothing_to_do"]
    enrollment = other.enrollments.get()
    assert (enrollment.status, enrollment.exit_reason) == ("exited", "ended_by_automation")
    assert log_of(inside, other) == ["waiting", "ended"]
    drain(later=timedelta(days=2))
    assert other.enrollments.get().status == "exited"


@pytest.mark.parametrize("ender_first", [True, False])
def test_what_is_ended_in_the_same_batch_stays_ended(drain, ender_first):
    contact = ContactFactory()
    other = build_automation(name="Other", steps=[NOTE, NOTE, DAY, NOTE])
    ender = build_automation(name="Ender", steps=[NOTE, ("end_automation", {"target": other.pk})])
    for automation in (ender, other) if ender_first else (other, ender):
        add_to_automation(automation=automation, contacts=contact)
    drain()
    assert other.enrollments.get().status == "exited"
    notes = contact.notes.count()
    drain(later=timedelta(days=2))
    assert contact.notes.count() == notes
    assert ender.enrollments.get().status == "completed"


def test_ending_wakes_who_waits_for_it(drain):
    contact = ContactFactory()
    other = build_automation(name="Other", steps=[DAY])
    tree = {"match": "all", "conditions": [{"type": "automation", "op": "not_inside", "automation": other.pk}]}
    waiting = build_automation(name="Waiting", steps=[("wait", {"mode": "conditions", "conditions": tree}), NOTE])
    ender = build_automation(name="Ender", steps=[("end_automation", {"target": other.pk})])
    add_to_automation(automation=other, contacts=contact)
    add_to_automation(automation=waiting, contacts=contact)
    drain()
    assert log_of(contact, waiting) == ["waiting"]
    add_to_automation(automation=ender, contacts=contact)
    drain()
    assert log_of(contact, waiting) == ["waiting", "conditions_met", "done", "completed"]


@pytest.mark.parametrize("kind", ["start_automation", "end_automation"])
def test_queries_do_not_grow(queries_for, kind):
    settings = {"target": build_automation(name="Other", steps=[DAY]).pk}
    assert queries_for(2, kind, settings) == queries_for(100, kind, settings)


def test_settings_and_sentences():
    target = build_automation(name="Welcome", steps=[NOTE])
    for kind in ("start_automation", "end_automation"):
        assert round_trip(kind, {"target": target.pk}) == {"target": target.pk}
        assert "target" in refused(kind, {"target": 999_999})
    assert refused("start_automation", {}) == {"target": ["This field is required."]}
    assert round_trip("end_automation", {}) == {"target": None}
    assert sentence("start_automation", {"target": target.pk}) == "Start the automation “Welcome”"
    assert sentence("start_automation") == "Start an automation (not chosen yet)"
    assert sentence("end_automation", {"target": target.pk}) == "End the automation “Welcome”"
    assert sentence("end_automation") == "End this automation"
    other = STEPS["end_automation"](target=target)
    assert [arm.name for arm in other.arms()] == ["next"]
