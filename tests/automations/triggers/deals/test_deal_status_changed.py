"""deal_status_changed: (from and to, the new status) -> who entered."""

import pytest

from deals.models import Deal
from tests.automations.conftest import passes

from .conftest import BOTH, build

pytestmark = pytest.mark.django_db


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
