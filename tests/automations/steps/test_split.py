from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from automations.models import StepCount, StepLog
from automations.services import activate, add_step, add_to_automation, publish
from automations.steps.base import STEPS
from tests.automations.steps.conftest import refused, round_trip, sentence
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db

Split = STEPS["split"]


def split_automation(**settings):
    from automations.models import Automation

    automation = Automation.objects.create(name="Split", entry_policy="any")
    add_step(automation=automation, type="split", settings={"weights": [50, 50], **settings})
    publish(automation=automation)
    activate(automation=automation)
    return automation


def paths(automation):
    rows = StepLog.objects.filter(enrollment__automation=automation, outcome="split").order_by("pk")
    return list(rows.values_list("detail", flat=True))


@given(
    weights=st.lists(st.integers(0, 100), min_size=2, max_size=5).filter(sum),
    key=st.text("0123456789abcdef", min_size=10, max_size=10),
)
def test_paths_follow_the_weights(weights, key):
    step = Split(key=key, weights=weights)
    found = Counter(step.path_of(contact) for contact in range(2_000))
    for letter, weight in zip("abcde", weights, strict=False):
        share = weight / sum(weights)
        # Five standard deviations: nothing but a real bias exceeds it.
        assert abs(found[letter] / 2_000 - share) <= 5 * (share * (1 - share) / 2_000) ** 0.5
        assert weight or not found[letter]


def test_two_splits_spread_the_same_contacts_differently():
    one, two = Split(key="a" * 10, weights=[50, 50]), Split(key="b" * 10, weights=[50, 50])
    same = sum(one.path_of(contact) == two.path_of(contact) for contact in range(1_000))
    assert 400 < same < 600


def test_a_contact_takes_the_same_path_in_every_pass(drain):
    automation = split_automation()
    contacts = [ContactFactory() for _number in range(20)]
    for _pass in range(3):
        add_to_automation(automation=automation, contacts=contacts)
        drain()
    found = StepLog.objects.filter(outcome="split").values_list("enrollment__contact", "detail")
    assert len(found) == 60 and len(set(found)) == 20
    counts = StepCount.objects.filter(metric__startswith="arm:")
    assert sum(counts.values_list("amount", flat=True)) == 60


def test_the_steps_under_a_path_are_those_that_run(drain):
    from automations.models import Automation

    automation = Automation.objects.create(name="Split")
    step = add_step(automation=automation, type="split", settings={"weights": [0, 1, 0]})
    for arm in "abc":
        add_step(automation=automation, type="add_note", parent=step.key, arm=arm, settings={"text": arm})
    publish(automation=automation)
    activate(automation=automation)
    contact = ContactFactory()
    add_to_automation(automation=automation, contacts=contact)
    drain()
    assert contact.notes.get().text == "b"


def test_the_winner_takes_all_after_exactly_so_many(drain):
    automation = split_automation(weights=[0, 100], winner_after=3, winner_path="a")
    add_to_automation(automation=automation, contacts=[ContactFactory() for _number in range(2)])
    drain()
    add_to_automation(automation=automation, contacts=[ContactFactory() for _number in range(4)])
    drain()
    assert paths(automation) == ["B", "B", "B", "A", "A", "A"]


def test_the_winner_takes_all_from_a_day_on(drain, account_zone):
    account_zone("Pacific/Auckland")
    from zoneinfo import ZoneInfo

    today = timezone.now().astimezone(ZoneInfo("Pacific/Auckland")).date()
    for day, path in ((today, "A"), (today + timedelta(days=1), "B")):
        automation = split_automation(weights=[0, 100], winner_from=day.isoformat(), winner_path="a")
        add_to_automation(automation=automation, contacts=ContactFactory())
        drain()
        assert paths(automation) == [path]


def test_queries_do_not_grow(queries_for):
    settings = {"weights": [50, 50], "winner_after": 1_000, "winner_path": "a"}
    assert queries_for(2, "split", settings) == queries_for(100, "split", settings)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({}, "weights"),
        ({"weights": [100]}, "weights"),
        ({"weights": [1] * 6}, "weights"),
        ({"weights": [0, 0]}, "weights"),
        ({"weights": [-1, 2]}, "weights"),
        ({"weights": [10_001, 1]}, "weights"),
        ({"weights": ["half", "half"]}, "weights"),
        ({"weights": "50; 50"}, "weights"),
        ({"weights": [1.5, 1]}, "weights"),
        ({"weights": [1, 1], "winner_after": 5}, "winner_path"),
        ({"weights": [1, 1], "winner_after": 5, "winner_path": "c"}, "winner_path"),
        ({"weights": [1, 1], "winner_after": -5}, "winner_after"),
        ({"weights": [1, 1], "winner_from": "2026-05-01"}, "winner_path"),
        ({"weights": [1, 1], "winner_from": "soon"}, "winner_from"),
    ],
)
def test_bad_settings(settings, field):
    assert list(refused("split", settings)) == [field]


def test_settings_and_sentences():
    full = {"weights": [70, 20, 10], "winner_after": 5, "winner_from": "2026-05-01", "winner_path": "b"}
    assert round_trip("split", full) == full
    assert round_trip("split", {"weights": "70, 30"})["weights"] == [70, 30]
    assert sentence("split", {"weights": [70, 30]}) == "Split into 2 paths (70 / 30)"
    assert sentence("split", full).startswith(
        "Split into 3 paths (70 / 20 / 10), after 5 contacts all take B, from "
    )
    assert sentence("split") == "Split into 2 paths (50 / 50)"
    arms = Split.from_settings(full).arms()
    assert [(arm.name, arm.label) for arm in arms] == [("a", "A 70 %"), ("b", "B 20 %"), ("c", "C 10 %")]
    assert [arm.name for arm in Split().arms()] == ["a", "b"]
