"""Triggers about deals and tasks: (settings, real change) -> who entered, or why not; near misses per option."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext, override_settings
from django.utils import timezone
from rest_framework.test import APIClient

from automations.models import Account as Installation
from automations.models import Automation
from automations.reasons import Entry
from automations.selectors.refused_records import refused_records
from automations.services import activate, add_step, add_trigger, publish
from contacts.models import CustomField, Score
from contacts.services import ContactDraft, save_contacts
from deals.models import Deal, Pipeline, Stage, Task, TaskOutcome, TaskType
from deals.services import (
    add_deal_contacts,
    add_task,
    adjust_deal_scores,
    complete_tasks,
    create_deal,
    move_deals,
    set_deal_scores,
    update_deal,
    update_deals,
)
from tests.automations.conftest import passes, reasons
from tests.automations.samples import new_automation
from tests.factories import ContactFactory, TagFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_clock() -> Iterator[None]:
    """Reading the index's version by the clock is no part of any count."""
    with override_settings(TRIGGER_INDEX_TTL=3_600):
        yield


ANN, BOB = "ann@example.com", "bob@example.com"
BOTH = [ANN, BOB]


def build(kind: str, settings: dict[str, Any], text: str = "was here", **rules: Any) -> Automation:
    automation = new_automation()
    add_trigger(automation=automation, type=kind, settings=settings, **rules)
    add_step(automation=automation, type="add_note", settings={"text": text})
    publish(automation=automation)
    activate(automation=automation)
    return automation


@pytest.fixture
def sales() -> Pipeline:
    pipeline = Pipeline.objects.create(name="Sales")
    for number, name in enumerate(("New", "Talks", "Offer")):
        Stage.objects.create(pipeline=pipeline, name=name, position=number)
    return pipeline


@pytest.fixture
def renewals() -> Pipeline:
    pipeline = Pipeline.objects.create(name="Renewals")
    Stage.objects.create(pipeline=pipeline, name="Due")
    return pipeline


@pytest.fixture
def people() -> list[Any]:
    return [ContactFactory(email=ANN), ContactFactory(email=BOB)]


@pytest.fixture
def deal(sales: Pipeline, people: list[Any]) -> Deal:
    """With two contacts; Bob is the primary one."""
    return create_deal(title="Boat", pipeline=sales, value=10, contacts=people, primary=people[1].pk)


def stage(name: str) -> Stage:
    return Stage.objects.get(name=name)


# settings by name, the stage that it is moved to, whether its contacts enter
STAGES = [
    ({}, "Talks", True),
    ({}, "New", False),
    ({"pipeline": "Sales"}, "Talks", True),
    ({"pipeline": "Renewals"}, "Talks", False),
    ({"pipeline": "Renewals"}, "Due", True),
    ({"pipeline": "Sales"}, "Due", False),
    ({"old_stage": "New"}, "Talks", True),
    ({"old_stage": "Talks"}, "Offer", False),
    ({"new_stage": "Talks"}, "Talks", True),
    ({"new_stage": "Offer"}, "Talks", False),
    ({"old_stage": "New", "new_stage": "Talks"}, "Talks", True),
    ({"old_stage": "New", "new_stage": "Talks"}, "Offer", False),
]


@pytest.mark.parametrize(("settings", "to", "enter"), STAGES)
def test_deal_stage_changed(
    deal: Deal, renewals: Pipeline, settings: dict[str, str], to: str, enter: bool
) -> None:
    models: dict[str, Any] = {"pipeline": Pipeline, "old_stage": Stage, "new_stage": Stage}
    ids = {name: models[name].objects.get(name=value).pk for name, value in settings.items()}
    automation = build("deal_stage_changed", ids)
    move_deals(deals=deal, stage=stage(to))
    assert passes(automation) == (BOTH if enter else [])


STATUSES = [
    ({"old": "any", "new": "any"}, "won", True),
    ({"old": "any", "new": "any"}, "open", False),
    ({"old": "open", "new": "any"}, "lost", True),
    ({"old": "won", "new": "any"}, "lost", False),
    ({"old": "any", "new": "won"}, "won", True),
    ({"old": "any", "new": "won"}, "lost", False),
    ({"old": "open", "new": "lost"}, "lost", True),
]


@pytest.mark.parametrize(("settings", "to", "enter"), STATUSES)
def test_deal_status_changed(deal: Deal, settings: dict[str, str], to: str, enter: bool) -> None:
    automation = build("deal_status_changed", settings)
    deal.status = to
    deal.save()
    assert passes(automation) == (BOTH if enter else [])


