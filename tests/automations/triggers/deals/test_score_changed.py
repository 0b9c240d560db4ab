"""score_changed of deals: (direction and value, old and new points) -> who entered."""

import pytest

from contacts.models import Score
from deals.models import Deal
from deals.services import adjust_deal_scores, set_deal_scores
from tests.automations.conftest import passes

from .conftest import BOTH, build

pytestmark = pytest.mark.django_db


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
