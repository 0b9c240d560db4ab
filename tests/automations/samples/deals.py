"""Samples of what is about deals and tasks."""

from typing import Any

from automations.models import Automation
from contacts.models import CustomField, Score
from deals.models import Pipeline, Stage, TaskOutcome, TaskType
from tests.factories import UserFactory

from . import CONDITIONS, STEPS, TRIGGERS, Sample, Settings, fixed


def stages() -> list[Stage]:
    pipeline, _created = Pipeline.objects.get_or_create(name="Sample sales")
    return [Stage.objects.get_or_create(pipeline=pipeline, name=name)[0] for name in ("One", "Two")]


def elsewhere() -> Stage:
    pipeline, _created = Pipeline.objects.get_or_create(name="Sample renewals")
    return Stage.objects.get_or_create(pipeline=pipeline, name="Start")[0]


def deal_score() -> int:
    return Score.objects.get_or_create(name="Heat", subject="deal")[0].pk


def task_type() -> int:
    return TaskType.objects.get_or_create(name="Call")[0].pk


def outcome() -> int:
    return TaskOutcome.objects.get_or_create(name="Reached")[0].pk


def budget(automation: Automation) -> None:
    CustomField.objects.get_or_create(entity="deal", key="budget", defaults={"label": "Budget", "type": "number"})


def moved(automation: Automation) -> Settings:
    one, two = stages()
    return {"pipeline": one.pipeline_id, "old_stage": one.pk, "new_stage": two.pk}


def a_field(automation: Automation) -> Settings:
    budget(automation)
    return {"field": "budget", "old": "any", "old_value": "", "new": "value", "new_value": "50"}


def field_step(automation: Automation) -> Settings:
    budget(automation)
    return {"which": "open", "field": "budget", "op": "increment", "value": "5"}


def with_user(**values: Any) -> Any:
    return lambda automation: {**values, "user": UserFactory().pk}


TRIGGERS["deal_stage_changed"] = Sample(
    moved,
    (
        ({"pipeline": 999_999}, "pipeline"),
        ({"old_stage": 999_999}, "old_stage"),
        ({"new_stage": 999_999}, "new_stage"),
    ),
)
TRIGGERS["deal_status_changed"] = Sample(
    fixed(old="open", new="won"),
    (({"old": "paused"}, "old"), ({"new": "paused"}, "new"), ({"old": "won", "new": "won"}, "new")),
)
TRIGGERS["deal_value_changed"] = Sample(
    fixed(currency="USD", old="any", new="amount", new_amount="12.500"),
    (
        ({"currency": "ABC"}, "currency"),
        ({"old": "amount", "old_amount": None}, "old_amount"),
        ({"new": "amount", "new_amount": "-1"}, "new_amount"),
        ({"new": "amount", "new_amount": "much"}, "new_amount"),
        ({"new": "sometimes"}, "new"),
        (
            {"currency": "EUR", "old": "amount", "old_amount": "1", "new": "amount", "new_amount": "1"},
            "new_amount",
        ),
    ),
)
TRIGGERS["deal_owner_changed"] = Sample(
    lambda automation: {"old": "nobody", "new": "user", "new_user": UserFactory().pk},
    (
        ({"old": "user", "old_user": None}, "old_user"),
        ({"new": "user", "new_user": 999_999}, "new_user"),
        ({"old": "nobody", "new": "nobody"}, "new"),
        ({"old": "somebody"}, "old"),
    ),
)
TRIGGERS["pipeline_entered"] = Sample(
    lambda automation: {"pipeline": stages()[0].pipeline_id},
    (({"pipeline": 999_999}, "pipeline"), ({"pipeline": "x"}, "pipeline")),
)
TRIGGERS["deal_field_changed"] = Sample(
    a_field,
    (
        ({"field": "gone"}, "field"),
        ({"field": "title"}, "field"),
        ({"field": "expected_close", "new": "sometimes"}, "new"),
        ({"field": "expected_close", "old": "value", "old_value": "soon"}, "old_value"),
    ),
)
TRIGGERS["task_completed"] = Sample(fixed(), ())