ANY = {"old": "any", "new": "any"}
VALUES = [
    (ANY, {"value": 20}, True),
    (ANY, {"value": 10}, False),
    (ANY, {"title": "Ship"}, False),
    (ANY, {"currency": "USD"}, True),
    ({**ANY, "currency": "EUR"}, {"value": 20}, True),
    ({**ANY, "currency": "USD"}, {"value": 20}, False),
    ({**ANY, "currency": "USD"}, {"value": 20, "currency": "USD"}, True),
    ({"old": "amount", "old_amount": "10"}, {"value": 20}, True),
    ({"old": "amount", "old_amount": "11"}, {"value": 20}, False),
    ({"new": "amount", "new_amount": "20"}, {"value": "20.000"}, True),
    ({"new": "amount", "new_amount": "20"}, {"value": "20.001"}, False),
    ({"new": "amount", "new_amount": "20", "currency": "EUR"}, {"value": 20, "currency": "USD"}, False),
    ({"old": "amount", "old_amount": "10", "currency": "USD"}, {"value": 20, "currency": "USD"}, False),
]


@pytest.mark.parametrize(("settings", "values", "enter"), VALUES)
def test_deal_value_changed(deal: Deal, settings: dict[str, str], values: dict[str, Any], enter: bool) -> None:
    automation = build("deal_value_changed", {**ANY, **settings})
    update_deal(deal=deal, **values)
    assert passes(automation) == (BOTH if enter else [])


def test_a_new_deal_has_no_value_that_changes(deal: Deal, people: list[Any], sales: Pipeline) -> None:
    automation = build("deal_value_changed", ANY)
    create_deal(title="Ship", pipeline=sales, value=500, contacts=people)
    assert passes(automation) == []


# from, to, the owner before and after
OWNERS = [
    ("any", "any", None, "ida", True),
    ("any", "any", "ida", "ida", False),
    ("any", "any", "ida", None, True),
    ("any", "ida", None, "ida", True),
    ("any", "ida", None, "olaf", False),
    ("olaf", "any", "olaf", "ida", True),
    ("olaf", "any", "ida", "olaf", False),
    ("nobody", "any", None, "ida", True),
    ("nobody", "any", "olaf", "ida", False),
    ("any", "nobody", "ida", None, True),
    ("any", "nobody", "ida", "olaf", False),
]


@pytest.mark.parametrize(("old", "new", "before", "after", "enter"), OWNERS)
def test_deal_owner_changed(
    deal: Deal, old: str, new: str, before: str | None, after: str | None, enter: bool
) -> None:
    users = {name: UserFactory(username=name) for name in ("ida", "olaf")}
    update_deal(deal=deal, owner=users.get(before or ""))
    settings: dict[str, Any] = {}
    for side, wanted in (("old", old), ("new", new)):
        settings[side] = "user" if wanted in users else wanted
        if wanted in users:
            settings[f"{side}_user"] = users[wanted].pk
    automation = build("deal_owner_changed", settings)
    update_deals(deals=[deal], owner=users.get(after or ""))
    assert passes(automation) == (BOTH if enter else [])


def test_pipeline_entered(deal: Deal, sales: Pipeline, renewals: Pipeline, people: list[Any]) -> None:
    wanted, other, any_one = (
        build("pipeline_entered", {"pipeline": pipeline.pk if pipeline else None}, runs="multiple")
        for pipeline in (renewals, sales, None)
    )
    move_deals(deals=deal, stage=stage("Talks"))
    assert passes(wanted) == passes(other) == passes(any_one) == []
    move_deals(deals=deal, pipeline=renewals)
    assert (passes(wanted), passes(other), passes(any_one)) == (BOTH, [], BOTH)
    create_deal(title="Ship", pipeline=sales, contacts=people[:1])
    assert (passes(wanted), passes(other)) == (BOTH, [ANN])


FIELDS = [
    ({"field": "budget", **ANY}, {"budget": "50"}, True),
    ({"field": "budget", **ANY}, {"budget": "10.0"}, False),
    ({"field": "budget", **ANY}, {"size": "50"}, False),
    ({"field": "budget", "old": "any", "new": "value", "new_value": "50"}, {"budget": 50}, True),
    ({"field": "budget", "old": "any", "new": "value", "new_value": "50"}, {"budget": 500}, False),
    ({"field": "budget", "old": "value", "old_value": "10", "new": "any"}, {"budget": None}, True),
    ({"field": "budget", "old": "value", "old_value": "11", "new": "any"}, {"budget": None}, False),
]


