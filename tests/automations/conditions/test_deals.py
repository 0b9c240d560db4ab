"""Conditions on deals and tasks: of any of the contact's, and as part of a trigger's “which ones”."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from automations.conditions.base import Moment
from automations.conditions.tree import clean_tree, contacts_meeting, describe_tree
from contacts.models import CustomField, Score
from deals.models import Pipeline, Stage, TaskOutcome, TaskType
from deals.services import add_task, complete_tasks, create_deal, set_deal_scores
from tests.factories import ContactFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def known() -> dict[str, Any]:
    """Ann has an open deal in talks, with a done and an overdue task; Bob nothing."""
    sales = Pipeline.objects.create(name="Sales")
    other = Pipeline.objects.create(name="Renewals")
    new, talks = (Stage.objects.create(pipeline=sales, name=name) for name in ("New", "Talks"))
    due = Stage.objects.create(pipeline=other, name="Due")
    ida, olaf = UserFactory(username="ida"), UserFactory(username="olaf")
    ann, _bob = ContactFactory(email="ann@example.com"), ContactFactory(email="bob@example.com")
    CustomField.objects.create(entity="deal", key="budget", label="Budget", type="number")
    heat = Score.objects.create(name="Heat", subject="deal")
    deal = create_deal(
        title="A Boat", stage=talks, value=10, contacts=ann, owner=ida, expected_close=date(2027, 1, 31),
        custom={"budget": 50},
    )  # fmt: skip
    set_deal_scores(deals=deal, score=heat, points=7)
    call, meeting = (TaskType.objects.get(name=name) for name in ("Call", "Meeting"))
    reached, missed = (TaskOutcome.objects.create(name=name) for name in ("Reached", "Missed"))
    yesterday = timezone.now() - timedelta(days=1)
    complete_tasks(tasks=add_task(title="Ring", type=call, due_at=yesterday, deal=deal), outcome=reached)
    add_task(title="Write", type=call, due_at=yesterday, contact=ann)
    return {
        "sales": sales.pk, "renewals": other.pk, "new": new.pk, "talks": talks.pk, "due": due.pk, "ida": ida.pk,
        "olaf": olaf.pk, "heat": heat.pk, "call": call.pk, "meeting": meeting.pk, "reached": reached.pk,
        "missed": missed.pk,
    }  # fmt: skip


# the condition, with records by name; whether Ann, Bob meet it
TABLE: list[tuple[str, dict[str, Any], str]] = [
    ("deal_stage", {"op": "in", "stage": "talks"}, "ann"),
    ("deal_stage", {"op": "in", "stage": "new"}, ""),
    ("deal_stage", {"op": "in", "pipeline": "sales"}, "ann"),
    ("deal_stage", {"op": "in", "pipeline": "renewals"}, ""),
    ("deal_stage", {"op": "not_in", "pipeline": "renewals"}, "ann"),
    ("deal_stage", {"op": "not_in", "stage": "talks"}, ""),
    ("deal_status", {"op": "is", "status": "open"}, "ann"),
    ("deal_status", {"op": "is", "status": "won"}, ""),
    ("deal_status", {"op": "is_not", "status": "won"}, "ann"),
    ("deal_value", {"op": "above", "value": "9.999", "currency": "EUR"}, "ann"),
    ("deal_value", {"op": "above", "value": "10", "currency": "EUR"}, ""),
    ("deal_value", {"op": "above", "value": "1", "currency": "USD"}, ""),
    ("deal_value", {"op": "below", "value": "10.001", "currency": "EUR"}, "ann"),
    ("deal_value", {"op": "equals", "value": "10.000", "currency": "EUR"}, "ann"),
    ("deal_owner", {"op": "is", "user": "ida"}, "ann"),
    ("deal_owner", {"op": "is", "user": "olaf"}, ""),
    ("deal_owner", {"op": "is_not", "user": "olaf"}, "ann"),
    ("deal_owner", {"op": "unset"}, ""),
    ("deal_title", {"op": "contains", "value": "boat"}, "ann"),
    ("deal_title", {"op": "is", "value": "boat"}, ""),
    ("deal_title", {"op": "is", "value": "a boat"}, "ann"),
    ("deal_title", {"op": "not_contains", "value": "boat"}, ""),
    ("deal_field", {"field": "budget", "op": "greater", "value": "49"}, "ann"),
    ("deal_field", {"field": "budget", "op": "greater", "value": "50"}, ""),
    ("deal_field", {"field": "expected_close", "op": "before", "value": "2027-02-01"}, "ann"),
    ("deal_field", {"field": "expected_close", "op": "before", "value": "2027-01-31"}, ""),
    ("deal_score", {"score": "heat", "op": "above", "value": 6}, "ann"),
    ("deal_score", {"score": "heat", "op": "above", "value": 7}, ""),
    ("deal_score", {"score": "heat", "op": "between", "value": 7, "upper": 9}, "ann"),
    ("deal_score", {"score": "heat", "op": "below", "value": 5}, ""),
    ("task_type", {"op": "is", "task_type": "call"}, "ann"),
    ("task_type", {"op": "is", "task_type": "meeting"}, ""),
    ("task_outcome", {"op": "is", "outcome": "reached"}, "ann"),
    ("task_outcome", {"op": "is", "outcome": "missed"}, ""),
    ("task_outcome", {"op": "none"}, "ann"),
    ("task_about", {"about": "deal"}, "ann"),
    ("task_about", {"about": "contact"}, "ann"),
    ("task_title", {"op": "is", "value": "ring"}, "ann"),
    ("task_title", {"op": "contains", "value": "rings"}, ""),
    ("task_state", {"state": "overdue"}, "ann"),
    ("task_state", {"state": "done"}, "ann"),
]
RECORDS = {"stage", "pipeline", "user", "score", "task_type", "outcome"}


@pytest.mark.parametrize(("kind", "settings", "who"), TABLE)
def test_any_of_the_contact(known: dict[str, Any], kind: str, settings: dict[str, Any], who: str) -> None:
    given = {name: known[value] if name in RECORDS else value for name, value in settings.items()}
    tree = clean_tree({"match": "all", "conditions": [{"type": kind, "which": "any", **given}]})
    found = contacts_meeting(tree, Moment()).order_by("email").values_list("email", flat=True)
    assert list(found) == [f"{name}@example.com" for name in who.split()]
    assert describe_tree(tree)


@pytest.mark.parametrize(
    ("settings", "who"),
    [
        ({"op": "in", "role": ""}, "ann"),
        ({"op": "in", "role": "buys"}, ""),
        ({"op": "not_in", "role": ""}, "bob"),
    ],
)
def test_roles(known: dict[str, Any], settings: dict[str, Any], who: str) -> None:
    tree = clean_tree({"match": "all", "conditions": [{"type": "deal_role", "which": "any", **settings}]})
    assert [contact.email for contact in contacts_meeting(tree, Moment())] == [f"{who}@example.com"] * bool(who)
    assert describe_tree(tree)