STEPS["add_deal"] = Sample(
    lambda automation: {
        "title": "For {{ contact.name }}",
        "stage": stages()[0].pk,
        "value": "12.500",
        "owner": "user",
        "user": UserFactory().pk,
        "close_days": 30,
    },
    (
        ({"title": "", "stage": None}, "title"),
        ({"title": "{{ x", "stage": None}, "title"),
        ({"title": "x", "stage": None}, "stage"),
        ({"title": "x", "stage": 999_999}, "stage"),
        ({"value": "-1"}, "value"),
        ({"owner": "user", "user": None}, "user"),
        ({"owner": "friend"}, "owner"),
        ({"close_days": -1}, "close_days"),
    ),
)
STEPS["update_deal"] = Sample(
    lambda automation: {"which": "newest", "what": "stage", "stage": stages()[0].pk},
    (
        ({"which": "none", "what": "nobody"}, "which"),
        ({"what": "fly"}, "what"),
        ({"what": "stage", "stage": None}, "stage"),
        ({"what": "stage", "stage": 999_999}, "stage"),
        ({"what": "status", "status": "paused"}, "status"),
        ({"what": "owner", "user": 999_999}, "user"),
        ({"what": "value", "amount": "-1"}, "amount"),
        ({"what": "add", "amount": None}, "amount"),
        ({"what": "title", "title": "{{ x"}, "title"),
    ),
)
STEPS["update_deal_field"] = Sample(
    field_step,
    (
        ({"which": "one", "field": "gone", "op": "clear"}, "field"),
        ({"which": "one", "field": "expected_close", "op": "set", "value": "soon"}, "value"),
        ({"which": "none", "field": "expected_close", "op": "clear"}, "which"),
    ),
)
STEPS["rotate_deal_owner"] = Sample(
    lambda automation: {"which": "one", "users": [UserFactory().pk, UserFactory().pk], "keep": False},
    (({"users": []}, "users"), ({"users": [999_999]}, "users"), ({"which": "none"}, "which")),
)
STEPS["add_deal_note"] = Sample(
    fixed(which="entered", text="About {{ deal.title }}"),
    (({"text": ""}, "text"), ({"text": "{{ x"}, "text"), ({"which": "none", "text": "x"}, "which")),
)
STEPS["adjust_deal_score"] = Sample(
    lambda automation: {"which": "one", "score": deal_score(), "op": "subtract", "points": 3},
    (
        ({"score": 999_999, "points": 1}, "score"),
        ({"op": "multiply", "points": 1}, "op"),
        ({"op": "add", "points": 0}, "points"),
    ),
)
STEPS["add_task"] = Sample(
    lambda automation: {
        "about": "deal",
        "which": "one",
        "title": "Ring {{ contact.name }}",
        "note": "",
        "task_type": task_type(),
        "due_days": 2,
        "due_time": "10:30:00",
        "assignee": "user",
        "user": UserFactory().pk,
        "remind": True,
    },
    (
        ({"title": ""}, "title"),
        ({"title": "{{ x"}, "title"),
        ({"task_type": 999_999}, "task_type"),
        ({"due_days": -1}, "due_days"),
        ({"due_time": "25:00"}, "due_time"),
        ({"assignee": "user", "user": None}, "user"),
        ({"assignee": "friend"}, "assignee"),
        ({"about": "weather"}, "about"),
    ),
)
STEPS["complete_tasks"] = Sample(
    lambda automation: {"whose": "deal", "which": "one", "task_type": task_type(), "outcome": outcome()},
    (
        ({"whose": "mine"}, "whose"),
        ({"task_type": 999_999}, "task_type"),
        ({"outcome": 999_999}, "outcome"),
    ),
)

CONDITIONS["deal_stage"] = Sample(
    lambda automation: {
        "which": "any",
        "op": "not_in",
        "pipeline": stages()[0].pipeline_id,
        "stage": stages()[0].pk,
    },
    (
        ({"op": "in"}, "pipeline"),
        ({"op": "in", "stage": 999_999}, "stage"),
        ({"op": "near", "stage": 1}, "op"),
    ),
)
CONDITIONS["deal_status"] = Sample(
    fixed(which="any", op="is_not", status="won"), (({"op": "is", "status": "paused"}, "status"),)
)
CONDITIONS["deal_value"] = Sample(
    fixed(which="any", op="below", value="12.5", currency="USD"),
    (
        ({"op": "above", "value": "-1", "currency": "EUR"}, "value"),
        ({"op": "above", "value": "1", "currency": "ABC"}, "currency"),
        ({"op": "near", "value": "1", "currency": "EUR"}, "op"),
    ),
)
CONDITIONS["deal_owner"] = Sample(
    lambda automation: {"which": "any", "op": "is_not", "user": UserFactory().pk},
    (({"op": "is"}, "user"), ({"op": "is", "user": 999_999}, "user")),
)
CONDITIONS["deal_title"] = Sample(
    fixed(which="any", op="not_contains", value="boat"),
    (({"op": "contains", "value": ""}, "value"), ({"op": "ends", "value": "x"}, "op")),
)
CONDITIONS["deal_field"] = Sample(
    fixed(which="any", field="expected_close", op="before", value="2027-01-31"),
    (
        ({"field": "gone", "op": "is", "value": "x"}, "field"),
        ({"field": "expected_close", "op": "contains", "value": "1"}, "op"),
    ),
)
CONDITIONS["deal_score"] = Sample(
    lambda automation: {"which": "any", "score": deal_score(), "op": "between", "value": 1, "upper": 5},
    (
        ({"score": 999_999, "op": "above", "value": 1}, "score"),
        ({"op": "between", "value": 5, "upper": 1}, "upper"),
    ),
)
CONDITIONS["deal_role"] = Sample(
    fixed(op="not_in", which="any", role="Buys"),
    (({"op": "near"}, "op"), ({"which": "other"}, "which"), ({"role": "x" * 101}, "role")),
)
CONDITIONS["task_type"] = Sample(
    lambda automation: {"which": "any", "op": "is_not", "task_type": task_type()},
    (({"op": "is", "task_type": 999_999}, "task_type"),),
)
CONDITIONS["task_outcome"] = Sample(
    lambda automation: {"which": "any", "op": "is_not", "outcome": outcome()},
    (({"op": "is"}, "outcome"), ({"op": "is", "outcome": 999_999}, "outcome")),
)
CONDITIONS["task_about"] = Sample(fixed(which="any", about="contact"), (({"about": "weather"}, "about"),))
CONDITIONS["task_title"] = Sample(
    fixed(which="any", op="is", value="Ring"), (({"op": "contains", "value": ""}, "value"),)
)
CONDITIONS["task_state"] = Sample(fixed(which="any", state="overdue"), (({"state": "late"}, "state"),))
