"""Steps about deals and tasks: what they do, to which deal, and what they say where there is none."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from automations.models import Automation, StepLog
from automations.services import activate, add_step, add_to_automation, add_trigger, publish
from contacts.models import CustomField, Score
from deals.models import Deal, DealNote, DealScore, Pipeline, Stage, Task, TaskOutcome, TaskType
from deals.services import add_task, create_deal, set_status, update_deal
from tests.automations.samples import new_automation
from tests.factories import ContactFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def stages() -> list[Stage]:
    pipeline = Pipeline.objects.create(name="Sales", currency="USD")
    return [
        Stage.objects.create(pipeline=pipeline, name=name, position=n) for n, name in enumerate(("New", "Talks"))
    ]


@pytest.fixture
def ann() -> Any:
    return ContactFactory(
        email="ann@example.com", first_name="Ann", last_name="Lee", owner=UserFactory(username="ida")
    )


@pytest.fixture
def call() -> TaskType:
    return TaskType.objects.get(name="Call")


def one_step(kind: str, settings: dict[str, Any], trigger: str = "") -> Automation:
    automation = new_automation()
    if trigger:
        add_trigger(automation=automation, type=trigger, settings={}, runs="multiple")
    add_step(automation=automation, type=kind, settings=settings)
    publish(automation=automation)
    activate(automation=automation)
    return automation


def run(automation: Automation, *contacts: Any, drain: Any) -> list[tuple[str, str]]:
    """(outcome, detail) of each contact who went through it by hand."""
    add_to_automation(automation=automation, contacts=contacts)
    drain()
    return outcomes(automation)


def outcomes(automation: Automation) -> list[tuple[str, str]]:
    rows = StepLog.objects.filter(enrollment__automation=automation).exclude(outcome="completed")
    return list(rows.order_by("pk").values_list("outcome", "detail"))


def test_add_deal(stages: list[Stage], ann: Any, drain: Any) -> None:
    settings = {
        "title": "For {{ contact.name }}", "stage": stages[1].pk, "value": "12.5", "owner": "contact",
        "close_days": 30,
    }  # fmt: skip
    run(one_step("add_deal", settings), ann, drain=drain)
    deal = Deal.objects.get()
    assert (deal.title, deal.stage, deal.value, deal.currency) == (
        "For Ann Lee",
        stages[1],
        Decimal("12.5"),
        "USD",
    )
    assert deal.owner == ann.owner and list(deal.contacts.all()) == [ann]
    today = timezone.now().astimezone(ZoneInfo("UTC")).date()
    assert deal.expected_close == today + timedelta(days=30)


def test_a_deal_that_a_step_makes_starts_others_but_not_itself(stages: list[Stage], ann: Any, drain: Any) -> None:
    other = one_step("add_note", {"text": "hello"}, trigger="pipeline_entered")
    settings = {"title": "Again", "stage": stages[0].pk, "value": "0", "owner": "nobody"}
    same = one_step("add_deal", settings, trigger="pipeline_entered")
    run(same, ann, drain=drain)
    assert Deal.objects.count() == 1
    assert (other.enrollments.count(), same.enrollments.count()) == (1, 1)


# what, settings, attribute, value before, value after
UPDATES = [
    ({"what": "stage", "stage": "Talks"}, "stage__name", "Talks"),
    ({"what": "status", "status": "won"}, "status", "won"),
    ({"what": "owner", "user": "olaf"}, "owner__username", "olaf"),
    ({"what": "nobody"}, "owner", None),
    ({"what": "value", "amount": "99.5"}, "value", Decimal("99.5")),
    ({"what": "add", "amount": "5"}, "value", Decimal(15)),
    ({"what": "add", "amount": "-50"}, "value", Decimal(0)),
    ({"what": "title", "title": "{{ deal.title }} of {{ contact.first_name }}"}, "title", "Boat of Ann"),
]


@pytest.mark.parametrize(("settings", "attribute", "expected"), UPDATES)
def test_update_deal(
    stages: list[Stage], ann: Any, drain: Any, settings: dict[str, Any], attribute: str, expected: Any
) -> None:
    olaf = UserFactory(username="olaf")
    deal = create_deal(title="Boat", stage=stages[0], value=10, contacts=ann, owner=ann.owner)
    given = settings | ({"stage": stages[1].pk} if "stage" in settings else {})
    given |= {"user": olaf.pk} if "user" in settings else {}
    automation = one_step("update_deal", {"which": "one", **given})
    assert run(automation, ann, drain=drain) == [("done", "")]
    assert Deal.objects.values_list(attribute, flat=True).get(pk=deal.pk) == expected
    lonely = ContactFactory()
    assert run(automation, lonely, drain=drain)[-1] == ("nothing_to_do", "there is no such deal")


@pytest.mark.parametrize(
    ("which", "changed"),
    [
        ("one", {"Entered"}),
        ("entered", {"Entered"}),
        ("newest", {"Newest"}),
        ("open", {"Entered", "Newest"}),
    ],
)
def test_which_deal(stages: list[Stage], ann: Any, drain: Any, which: str, changed: set[str]) -> None:
    entered = create_deal(title="Entered", stage=stages[0], contacts=ann)
    create_deal(title="Newest", stage=stages[0], contacts=ann)
    set_status(deals=create_deal(title="Won", stage=stages[0], contacts=ann), status="won")
    create_deal(title="Strange", stage=stages[0], contacts=ContactFactory())
    automation = one_step(
        "update_deal", {"which": which, "what": "value", "amount": "7"}, trigger="deal_stage_changed"
    )
    update_deal(deal=entered, stage=stages[1])
    drain()
    assert set(Deal.objects.filter(value=7).values_list("title", flat=True)) == changed
    assert outcomes(automation) == [("done", "")]


def test_without_a_deal_it_entered_with(stages: list[Stage], ann: Any, drain: Any) -> None:
    deal = create_deal(title="Boat", stage=stages[0], contacts=ann)
    entered = one_step("add_deal_note", {"which": "entered", "text": "x"})
    assert run(entered, ann, drain=drain) == [("nothing_to_do", "there is no such deal")]
    newest = one_step("add_deal_note", {"which": "one", "text": "Budget {{ deal.amount }}"})
    assert run(newest, ann, drain=drain) == [("done", "")]
    assert DealNote.objects.get(deal=deal).text == "Budget $0.00"


def test_a_completed_task_leads_to_its_deal(stages: list[Stage], ann: Any, call: TaskType, drain: Any) -> None:
    deal = create_deal(title="Boat", stage=stages[0], contacts=ann)
    create_deal(title="Newer", stage=stages[0], contacts=ann)
    task = add_task(title="Ring", type=call, due_at=timezone.now(), deal=deal)
    text = "{{ task.title }} about {{ deal.title }}"
    one_step("add_deal_note", {"which": "one", "text": text}, trigger="task_completed")
    task.done_at = timezone.now()
    task.save()
    drain()
    assert DealNote.objects.get().text == "Ring about Boat" and DealNote.objects.get().deal == deal


def test_a_deal_field(stages: list[Stage], ann: Any, drain: Any) -> None:
    CustomField.objects.create(entity="deal", key="visits", label="Visits", type="number")
    deal = create_deal(title="Boat", stage=stages[0], contacts=ann, custom={"visits": 2})
    settings = {"which": "one", "field": "visits", "op": "increment", "value": "3"}
    run(one_step("update_deal_field", settings), ann, drain=drain)
    settings = {"which": "one", "field": "expected_close", "op": "set", "value": "2027-01-31"}
    run(one_step("update_deal_field", settings), ann, drain=drain)
    deal = Deal.objects.get()
    assert (deal.custom_values["visits"], deal.expected_close) == (5, date(2027, 1, 31))


def test_owners_in_turn(stages: list[Stage], drain: Any) -> None:
    users = [UserFactory() for _ in range(3)]
    people = [ContactFactory() for _ in range(7)]
    deals = [create_deal(title=f"Deal {n}", stage=stages[0], contacts=person) for n, person in enumerate(people)]
    owned = ContactFactory()
    mine = create_deal(title="Owned", stage=stages[0], contacts=owned, owner=users[2])
    settings = {"which": "one", "users": [user.pk for user in users], "keep": True}
    automation = one_step("rotate_deal_owner", settings)
    run(automation, *people[:2], drain=drain)
    run(automation, *people[2:], owned, drain=drain)
    owners = [Deal.objects.get(pk=deal.pk).owner_id for deal in deals]
    assert sorted(map(owners.count, {*owners})) == [2, 2, 3]
    assert Deal.objects.get(pk=mine.pk).owner == users[2]
    assert ("nothing_to_do", "it has an owner") in outcomes(automation)


def test_points_of_a_deal(stages: list[Stage], ann: Any, drain: Any) -> None:
    score = Score.objects.create(name="Heat", subject="deal")
    bob = ContactFactory()
    create_deal(title="Boat", stage=stages[0], contacts=[ann, bob])
    settings = {"which": "one", "score": score.pk, "op": "add", "points": 3}
    run(one_step("adjust_deal_score", settings), ann, bob, drain=drain)
    assert DealScore.objects.get().points == 6
    run(one_step("adjust_deal_score", settings | {"op": "set", "points": 1}), ann, drain=drain)
    assert DealScore.objects.get().points == 1


ASSIGNEES = [("contact", "ida"), ("deal", "olaf"), ("nobody", None), ("user", "otto")]


@pytest.mark.parametrize(("assignee", "expected"), ASSIGNEES)
@pytest.mark.parametrize("about", ["contact", "deal"])
def test_add_task(
    stages: list[Stage], ann: Any, call: TaskType, drain: Any, about: str, assignee: str, expected: str | None
) -> None:
    otto = UserFactory(username="otto")
    deal = create_deal(title="Boat", stage=stages[0], contacts=ann, owner=UserFactory(username="olaf"))
    settings = {
        "about": about, "which": "one", "title": "Ring {{ contact.first_name }}", "task_type": call.pk,
        "due_days": 2, "due_time": "10:30", "assignee": assignee, "remind": True,
        "user": otto.pk if assignee == "user" else None,
    }  # fmt: skip
    assert run(one_step("add_task", settings), ann, drain=drain) == [("done", "")]
    task = Task.objects.select_related("assignee").get()
    assert (task.title, task.type) == ("Ring Ann", call)
    assert (task.contact, task.deal) == ((ann, None) if about == "contact" else (None, deal))
    assert (task.assignee.username if task.assignee else None) == expected
    due = task.due_at.astimezone(ZoneInfo("UTC"))
    assert (due.hour, due.minute, due.date()) == (10, 30, timezone.now().date() + timedelta(days=2))
    assert task.remind_at == task.due_at


@pytest.mark.parametrize(
    ("settings", "done"),
    [
        ({"whose": "contact"}, {"Ring Ann"}),
        ({"whose": "deal"}, {"Ring about it", "Write about it"}),
        ({"whose": "both"}, {"Ring Ann", "Ring about it", "Write about it"}),
        ({"whose": "both", "task_type": "Call"}, {"Ring Ann", "Ring about it"}),
    ],
)
def test_complete_tasks(
    stages: list[Stage], ann: Any, call: TaskType, drain: Any, settings: dict[str, Any], done: set[str]
) -> None:
    now, email = timezone.now(), TaskType.objects.get(name="E-mail")
    deal = create_deal(title="Boat", stage=stages[0], contacts=ann)
    add_task(title="Ring Ann", type=call, due_at=now, contact=ann)
    add_task(title="Ring about it", type=call, due_at=now, deal=deal)
    add_task(title="Write about it", type=email, due_at=now, deal=deal)
    add_task(title="Ring Bob", type=call, due_at=now, contact=ContactFactory())
    given = settings | ({"task_type": call.pk} if "task_type" in settings else {})
    outcome = TaskOutcome.objects.create(name="Automatic")
    automation = one_step("complete_tasks", {"which": "one", "outcome": outcome.pk, **given})
    assert run(automation, ann, drain=drain) == [("done", "")]
    assert set(Task.objects.filter(outcome=outcome).values_list("title", flat=True)) == done
    assert run(automation, ContactFactory(), drain=drain)[-1] == ("nothing_to_do", "there was no open task")


def test_conditions_ask_of_the_deal_it_entered_with(stages: list[Stage], ann: Any, drain: Any) -> None:
    create_deal(title="Boat", stage=stages[0], value=500, contacts=ann)
    create_deal(title="Raft", stage=stages[0], value=1, contacts=ann)
    condition = {"type": "deal_value", "which": "this", "op": "above", "value": "100", "currency": "USD"}
    settings = {"conditions": {"match": "all", "conditions": [condition]}}
    automation = new_automation()
    add_trigger(automation=automation, type="deal_stage_changed", settings={}, runs="multiple")
    branch = add_step(automation=automation, type="if_else", settings=settings)
    for arm in ("yes", "no"):
        text = f"{arm}: {{{{ deal.title }}}}"
        add_step(automation=automation, type="add_note", settings={"text": text}, parent=branch.key, arm=arm)
    publish(automation=automation)
    activate(automation=automation)
    for title in ("Boat", "Raft"):
        update_deal(deal=Deal.objects.get(title=title), stage=stages[1])
        drain()
    assert list(ann.notes.order_by("pk").values_list("text", flat=True)) == ["yes: Boat", "no: Raft"]


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("update_deal", {"which": "one", "what": "add", "amount": "1"}),
        ("add_deal_note", {"which": "one", "text": "{{ deal.title }}"}),
        ("add_task", {"about": "deal", "which": "one", "title": "x", "task_type": 1, "due_days": 1,
                      "due_time": "09:00", "assignee": "deal"}),
        ("complete_tasks", {"whose": "both", "which": "one"}),
    ],
)  # fmt: skip
def test_a_group_costs_the_same_however_large(
    stages: list[Stage], call: TaskType, drain: Any, settings: Any, kind: str, given: dict[str, Any]
) -> None:
    settings.TRIGGER_INDEX_TTL = 3_600  # reading its version by the clock is no part of the count
    given = given | ({"task_type": call.pk} if "task_type" in given else {})
    automation = one_step(kind, given)

    def cost(count: int) -> int:
        people = [ContactFactory() for _ in range(count)]
        for person in people:
            deal = create_deal(title="Boat", stage=stages[0], contacts=person)
            add_task(title="Ring", type=call, due_at=timezone.now(), deal=deal)
        add_to_automation(automation=automation, contacts=people)
        with CaptureQueriesContext(connection) as queries:
            drain()
        return len(queries)

    cost(2)
    assert cost(3) == cost(30)
