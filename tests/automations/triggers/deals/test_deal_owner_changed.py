"""deal_owner_changed: (from and to, the new owner) -> who entered."""

from typing import Any

import pytest

from deals.models import Deal
from deals.services import update_deal, update_deals
from tests.automations.conftest import passes
from tests.factories import UserFactory

from .conftest import BOTH, build

pytestmark = pytest.mark.django_db


OWNERS = [
    ("any", "any", None, "ida", True),
    ("any", "any", "ida", "ida", False),
    ("any", "any", "ida", None, True),
    ("any", "ida", None, "ida", True),
    ("any", "ida", None, "olaf", False),
    ("olaf", "any", "olaf", "ida", True),
    ("olaf", "any", "ida", "olaf", False),
    ("nobody", "any", None, "ida", True),
    ("nobody", "any", "olaf", "ida", False),
    ("any", "nobody", "ida", None, True),
    ("any", "nobody", "ida", "olaf", False),
]


@pytest.mark.parametrize(("old", "new", "before", "after", "enter"), OWNERS)
def test_deal_owner_changed(
    deal: Deal, old: str, new: str, before: str | None, after: str | None, enter: bool
) -> None:
    users = {name: UserFactory(username=name) for name in ("ida", "olaf")}
    update_deal(deal=deal, owner=users.get(before or ""))
    settings: dict[str, Any] = {}
    for side, wanted in (("old", old), ("new", new)):
        settings[side] = "user" if wanted in users else wanted
        if wanted in users:
            settings[f"{side}_user"] = users[wanted].pk
    automation = build("deal_owner_changed", settings)
    update_deals(deals=[deal], owner=users.get(after or ""))
    assert passes(automation) == (BOTH if enter else [])
