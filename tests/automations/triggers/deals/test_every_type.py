"""What the triggers about deals and tasks share: whom of the record's contacts, add-ons, cost."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from automations.models import Account as Installation
from automations.reasons import Entry
from automations.selectors.refused_records import refused_records
from contacts.models import Score
from contacts.services import ContactDraft, save_contacts
from deals.models import Deal, Pipeline, Stage, Task, TaskType
from deals.services import (
    add_deal_contacts,
    add_task,
    adjust_deal_scores,
    complete_tasks,
    create_deal,
    move_deals,
    update_deal,
    update_deals,
)
from tests.automations.conftest import passes, reasons
from tests.factories import ContactFactory, TagFactory, UserFactory

from .conftest import ANN, ANY, BOB, BOTH, build, stage, the, tree

pytestmark = pytest.mark.django_db


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
