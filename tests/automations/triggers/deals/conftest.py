"""What the tests of deals' triggers share: a deal of two contacts, Bob the primary one."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test.utils import override_settings

from automations.models import Automation
from automations.services import activate, add_step, add_trigger, publish
from deals.models import Deal, Pipeline, Stage
from deals.services import create_deal
from tests.automations.samples import new_automation
from tests.factories import ContactFactory

ANN, BOB = "ann@example.com", "bob@example.com"
BOTH = [ANN, BOB]


ANY = {"old": "any", "new": "any"}


@pytest.fixture(autouse=True)
def _no_clock() -> Iterator[None]:
    """Reading the index's version by the clock is no part of any count."""
    with override_settings(TRIGGER_INDEX_TTL=3_600):
        yield


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


def tree(*conditions: dict[str, Any]) -> dict[str, Any]:
    return {"match": "all", "conditions": list(conditions)}


def the(model: Any, name: str) -> int:
    return int(model.objects.get(name=name).pk)