@pytest.mark.parametrize(("settings", "custom", "enter"), FIELDS)
def test_deal_field_changed(deal: Deal, settings: dict[str, Any], custom: dict[str, Any], enter: bool) -> None:
    for key in ("budget", "size"):
        CustomField.objects.create(entity="deal", key=key, label=key, type="number")
    update_deal(deal=deal, custom={"budget": 10})
    automation = build("deal_field_changed", settings)
    update_deal(deal=deal, custom=custom)
    assert passes(automation) == (BOTH if enter else [])


def test_the_expected_close_date_is_a_field(deal: Deal) -> None:
    settings = {"field": "expected_close", "old": "any", "new": "value", "new_value": "2027-01-31"}
    automation = build("deal_field_changed", settings)
    update_deal(deal=deal, expected_close=date(2027, 1, 30))
    assert passes(automation) == []
    deal.refresh_from_db()
    deal.expected_close = date(2027, 1, 31)
    deal.save()
    assert passes(automation) == BOTH


def tree(*conditions: dict[str, Any]) -> dict[str, Any]:
    return {"match": "all", "conditions": list(conditions)}


TASKS: list[tuple[Callable[[], dict[str, Any]], bool]] = [
    (dict, True),
    (lambda: tree({"type": "task_about", "about": "deal"}), True),
    (lambda: tree({"type": "task_about", "about": "contact"}), False),
    (lambda: tree({"type": "task_title", "op": "is", "value": "ring ann"}), True),
    (lambda: tree({"type": "task_title", "op": "is", "value": "Ring"}), False),
    (lambda: tree({"type": "task_title", "op": "not_contains", "value": "Ann"}), False),
    (lambda: tree({"type": "task_type", "op": "is", "task_type": the(TaskType, "Call")}), True),
    (lambda: tree({"type": "task_type", "op": "is", "task_type": the(TaskType, "Meeting")}), False),
    (lambda: tree({"type": "task_type", "op": "is_not", "task_type": the(TaskType, "Call")}), False),
    (lambda: tree({"type": "task_outcome", "op": "is", "outcome": the(TaskOutcome, "Reached")}), True),
    (lambda: tree({"type": "task_outcome", "op": "is", "outcome": the(TaskOutcome, "No answer")}), False),
    (lambda: tree({"type": "task_outcome", "op": "is_not", "outcome": the(TaskOutcome, "No answer")}), True),
    (lambda: tree({"type": "task_outcome", "op": "none"}), False),
]


def the(model: Any, name: str) -> int:
    return int(model.objects.get(name=name).pk)


@pytest.mark.parametrize(("segment", "enter"), TASKS)
def test_task_completed(deal: Deal, segment: Callable[[], dict[str, Any]], enter: bool) -> None:
    reached = TaskOutcome.objects.create(name="Reached")
    TaskOutcome.objects.create(name="No answer")
    task = add_task(title="Ring Ann", type_id=the(TaskType, "Call"), due_at=timezone.now(), deal=deal)
    automation = build("task_completed", {}, record_segment=segment())
    complete_tasks(tasks=task, outcome=reached)
    assert passes(automation) == (BOTH if enter else [])
    assert reasons(automation) == ([] if enter else [Entry.OUTSIDE_RECORD] * 2)
    complete_tasks(tasks=task)
    assert passes(automation) == (BOTH if enter else [])


def test_a_task_about_a_contact_concerns_that_contact(people: list[Any]) -> None:
    automation = build("task_completed", {}, text="{{ task.title }}, {{ task.type }}")
    task = add_task(title="Write", type_id=the(TaskType, "E-mail"), due_at=timezone.now(), contact=people[0])
    task.done_at = timezone.now()
    task.save()
    assert passes(automation) == [ANN]


SCORES = [
    ("above", 10, 5, 15, True),
    ("above", 10, 10, 11, True),
    ("above", 10, 11, 15, False),
    ("above", 10, 5, 10, False),
    ("below", 10, 15, 5, True),
    ("below", 10, 9, 5, False),
]


