"""deal_stage_changed: (settings, the stage it is moved to) -> who entered; near misses per option."""

from typing import Any

import pytest

from deals.models import Deal, Pipeline, Stage
from deals.services import move_deals
from tests.automations.conftest import passes

from .conftest import BOTH, build, stage

pytestmark = pytest.mark.django_db


# settings by name, the stage that it is moved to, whether its contacts enter
STAGES = [
    ({}, "Talks", True),
    ({}, "New", False),
    ({"pipeline": "Sales"}, "Talks", True),
    ({"pipeline": "Renewals"}, "Talks", False),
    ({"pipeline": "Renewals"}, "Due", True),
    ({"pipeline": "Sales"}, "Due", False),
    ({"old_stage": "New"}, "Talks", True),
    ({"old_stage": "Talks"}, "Offer", False),
    ({"new_stage": "Talks"}, "Talks", True),
    ({"new_stage": "Offer"}, "Talks", False),
    ({"old_stage": "New", "new_stage": "Talks"}, "Talks", True),
    ({"old_stage": "New", "new_stage": "Talks"}, "Offer", False),
]


@pytest.mark.parametrize(("settings", "to", "enter"), STAGES)
def test_deal_stage_changed(
    deal: Deal, renewals: Pipeline, settings: dict[str, str], to: str, enter: bool
) -> None:
    models: dict[str, Any] = {"pipeline": Pipeline, "old_stage": Stage, "new_stage": Stage}
    ids = {name: models[name].objects.get(name=value).pk for name, value in settings.items()}
    automation = build("deal_stage_changed", ids)
    move_deals(deals=deal, stage=stage(to))
    assert passes(automation) == (BOTH if enter else [])
