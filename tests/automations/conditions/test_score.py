"""The condition on points: each comparison with its near misses; no row is 0."""

from typing import Any

import pytest

from contacts.models import Score
from contacts.services import adjust_scores, set_scores
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("settings", "meeting"),
    [
        ({"op": "above", "value": 10}, [11]),
        ({"op": "above", "value": -1}, [0, None, 5, 10, 11]),
        ({"op": "below", "value": 5}, [-3, 0, None]),
        ({"op": "below", "value": 0}, [-3]),
        ({"op": "equals", "value": 0}, [0, None]),
        ({"op": "equals", "value": 10}, [10]),
        ({"op": "between", "value": 5, "upper": 10}, [5, 10]),
        ({"op": "between", "value": -3, "upper": 0}, [-3, 0, None]),
    ],
)
def test_score(who: Any, settings: dict[str, Any], meeting: list[int | None]) -> None:
    score, other = Score.objects.create(name="Interest"), Score.objects.create(name="Fit")
    numbers = [-3, 0, None, 5, 10, 11]
    people = ContactFactory.create_batch(len(numbers))
    for contact, points in zip(people, numbers, strict=True):
        adjust_scores(contacts=contact, score=other, points=7)
        if points is not None:
            set_scores(contacts=contact, score=score, points=points)
    assert who(people, "score", score=score.pk, **settings) == [points in meeting for points in numbers]