@pytest.mark.parametrize(("direction", "value", "old", "new", "enter"), SCORES)
def test_score_changed(deal: Deal, direction: str, value: int, old: int, new: int, enter: bool) -> None:
    heat, other = (Score.objects.create(name=name, subject="deal") for name in ("Heat", "Fit"))
    set_deal_scores(deals=deal, score=heat, points=old)
    settings = {"score": heat.pk, "direction": direction, "value": value}
    automation = build("score_changed", settings)
    adjust_deal_scores(deals=deal, score=other, points=new - old)
    assert passes(automation) == []
    adjust_deal_scores(deals=deal, score=heat, points=new - old)
    assert passes(automation) == (BOTH if enter else [])


# --- What they all share -----------------------------------------------------------------------

EVERY: list[tuple[str, Callable[[Deal], dict[str, Any]], Callable[[Deal], Any]]] = [
    ("deal_stage_changed", lambda deal: {}, lambda deal: move_deals(deals=deal, stage=stage("Talks"))),
    ("deal_status_changed", lambda deal: ANY, lambda deal: update_deal(deal=deal, status="won")),
    ("deal_value_changed", lambda deal: ANY, lambda deal: update_deal(deal=deal, value=99)),
    ("deal_owner_changed", lambda deal: ANY, lambda deal: update_deal(deal=deal, owner=UserFactory())),
    ("pipeline_entered", lambda deal: {}, lambda deal: move_deals(deals=deal, pipeline=other_pipeline())),
    (
        "deal_field_changed",
        lambda deal: {"field": "expected_close", **ANY},
        lambda deal: update_deal(deal=deal, expected_close=date(2027, 1, 1)),
    ),
    ("task_completed", lambda deal: {}, lambda deal: complete_tasks(tasks=Task.objects.filter(deal=deal))),
    (
        "score_changed",
        lambda deal: {"score": heat(), "direction": "above", "value": 1},
        lambda deal: adjust_deal_scores(deals=deal, score=heat(), points=5),
    ),
]
every = pytest.mark.parametrize(("kind", "settings", "act"), EVERY, ids=[row[0] for row in EVERY])


def other_pipeline() -> Pipeline:
    pipeline = Pipeline.objects.create(name="Others")
    Stage.objects.create(pipeline=pipeline, name="Begin")
    return pipeline


def heat() -> int:
    return Score.objects.get_or_create(name="Heat", subject="deal")[0].pk


@pytest.fixture
def with_task(deal: Deal) -> Deal:
    add_task(title="Ring", type_id=the(TaskType, "Call"), due_at=timezone.now(), deal=deal)
    return deal


@every
def test_only_the_primary_contact(with_task: Deal, kind: str, settings: Any, act: Any) -> None:
    automation = build(kind, settings(with_task), recipients="primary")
    act(with_task)
    assert passes(automation) == [BOB]


@every
def test_only_contacts_in_the_segment(
    with_task: Deal, people: list[Any], kind: str, settings: Any, act: Any
) -> None:
    tag = TagFactory()
    people[0].contact_tags.create(tag=tag)
    segment = tree({"type": "tag", "op": "has", "tag": tag.pk})
    automation = build(kind, settings(with_task), segment=segment)
    act(with_task)
    assert (passes(automation), reasons(automation)) == ([ANN], [Entry.OUTSIDE_SEGMENT])


@every
def test_a_record_without_contacts_starts_nobody_and_says_so(
    sales: Pipeline, kind: str, settings: Any, act: Any
) -> None:
    deal = create_deal(title="Lonely", pipeline=sales)
    add_task(title="Ring", type_id=the(TaskType, "Call"), due_at=timezone.now(), deal=deal)
    automation = build(kind, settings(deal))
    act(deal)
    assert passes(automation) == []
    (refused,) = refused_records(automation, 5)
    assert refused.reason == Entry.NO_CONTACT.label


@every
def test_an_inactive_automation_hears_nothing(with_task: Deal, kind: str, settings: Any, act: Any) -> None:
    from automations.services import deactivate

    automation = build(kind, settings(with_task))
    deactivate(automation=automation)
    act(with_task)
    assert passes(automation) == []


@every
def test_it_needs_one_of_the_add_ons(with_task: Deal, kind: str, settings: Any, act: Any) -> None:
    automation = build(kind, settings(with_task))
    Installation.objects.update_or_create(pk=1, defaults={"plan": "starter", "addons": []})
    from automations.engine.index import touch_index

    touch_index()
    act(with_task)
    assert passes(automation) == []


