"""pipeline_entered: by being made there, by a move, and not within one."""

from typing import Any

import pytest

from deals.models import Deal, Pipeline
from deals.services import create_deal, move_deals
from tests.automations.conftest import passes

from .conftest import ANN, BOTH, build, stage

pytestmark = pytest.mark.django_db


def test_pipeline_entered(deal: Deal, sales: Pipeline, renewals: Pipeline, people: list[Any]) -> None:
    wanted, other, any_one = (
        build("pipeline_entered", {"pipeline": pipeline.pk if pipeline else None}, runs="multiple")
        for pipeline in (renewals, sales, None)
    )
    move_deals(deals=deal, stage=stage("Talks"))
    assert passes(wanted) == passes(other) == passes(any_one) == []
    move_deals(deals=deal, pipeline=renewals)
    assert (passes(wanted), passes(other), passes(any_one)) == (BOTH, [], BOTH)
    create_deal(title="Ship", pipeline=sales, contacts=people[:1])
    assert (passes(wanted), passes(other)) == (BOTH, [ANN])
