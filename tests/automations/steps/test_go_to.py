from datetime import timedelta

import pytest

from automations.models import Automation, StepLog
from automations.services import (
    PublishError,
    activate,
    add_step,
    add_to_automation,
    delete_step,
    publish,
    update_step,
)  # fmt: skip
from automations.steps.base import STEPS
from tests.automations.steps.conftest import details_of, log_of, refused
from tests.factories import ContactFactory, TagFactory

pytestmark = pytest.mark.django_db
DAY = {"mode": "period", "amount": 1, "unit": "days"}


def draft(*steps):
    """A draft in a line; arms default to the first."""
    automation = Automation.objects.create(name="A")
    made = []
    for kind, settings in steps:
        parent, arm = (made[-1].key, made[-1].arms()[0].name) if made else ("", "")
        made.append(add_step(automation=automation, type=kind, parent=parent, arm=arm, settings=settings))
    return automation, made


def go(automation, contacts, drain, **kwargs):
    publish(automation=automation)
    activate(automation=automation)
    add_to_automation(automation=automation, contacts=contacts)
    drain(**kwargs)


def if_tagged(tag):
    return "if_else", {"conditions": {"match": "all", "conditions": [{"type": "tag", "op": "has", "tag": tag.pk}]}}


def go_to(automation, parent, arm, target):
    return add_step(
        automation=automation, type="go_to", parent=parent.key, arm=arm, settings={"target": target.key}
    )


def test_forward_into_another_branch(drain):
    tag, contact = TagFactory(), ContactFactory()
    automation, (branch,) = draft(if_tagged(tag))
    note = add_step(
        automation=automation, type="add_note", parent=branch.key, arm="yes", settings={"text": "shared"}
    )
    go_to(automation, branch, "no", note)
    go(automation, contact, drain)
    assert log_of(contact) == ["conditions_not_met", "jumped", "done", "completed"]
    assert contact.notes.get().text == "shared"
    assert "Add the note “shared”" in details_of(contact)


def test_back_over_a_wait_goes_round_again_and_again(drain):
    contact = ContactFactory()
    automation, (note, wait) = draft(("add_note", {"text": "round"}), ("wait", DAY))
    go_to(automation, wait, "next", note)
    go(automation, contact, drain)
    assert contact.notes.count() == 1
    for day in (1, 2, 3):
        drain(later=timedelta(days=day, minutes=day))
        assert contact.notes.count() == day + 1
    visits = list(StepLog.objects.values_list("visit", flat=True))
    assert visits == sorted(visits)


def endless(kind):
    """Rounds that nothing holds up, and near misses that something does."""
    automation, (note, wait) = draft(("add_note", {"text": "x"}), ("wait", DAY))
    tag = TagFactory()
    if kind == "wait between":
        go_to(automation, wait, "next", note)
    elif kind == "to itself over a note":
        branch = add_step(automation=automation, type=if_tagged(tag)[0], settings=if_tagged(tag)[1])
        go_to(automation, branch, "no", branch)
    elif kind == "wait is off":
        go_to(automation, wait, "next", note)
        update_step(step=wait, enabled=False)
    elif kind == "below the wait only":
        last = add_step(
            automation=automation, type="add_note", parent=wait.key, arm="next", settings={"text": "y"}
        )
        go_to(automation, last, "next", last)
    elif kind in ("two branches", "two branches, one waits"):
        branch = add_step(
            automation=automation, type="if_else", parent=wait.key, arm="next", settings=if_tagged(tag)[1]
        )
        one, two = (
            add_step(automation=automation, type="add_note", parent=branch.key, arm=arm, settings={"text": arm})
            for arm in ("yes", "no")
        )
        if kind == "two branches, one waits":
            two = add_step(automation=automation, type="wait", parent=two.key, arm="next", settings=DAY)
        go_to(automation, one, "next", two)
        go_to(automation, two, "next", one)
    elif kind.startswith("goal"):
        goal = add_step(
            automation=automation, type="goal", parent=wait.key, arm="next",
            settings={
                "name": "G", "conditions": if_tagged(tag)[1]["conditions"], "jump_from": "above",
                "unmet": kind.split()[-1],
            },
        )  # fmt: skip
        go_to(automation, goal, "next", goal)
    return automation


@pytest.mark.parametrize(
    ("kind", "problems"),
    [
        ("wait between", 0),
        ("wait is off", 1),
        ("to itself over a note", 1),
        ("below the wait only", 1),
        ("two branches", 2),
        ("two branches, one waits", 0),
        ("goal that may wait", 0),
        ("goal that may continue", 1),
    ],
)
def test_publishing_refuses_a_round_without_a_wait(kind, problems):
    automation = endless(kind)
    if not problems:
        publish(automation=automation)
        return
    with pytest.raises(PublishError) as error:
        publish(automation=automation)
    assert error.value.messages == ["This goes round without a wait on the way; put one between."] * problems
    keys = {problem.key for problem in error.value.problems}
    assert {step.slug for step in automation.steps.filter(key__in=keys)} == {"go_to"}


def test_a_wait_that_is_over_at_once_cannot_keep_a_contact_running(drain):
    """The form can't tell: on that day the wait is over before it began."""
    contact = ContactFactory()
    automation, (note, wait) = draft(
        ("add_note", {"text": "x"}), ("wait", {"mode": "date", "on_date": "2020-01-01"})
    )
    go_to(automation, wait, "next", note)
    go(automation, contact, drain)
    enrollment = automation.enrollments.get()
    assert (enrollment.status, enrollment.error) == ("parked", "endless pass without a wait, parked")
    assert log_of(contact)[-1] == "endless"
    assert contact.notes.count() < 60
    drain()
    assert automation.enrollments.get().status == "parked"


def test_queries_do_not_grow(drain, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from automations.engine.run import run_due

    counts = []
    for count in (2, 100):
        tag = TagFactory()
        automation, (branch,) = draft(if_tagged(TagFactory()))
        target = add_step(
            automation=automation, type="add_tag", parent=branch.key, arm="yes", settings={"tag": tag.pk}
        )
        go_to(automation, branch, "no", target)
        publish(automation=automation)
        activate(automation=automation)
        add_to_automation(automation=automation, contacts=[ContactFactory() for _number in range(count)])
        with CaptureQueriesContext(connection) as captured:
            run_due(now=timezone.now())
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_bad_settings_and_sentences():
    automation, (note, wait) = draft(("add_note", {"text": "x"}), ("wait", DAY))
    jump = go_to(automation, wait, "next", note)
    missing = {"target": ["That step does not exist (any more); choose another."]}
    assert refused("go_to", {"target": "nowhere"}, owner=jump) == missing
    assert refused("go_to", {"target": jump.key}, owner=jump) == missing
    assert refused("go_to", {}, owner=jump) == {"target": ["This field is required."]}
    assert refused("go_to", {"target": note.key}, owner=jump) == {}
    assert jump.settings() == {"target": note.key}
    assert jump.describe() == "Go to “Add the note “x””"
    assert STEPS["go_to"]().describe() == "Go to another step (not chosen yet)"
    assert STEPS["go_to"]().arms() == ()


def test_publishing_names_the_target_that_was_deleted():
    automation, (note, wait) = draft(("add_note", {"text": "x"}), ("wait", DAY))
    go_to(automation, wait, "next", note)
    delete_step(step=automation.steps.get(key=note.key))
    with pytest.raises(PublishError) as error:
        publish(automation=automation)
    assert error.value.messages == ["Go to: Step: That step does not exist (any more); choose another."]
