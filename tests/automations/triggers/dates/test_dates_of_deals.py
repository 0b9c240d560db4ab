"""date_reached of deals: whom of the deal's contacts, and when."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from automations.models import Automation
from automations.services import activate, add_step, add_trigger, publish
from deals.services import create_deal, set_status, update_deal
from tests.automations.conftest import passes, reasons
from tests.deals.mailboxes import make_deal
from tests.factories import ContactFactory, CustomFieldFactory

from .conftest import at, listening, swept

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("settings", "early", "due"),
    [
        ({"field": "deal.expected_close", "when": "before", "amount": 1, "unit": "weeks", "clock": "09:00"},
         "2026-06-01T08:59", "2026-06-01T09:00"),
        ({"field": "deal.renewal", "every": "year"}, "2026-05-31T23:59", "2026-06-01T00:00"),
        ({"field": "deal.call", "when": "before", "amount": 1, "unit": "hours"},
         "2026-06-01T08:59", "2026-06-01T09:00"),
        ({"field": "deal.created_at", "when": "after", "amount": 1, "unit": "weeks"},
         "2026-06-01T11:59", "2026-06-01T12:01"),
    ],
)  # fmt: skip
def test_dates_of_deals_enter_their_contacts(settings, early, due):
    for key, kind in (("renewal", "date"), ("call", "datetime")):
        CustomFieldFactory(entity="deal", key=key, type=kind)
    automation = listening(**settings)
    ada, bob = ContactFactory(email="ada@example.com"), ContactFactory(email="bob@example.com")
    with at("2026-05-25T12:00"):
        deal = make_deal(ada, bob, expected_close=date(2026, 6, 8))
        update_deal(deal=deal, custom={"renewal": "2020-06-01", "call": "2026-06-01 10:00"})
        create_deal(title="Nobody's", pipeline=deal.pipeline, expected_close=date(2026, 6, 8))
    assert swept(early) == 0
    assert swept(due) >= 1
    assert passes(automation) == ["ada@example.com", "bob@example.com"]
    assert {tuple(row.event["record"]) for row in automation.enrollments.all()} == {("deals.deal", deal.pk)}
    assert swept(due) == 0


def test_only_the_primary_contact_of_a_deal_or_nobody():
    with at("2026-05-20T12:00"):
        automation = Automation.objects.create(name="Primary")
        settings = {"field": "deal.expected_close"}
        add_trigger(automation=automation, type="date_reached", settings=settings, recipients="primary")
        add_step(automation=automation, type="add_note", settings={"text": "{{ event.date }}"})
        publish(automation=automation)
        activate(automation=automation)
    ada, bob = ContactFactory(email="ada@example.com"), ContactFactory()
    deal = make_deal(ada, bob, expected_close=date(2026, 6, 1))
    create_deal(title="Nobody's", pipeline=deal.pipeline, expected_close=date(2026, 6, 1))
    assert swept("2026-06-01T00:00") == 2
    assert passes(automation) == ["ada@example.com"]
    assert sorted(reasons(automation)) == ["no_contact", "not_primary"]


def test_only_deals_that_meet_the_conditions():
    """On the day, not when the date was set: a deal that was won meanwhile starts nobody."""
    is_open = {"match": "all", "conditions": [{"type": "deal_status", "op": "is", "status": "open"}]}
    with at("2026-05-20T12:00"):
        automation = Automation.objects.create(name="Open ones")
        settings = {"field": "deal.expected_close"}
        add_trigger(automation=automation, type="date_reached", settings=settings, record_segment=is_open)
        add_step(automation=automation, type="add_note", settings={"text": "{{ deal.title }}"})
        publish(automation=automation)
        activate(automation=automation)
    ada, bob = ContactFactory(email="ada@example.com"), ContactFactory(email="bob@example.com")
    make_deal(ada, expected_close=date(2026, 6, 1))
    set_status(deals=[make_deal(bob, expected_close=date(2026, 6, 1))], status="won")
    assert swept("2026-06-01T00:00") == 2
    assert passes(automation) == ["ada@example.com"]
    assert reasons(automation) == ["outside_record"]


def test_conditions_on_deals_and_a_contacts_date_are_not_published(birthday):
    won = {"match": "all", "conditions": [{"type": "deal_status", "op": "is", "status": "won"}]}
    automation = Automation.objects.create(name="Mixed up")
    add_trigger(automation=automation, type="date_reached", settings={"field": "birthday"}, record_segment=won)
    add_step(automation=automation, type="add_note", settings={"text": "x"})
    with pytest.raises(ValidationError, match="need a date of a deal"):
        publish(automation=automation)


def test_the_zone_of_a_deals_primary_contact():
    automation = listening(field="deal.expected_close", clock="09:00", zone="contact")
    tokyo, paris = ContactFactory(time_zone="Asia/Tokyo"), ContactFactory(time_zone="Europe/Paris")
    make_deal(tokyo, paris, expected_close=date(2026, 6, 1))
    assert swept("2026-05-31T23:59") == 0
    assert swept("2026-06-01T00:00") == 1
    assert len(passes(automation)) == 2