@every
def test_a_thousand_contacts_cost_what_three_cost(
    with_task: Deal, sales: Pipeline, kind: str, settings: Any, act: Any
) -> None:
    def cost(people: int) -> int:
        deal = create_deal(title="Boat", pipeline=sales)
        drafts = [ContactDraft(f"{kind}{people}-{n}@example.com") for n in range(people)]
        add_deal_contacts(deal=deal, contacts=save_contacts(drafts=drafts).ids.values())
        add_task(title="Ring", type_id=the(TaskType, "Call"), due_at=timezone.now(), deal=deal)
        Pipeline.objects.filter(name="Others").update(name=f"Before {people}")
        with CaptureQueriesContext(connection) as queries:
            act(deal)
        return len(queries)

    automation = build(kind, settings(with_task))
    few = cost(3)
    assert len(passes(automation)) == 3
    assert cost(1_000) == few
    assert len(passes(automation)) == 1_003


@every
def test_through_the_api(
    with_task: Deal, api_client: Callable[[Any], APIClient], admin_user: Any, kind: str, settings: Any, act: Any
) -> None:
    api, deal = api_client(admin_user), with_task
    task = Task.objects.get()
    requests: dict[str, tuple[str, dict[str, Any]]] = {
        "deal_stage_changed": (f"deals/{deal.pk}/move/", {"stage": stage("Talks").pk}),
        "deal_status_changed": ("deals/bulk/", {"ids": [deal.pk], "status": "won"}),
        "deal_value_changed": ("deals/bulk/", {"ids": [deal.pk], "value": "99"}),
        "deal_owner_changed": ("deals/bulk/", {"ids": [deal.pk], "owner": admin_user.pk}),
        "pipeline_entered": (f"deals/{deal.pk}/move/", {"pipeline": other_pipeline().pk}),
        "deal_field_changed": ("deals/bulk/", {"ids": [deal.pk], "expected_close": "2027-01-01"}),
        "task_completed": (f"tasks/{task.pk}/complete/", {}),
        "score_changed": ("deals/points/", {"ids": [deal.pk], "score": heat(), "points": 5}),
    }
    automation = build(kind, settings(deal))
    path, body = requests[kind]
    assert api.post(f"/api/v1/{path}", body).status_code == 200
    assert passes(automation) == BOTH


def test_which_deals_is_asked_of_the_deal(deal: Deal, people: list[Any], sales: Pipeline) -> None:
    condition = {"type": "deal_value", "op": "above", "value": "100", "currency": "EUR"}
    automation = build("deal_status_changed", ANY, record_segment=tree(condition))
    big = create_deal(title="Ship", pipeline=sales, value=101, contacts=people[:1])
    create_deal(title="Raft", pipeline=sales, value=101, currency="USD", contacts=people)
    update_deals(deals=Deal.objects.exclude(pk=big.pk), status="won")
    assert passes(automation) == []
    update_deal(deal=big, status="won")
    assert passes(automation) == [ANN]


def test_a_role_in_the_triggering_deal_narrows_the_contacts(
    deal: Deal, people: list[Any], sales: Pipeline
) -> None:
    decider = ContactFactory(email="dan@example.com")
    add_deal_contacts(deal=deal, contacts=decider, role="Decides")
    # Ann decides elsewhere, which is no role in this deal.
    add_deal_contacts(deal=create_deal(title="Other", pipeline=sales), contacts=people[0], role="Decides")
    segment = tree({"type": "deal_role", "op": "in", "which": "this", "role": "decide"})
    automation = build("deal_status_changed", ANY, segment=segment)
    update_deal(deal=deal, status="lost")
    assert passes(automation) == ["dan@example.com"]


def test_a_bulk_move_enters_the_contacts_of_each(sales: Pipeline) -> None:
    people = [ContactFactory(email=f"c{number}@example.com") for number in range(4)]
    deals = [create_deal(title=f"Deal {n}", pipeline=sales, contacts=[person]) for n, person in enumerate(people)]
    automation = build("deal_stage_changed", {"new_stage": stage("Offer").pk})
    move_deals(deals=deals, stage=stage("Offer"))
    assert passes(automation) == [f"c{number}@example.com" for number in range(4)]


def test_nobody_listens_and_nothing_is_asked(sales: Pipeline) -> None:
    def cost(count: int) -> int:
        people = [ContactFactory() for _ in range(count)]
        deals = [create_deal(title="Deal", pipeline=sales, contacts=[person]) for person in people]
        with CaptureQueriesContext(connection) as queries:
            move_deals(deals=deals, stage=stage("Offer"))
        return len(queries)

    cost(1)  # reads the index
    assert cost(2) == cost(12)
