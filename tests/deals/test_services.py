"""Deals' services: what is written, which facts it leaves, and what it costs."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from contacts.models import Contact
from contacts.services import ContactDraft, save_contacts
from contacts.signals import facts_recorded
from deals.facts import DealsChanged, TasksCompleted
from deals.models import Deal, DealChange, DealContact, Pipeline, Stage, Task, TaskOutcome, TaskType
from deals.services import (
    DealDraft,
    Moved,
    TaskDraft,
    add_deal_contacts,
    add_task,
    add_tasks,
    assign_in_turn,
    complete_tasks,
    create_deal,
    create_deals,
    move_deal,
    move_deals,
    remove_deal_contacts,
    set_primary_contact,
    set_status,
    update_deal,
    update_task,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def announced() -> Any:
    batches: list[Any] = []

    def listen(batch: Any, **kwargs: Any) -> None:
        batches.append(batch)

    for sender in (DealsChanged, TasksCompleted):
        facts_recorded.connect(listen, sender=sender)
    yield batches
    facts_recorded.disconnect(listen, sender=DealsChanged)
    facts_recorded.disconnect(listen, sender=TasksCompleted)


def facts(deal: Deal) -> list[tuple[str, str, str]]:
    return list(DealChange.objects.filter(deal=deal).order_by("pk").values_list("field", "old", "new"))


def make_contacts(count: int) -> list[int]:
    drafts = [ContactDraft(f"c{number}@example.com") for number in range(count)]
    return sorted(save_contacts(drafts=drafts).ids.values())


def test_a_deal_enters_its_pipeline_with_its_contacts_there(pipeline: Pipeline, announced: list[Any]) -> None:
    ann, bob = make_contacts(2)
    seen: list[int] = []
    listen = lambda **kwargs: seen.append(DealContact.objects.count())  # noqa: E731
    facts_recorded.connect(listen, sender=DealsChanged)
    try:
        deal = create_deal(title="Boat", pipeline=pipeline, contacts=[ann, bob], primary=bob, value="12.50")
    finally:
        facts_recorded.disconnect(listen, sender=DealsChanged)
    assert (deal.stage.name, deal.pipeline, deal.currency) == ("New", pipeline, "EUR")
    assert seen == [2]
    assert announced == [DealsChanged("pipeline", {deal.pk: ("", str(pipeline.pk))})]
    assert deal.participants.get(is_primary=True).contact_id == bob


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 251}, "title"),
        ({"value": "-1"}, "value"),
        ({"value": "a lot"}, "value"),
        ({"currency": "XXY"}, "currency"),
        ({"status": "paused"}, "status"),
        ({"owner": 999_999}, "owner"),
        ({"stage": 999_999}, "stage"),
        ({"expected_close": "soon"}, "expected_close"),
        ({"colour": "red"}, "colour"),
        ({"contacts": [999_999]}, "contacts"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_written(
    pipeline: Pipeline, values: dict[str, Any], named: str
) -> None:
    with pytest.raises(ValidationError) as error:
        create_deal(**{"title": "Boat", "pipeline": pipeline} | values)
    assert named in error.value.message_dict
    assert not Deal.objects.exists() and not DealChange.objects.exists()


def test_a_pipeline_without_stages_says_so() -> None:
    with pytest.raises(ValidationError) as error:
        create_deal(title="Boat", pipeline=Pipeline.objects.create(name="Empty"))
    assert "no stage" in str(error.value)


CHANGES = [
    ({"title": "Ship"}, ("title", "Boat", "Ship")),
    ({"value": "20"}, ("value", "10 EUR", "20 EUR")),
    ({"currency": "USD"}, ("value", "10 EUR", "10 USD")),
    ({"status": "won"}, ("status", "open", "won")),
    ({"expected_close": date(2027, 1, 31)}, ("expected_close", "", "2027-01-31")),
]


@pytest.mark.parametrize(("values", "fact"), CHANGES)
def test_a_service_and_a_save_leave_the_same_facts(
    pipeline: Pipeline, announced: list[Any], values: dict[str, Any], fact: tuple[str, str, str]
) -> None:
    by_service = create_deal(title="Boat", pipeline=pipeline, value=10)
    by_save = create_deal(title="Boat", pipeline=pipeline, value=10)
    announced.clear()
    update_deal(deal=by_service, **values)
    by_save = Deal.objects.get(pk=by_save.pk)
    for name, value in values.items():
        setattr(by_save, name, Decimal(value) if name == "value" else value)
    by_save.save()
    name, old, new = fact
    assert facts(by_service)[1:] == facts(by_save)[1:] == [fact]
    assert announced == [DealsChanged(name, {deal.pk: (old, new)}) for deal in (by_service, by_save)]
    update_deal(deal=by_service, **values)
    by_save.save()
    assert len(announced) == 2


def test_moving_to_another_pipeline_changes_both(pipeline: Pipeline, stages: list[Stage]) -> None:
    other = Pipeline.objects.create(name="Renewals")
    start = Stage.objects.create(pipeline=other, name="Start")
    by_service, by_save = (create_deal(title="Boat", pipeline=pipeline) for _ in range(2))
    move_deals(deals=by_service, pipeline=other)
    by_save.stage = start
    by_save.save()
    expected = {
        ("pipeline", str(pipeline.pk), str(other.pk)),
        ("stage", str(stages[0].pk), str(start.pk)),
    }
    for deal in (by_service, by_save):
        assert set(facts(deal)[1:]) == expected
        deal.refresh_from_db()
        assert (deal.pipeline, deal.stage) == (other, start)
    assert move_deals(deals=by_service, pipeline=other) == {}


def test_update_fields_with_deferred_values_still_compares(pipeline: Pipeline) -> None:
    deal = create_deal(title="Boat", pipeline=pipeline)
    lean = Deal.objects.only("title").get(pk=deal.pk)
    lean.title = "Ship"
    lean.save(update_fields=["title"])
    assert facts(deal)[1:] == [("title", "Boat", "Ship")]


def test_closing_and_opening_again(pipeline: Pipeline) -> None:
    deal = create_deal(title="Boat", pipeline=pipeline)
    set_status(deals=[deal], status="lost")
    deal.refresh_from_db()
    assert deal.closed_at is not None
    set_status(deals=[deal], status="open")
    deal.refresh_from_db()
    assert deal.closed_at is None


def test_a_card_that_somebody_else_moved_stays_there(pipeline: Pipeline, stages: list[Stage]) -> None:
    deal = create_deal(title="Boat", pipeline=pipeline)
    move_deal(deal=deal, stage=stages[1], seen=stages[0].pk)
    with pytest.raises(Moved, match="“Talks”"):
        move_deal(deal=deal, stage=stages[2], seen=stages[0].pk)
    # Both wanted the same: nobody is told off.
    assert move_deal(deal=deal, stage=stages[1], seen=stages[0].pk) == {}


def test_owners_take_turns(pipeline: Pipeline, admin_user: Any, manager: Any, editor: Any) -> None:
    deals = [create_deal(title=f"Deal {number}", pipeline=pipeline) for number in range(7)]
    users = [admin_user.pk, manager.pk, editor.pk]
    for part in (deals[:2], deals[2:3], deals[3:]):
        assign_in_turn(deals=part, users=users, rotation="test")
    owners = list(Deal.objects.order_by("pk").values_list("owner_id", flat=True))
    assert owners == [*users, *users, users[0]]
    with pytest.raises(ValidationError):
        assign_in_turn(deals=deals, users=[], rotation="test")


def test_contacts_of_a_deal(pipeline: Pipeline) -> None:
    ann, bob, cat = make_contacts(3)
    deal = create_deal(title="Boat", pipeline=pipeline, contacts=[ann])
    assert add_deal_contacts(deal=deal, contacts=[ann, bob], role="buys", primary=ann) == [bob]
    set_primary_contact(deal=deal, contact=bob)
    assert list(deal.participants.values_list("contact_id", "role", "is_primary")) == [
        (bob, "buys", True),
        (ann, "", False),
    ]
    with pytest.raises(ValidationError):
        set_primary_contact(deal=deal, contact=cat)
    assert remove_deal_contacts(deal=deal, contacts=[bob, cat]) == [bob]
    assert facts(deal)[-1] == ("contact", str(bob), "")
    Contact.objects.filter(pk=ann).delete()
    assert not deal.participants.exists()


def test_tasks_are_done_once_and_say_so(pipeline: Pipeline, announced: list[Any]) -> None:
    (ann,) = make_contacts(1)
    call = TaskType.objects.create(name="Ring up")
    visit = TaskType.objects.create(name="Visit")
    reached = TaskOutcome.objects.create(name="Spoke", type=call)
    due = timezone.now() + timedelta(days=1)
    task = add_task(title="Ring Ann", type=call, due_at=due, contact_id=ann)
    add_tasks(drafts=[TaskDraft("See her", visit.pk, due, contact_id=ann)])
    other = Task.objects.get(type=visit)
    with pytest.raises(ValidationError, match="another type"):
        complete_tasks(tasks=[task, other], outcome=reached)
    assert announced == []
    assert complete_tasks(tasks=[task], outcome=reached.pk) == [task.pk]
    assert complete_tasks(tasks=[task]) == []
    other.done_at = timezone.now()
    other.save()
    other.save()
    assert announced == [TasksCompleted([task.pk]), TasksCompleted([other.pk])]


def test_a_task_is_about_one_thing(pipeline: Pipeline) -> None:
    call = TaskType.objects.create(name="Ring up")
    deal = create_deal(title="Boat", pipeline=pipeline)
    (ann,) = make_contacts(1)
    for about in ({}, {"contact_id": ann, "deal": deal}):
        with pytest.raises(ValidationError, match="one contact or one deal"):
            add_task(title="Ring", type=call, due_at=timezone.now(), **about)


def test_another_reminder_is_sent_again(pipeline: Pipeline) -> None:
    call = TaskType.objects.create(name="Ring up")
    deal = create_deal(title="Boat", pipeline=pipeline)
    now = timezone.now()
    task = add_task(title="Ring", type=call, due_at=now, remind_at=now, deal=deal)
    Task.objects.update(reminded_at=now)
    task = Task.objects.get()
    update_task(task=task, remind_at=now + timedelta(hours=1))
    task.refresh_from_db()
    assert task.reminded_at is None


@pytest.mark.parametrize("verb", ["create", "move", "rotate"])
def test_bulk_costs_the_same_for_few_and_many(
    pipeline: Pipeline, stages: list[Stage], admin_user: Any, verb: str
) -> None:
    ids = make_contacts(5)

    def make(count: int) -> list[int]:
        drafts = [DealDraft(f"Deal {n}", stages[0].pk, Decimal(n), contacts=ids) for n in range(count)]
        made = create_deals(drafts=drafts)
        assert list(Deal.objects.filter(pk__in=made).order_by("pk").values_list("value", flat=True)) == [
            Decimal(n) for n in range(count)
        ]
        return made

    def cost(count: int) -> int:
        made = make(count) if verb != "create" else []
        with CaptureQueriesContext(
            connection,
        ) as queries:
            if verb == "create":
                create_deals(drafts=[DealDraft("Deal", stages[0].pk, contacts=ids) for n in range(count)])
            elif verb == "move":
                move_deals(deals=made, stage=stages[1])
            else:
                assign_in_turn(deals=made, users=[admin_user.pk], rotation="x")
        return len(queries)

    assert cost(25) == cost(300)
