"""goal_achieved: reached or skipped, by jumping, arriving or waiting; at most once per goal and pass."""

from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError

from automations.models import Automation, Step
from automations.services import add_step, add_to_automation, delete_automation, publish
from contacts.models import Contact, Tag
from contacts.services import tag_contacts, untag_contacts
from tests.automations.conftest import build_automation, passes, reasons
from tests.factories import ContactFactory, TagFactory

pytestmark = pytest.mark.django_db

LONG = ("wait", {"mode": "period", "amount": 5, "unit": "days"})


def has(tag: Tag) -> dict:
    return {"match": "all", "conditions": [{"type": "tag", "op": "has", "tag": tag.pk}]}


def with_goal(tag: Tag, *, before: bool = False, unmet: str = "continue") -> tuple[Automation, Step]:
    """An automation whose goal is the tag; `before`: a long wait stands above it."""
    goal = ("goal", {"name": "Bought", "conditions": has(tag), "jump_from": "above", "unmet": unmet})
    automation = build_automation(name="With a goal", steps=[*([LONG] if before else []), goal])
    return automation, next(step for step in automation.steps.all() if step.slug == "goal")


def listener(goal: Step, outcome: str) -> Automation:
    settings = {"goal": goal.key, "outcome": outcome}
    return build_automation(
        name=outcome, triggers=[("goal_achieved", settings)], runs="multiple", entry_policy="any"
    )


@pytest.fixture
def ann() -> Contact:
    return ContactFactory(email="ann@example.com")


# (how the contact comes to it, what happens: reached or skipped)
WAYS = [("arrives and meets it", "reached"), ("arrives and doesn't", "skipped"), ("ends there", "skipped"),
        ("jumps to it", "reached"), ("waits until it is met", "reached")]  # fmt: skip


@pytest.mark.parametrize(("way", "happens"), WAYS)
def test_each_way_starts_whom_it_concerns_once(
    way: str, happens: str, ann: Contact, drain: Callable[..., int]
) -> None:
    tag = TagFactory()
    unmet = {"ends there": "end", "waits until it is met": "wait"}.get(way, "continue")
    automation, goal = with_goal(tag, before=way == "jumps to it", unmet=unmet)
    heard = {outcome: listener(goal, outcome) for outcome in ("either", "reached", "skipped")}
    if way == "arrives and meets it":
        tag_contacts(contacts=ann, tag=tag)
    add_to_automation(automation=automation, contacts=ann)
    drain()
    if way in ("jumps to it", "waits until it is met"):
        assert [passes(other) for other in heard.values()] == [[], [], []]
        tag_contacts(contacts=ann, tag=tag)
        drain()
    found = {outcome for outcome, other in heard.items() if passes(other) == [ann.email]}
    assert found == {"either", happens}


def test_another_goal_starts_nobody(ann: Contact, drain: Callable[..., int]) -> None:
    tag = TagFactory()
    automation, _goal = with_goal(tag)
    _other, other_goal = with_goal(tag)
    heard = listener(other_goal, "either")
    add_to_automation(automation=automation, contacts=ann)
    drain()
    assert passes(heard) == []


def test_once_a_goal_and_pass_though_the_path_leads_there_again(ann: Contact, drain: Callable[..., int]) -> None:
    tag = TagFactory()
    automation, goal = with_goal(tag, unmet="continue")
    below = add_step(automation=automation, type="wait", parent=goal.key, arm="next", settings={
        "mode": "conditions", "conditions": has(tag),
    })  # fmt: skip
    add_step(automation=automation, type="go_to", parent=below.key, arm="next", settings={"target": goal.key})
    publish(automation=automation)
    heard = listener(goal, "either")
    add_to_automation(automation=automation, contacts=ann)
    drain()
    assert passes(heard) == [ann.email]
    tag_contacts(contacts=ann, tag=tag)
    drain()
    assert passes(heard) == [ann.email]


def test_a_second_pass_counts_again(ann: Contact, drain: Callable[..., int]) -> None:
    tag = TagFactory()
    automation, goal = with_goal(tag)
    heard = listener(goal, "reached")
    tag_contacts(contacts=ann, tag=tag)
    for _number in range(2):
        add_to_automation(automation=automation, contacts=ann)
        drain()
    assert len(passes(heard)) == 2


def test_a_goal_of_its_own_automation_is_a_loop(ann: Contact, drain: Callable[..., int]) -> None:
    tag = TagFactory()
    automation, goal = with_goal(tag)
    heard = listener(goal, "reached")
    add_step(automation=heard, type="start_automation", settings={"target": automation.pk})
    publish(automation=heard)
    tag_contacts(contacts=ann, tag=tag)
    add_to_automation(automation=automation, contacts=ann)
    drain()
    assert len(passes(heard)) == 1
    assert reasons(automation) == ["loop"]
    untag_contacts(contacts=ann, tag=tag)


def test_an_automation_whose_goal_is_listened_to_is_not_deleted() -> None:
    automation, goal = with_goal(TagFactory())
    Automation.objects.filter(pk=automation.pk).update(is_active=False)
    listener(goal, "either")
    automation.refresh_from_db()
    with pytest.raises(ValidationError, match="used by the automation “either”"):
        delete_automation(automation=automation)
