"""Several at once: owners take turns fairly, and one card is moved once. Needs real row locks."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from deals.models import Deal, Pipeline, Stage, Task, TaskType
from deals.services import assign_in_turn, complete_tasks, create_deal
from tests.factories import ContactFactory, UserFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


@pytest.fixture
def stage() -> Stage:
    return Stage.objects.create(pipeline=Pipeline.objects.create(name="Sales"), name="New")


def test_each_user_gets_as_many(stage: Stage) -> None:
    users = [UserFactory().pk for _ in range(3)]
    deals = [create_deal(title=f"Deal {number}", stage=stage).pk for number in range(24)]

    def assign(number: int) -> None:
        try:
            assign_in_turn(deals=deals[number * 3 : number * 3 + 3], users=users, rotation="test")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(assign, range(8)))
    assert set(Counter(Deal.objects.values_list("owner_id", flat=True)).values()) == {8}


def test_a_task_is_completed_once(stage: Stage) -> None:
    from django.utils import timezone

    call, _made = TaskType.objects.get_or_create(name="Call")
    Task.objects.create(title="Ring", type=call, due_at=timezone.now(), contact=ContactFactory())

    def complete(number: int) -> int:
        try:
            return len(complete_tasks(tasks=Task.objects.all()))
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(complete, range(6))) == 1
