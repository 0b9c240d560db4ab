from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from automations.engine.plan import _plan
from automations.models import StepLog
from automations.models.enrollment import Enrollment
from automations.services import PublishError, add_to_automation, end_enrollments, publish, update_step
from contacts.models import Subscription
from contacts.services import delete_unused, set_field, subscribe_contacts, tag_contacts, unsubscribe_contacts
from tests.automations.conftest import build_automation
from tests.automations.steps.conftest import log_of, refused, round_trip, sentence
from tests.factories import ContactFactory, CustomFieldFactory, ListFactory, TagFactory

pytestmark = pytest.mark.django_db
NOTE = ("add_note", {"text": "over"})
NOW = datetime(2026, 3, 27, 12, tzinfo=UTC)  # a Friday; clocks change on Sunday in Europe
OVER = ["waiting", "wait_over", "done", "completed"]


def tree(**condition):
    return {"match": "all", "conditions": [condition]}


@pytest.fixture
def at():
    # The plan cache tells versions apart by their time, which stands still here.
    _plan.cache_clear()
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


TIMED = [
    # settings, contact's zone, due (UTC; None: goes on at once), outcome
    ({"mode": "period", "amount": 5, "unit": "minutes"}, "", "2026-03-27T12:05", "waiting"),
    ({"mode": "period", "amount": 48, "unit": "hours"}, "", "2026-03-29T12:00", "waiting"),
    ({"mode": "period", "amount": 2, "unit": "days"}, "", "2026-03-29T11:00", "waiting"),
    ({"mode": "period", "amount": 1, "unit": "weeks"}, "", "2026-04-03T11:00", "waiting"),
    ({"mode": "period", "amount": 1, "unit": "months"}, "", "2026-04-27T11:00", "waiting"),
    ({"mode": "period", "amount": 1, "unit": "days", "clock": "09:00"}, "", "2026-03-29T07:00", "waiting"),
    ({"mode": "period", "amount": 1, "unit": "days", "clock": "14:00"}, "", "2026-03-28T13:00", "waiting"),
    ({"mode": "date", "on_date": "2026-03-29"}, "", "2026-03-28T23:00", "waiting"),
    ({"mode": "date", "on_date": "2026-03-29", "clock": "02:30"}, "", "2026-03-29T01:30", "waiting"),
    ({"mode": "date", "on_date": "2026-03-27"}, "", None, "date_passed"),
    ({"mode": "date", "on_date": "2026-03-27", "clock": "13:01"}, "", "2026-03-27T12:01", "waiting"),
    ({"mode": "date", "on_date": "2026-03-27", "clock": "13:00"}, "", None, "wait_over"),
    ({"mode": "date", "on_date": "2026-03-28", "zone": "contact"}, "Asia/Tokyo", "2026-03-27T15:00", "waiting"),
    ({"mode": "date", "on_date": "2026-03-28", "zone": "account"}, "Asia/Tokyo", "2026-03-27T23:00", "waiting"),
    ({"mode": "date", "on_date": "2026-03-28", "zone": "contact"}, "", "2026-03-27T23:00", "waiting"),
    ({"mode": "weekday", "weekdays": ["4"]}, "", None, "wait_over"),
    ({"mode": "weekday", "weekdays": ["5", "0"]}, "", "2026-03-27T23:00", "waiting"),
    ({"mode": "weekday", "weekdays": ["4"], "clock": "09:00"}, "", "2026-04-03T07:00", "waiting"),
    ({"mode": "weekday", "clock": "13:30"}, "", "2026-03-27T12:30", "waiting"),
    ({"mode": "weekday", "clock": "12:30"}, "", "2026-03-28T11:30", "waiting"),
    ({"mode": "weekday", "weekdays": ["5"], "zone": "contact"}, "Pacific/Auckland", None, "wait_over"),
]


@pytest.mark.parametrize(("settings", "zone", "due", "outcome"), TIMED)
def test_until_when(at, drain, account_zone, settings, zone, due, outcome):
    account_zone("Europe/Paris")
    contact = ContactFactory(time_zone=zone)
    automation = build_automation(steps=[("wait", settings), NOTE])
    add_to_automation(automation=automation, contacts=contact)
    drain()
    enrollment = Enrollment.objects.get()
    assert log_of(contact)[0] == outcome
    if due is None:
        assert enrollment.status == "completed"
        return
    assert enrollment.due_at == utc(due)
    drain(now=utc(due) - timedelta(seconds=1))
    assert log_of(contact) == ["waiting"]
    drain(now=utc(due))
    assert log_of(contact) == OVER


FIELDS = [
    # type, value, more settings, due or None
    ("date", date(2026, 4, 10), {}, "2026-04-09T22:00"),
    ("date", date(2026, 4, 10), {"clock": "09:00"}, "2026-04-10T07:00"),
    ("date", date(2026, 4, 10), {"offset_days": -3}, "2026-04-06T22:00"),
    ("date", date(2026, 4, 10), {"offset_days": 3, "zone": "contact"}, "2026-04-12T15:00"),
    ("date", date(2026, 3, 27), {}, None),
    ("date", date(2026, 3, 28), {"offset_days": -1}, None),
    ("date", date(2026, 3, 27), {"offset_days": 1}, "2026-03-27T23:00"),
    ("datetime", utc("2026-04-10T08:30"), {}, "2026-04-10T08:30"),
    ("datetime", utc("2026-03-27T12:00:01"), {}, "2026-03-27T12:00:01"),
    ("datetime", utc("2026-03-27T08:30"), {"offset_days": 7}, "2026-04-03T07:30"),
    ("datetime", utc("2026-04-10T23:30"), {"clock": "09:00"}, "2026-04-11T07:00"),
    ("datetime", utc("2026-03-27T11:59"), {}, None),
]


@pytest.mark.parametrize(("kind", "value", "more", "due"), FIELDS)
def test_until_a_date_field(at, drain, account_zone, kind, value, more, due):
    account_zone("Europe/Paris")
    field, contact = CustomFieldFactory(type=kind), ContactFactory(time_zone="Asia/Tokyo")
    set_field(field=field, values={contact.pk: value})
    automation = build_automation(steps=[("wait", {"mode": "field", "field": field.key, **more}), NOTE])
    add_to_automation(automation=automation, contacts=contact)
    drain()
    if due is None:
        assert log_of(contact) == ["date_passed", "done", "completed"]
    else:
        assert Enrollment.objects.get().due_at == utc(due)
        drain(now=utc(due))
        assert log_of(contact) == OVER


def test_a_contact_without_the_date_goes_on_and_says_so(at, drain):
    field, contact = CustomFieldFactory(type="date"), ContactFactory()
    automation = build_automation(steps=[("wait", {"mode": "field", "field": field.key}), NOTE])
    add_to_automation(automation=automation, contacts=contact)
    drain()
    assert log_of(contact) == ["no_date", "done", "completed"]


# --- Until conditions are met -------------------------------------------------------------------


def until(condition, **more):
    return "wait", {"mode": "conditions", "conditions": tree(**condition), **more}


def events():
    """(condition, a near miss, what makes it true)"""
    tag, mailing, field = TagFactory(), ListFactory(), CustomFieldFactory(key="score", type="number")
    number = {"type": "field", "field": "score", "op": "is", "value": "3"}
    other = build_automation(name="Other", steps=[("wait", {"mode": "period", "amount": 1, "unit": "days"})])

    def joined(contact):
        Subscription.objects.create(contact=contact, list=mailing, status="unconfirmed")

    return {
        "tag added": (
            {"type": "tag", "op": "has", "tag": tag.pk},
            lambda c: tag_contacts(contacts=c, tag=TagFactory()),
            lambda c: tag_contacts(contacts=c, tag=tag),
        ),
        "subscribed": (
            {"type": "subscription", "op": "is", "status": "active", "list": mailing.pk},
            joined,
            lambda c: subscribe_contacts(contacts=c, list=mailing),
        ),
        "unsubscribed": (
            {"type": "subscription", "op": "is", "status": "unsubscribed", "list": mailing.pk},
            lambda c: subscribe_contacts(contacts=c, list=mailing),
            lambda c: unsubscribe_contacts(contacts=c, list=mailing),
        ),
        "field changed": (
            number,
            lambda c: set_field(field=field, values={c.pk: Decimal(4)}),
            lambda c: set_field(field=field, values={c.pk: Decimal(3)}),
        ),
        "standard field": (
            {"type": "field", "field": "first_name", "op": "is", "value": "Eve"},
            lambda c: set_field(field="first_name", values={c.pk: "Eva"}),
            lambda c: set_field(field="first_name", values={c.pk: "Eve"}),
        ),
        "entered another": (
            {"type": "automation", "op": "inside", "automation": other.pk},
            lambda c: add_to_automation(automation=other, contacts=ContactFactory()),
            lambda c: add_to_automation(automation=other, contacts=c),
        ),
        "left another": (
            {"type": "automation", "op": "not_inside", "automation": other.pk},
            lambda c: end_enrollments(automation=other, contacts=ContactFactory()),
            lambda c: end_enrollments(automation=other, contacts=c),
        ),
    }


@pytest.mark.parametrize(
    "name",
    [
        "tag added",
        "subscribed",
        "unsubscribed",
        "field changed",
        "standard field",
        "entered another",
        "left another",
    ],
)
def test_an_event_wakes_and_the_conditions_are_decided_again(drain, name):
    condition, miss, hit = events()[name]
    contact, bystander = ContactFactory(), ContactFactory()
    if name == "left another":
        add_to_automation(automation=condition["automation"], contacts=[contact, bystander])
    automation = build_automation(steps=[until(condition), NOTE])
    add_to_automation(automation=automation, contacts=[contact, bystander])
    drain()
    assert log_of(contact, automation) == ["waiting"]
    miss(contact)
    drain()
    assert log_of(contact, automation) == ["waiting"]
    hit(contact)
    drain()
    assert log_of(contact, automation) == ["waiting", "conditions_met", "done", "completed"]
    assert log_of(bystander, automation) == ["waiting"]


def test_met_on_arrival(drain):
    tag, contact = TagFactory(), ContactFactory()
    tag_contacts(contacts=contact, tag=tag)
    automation = build_automation(steps=[until({"type": "tag", "op": "has", "tag": tag.pk}), NOTE])
    add_to_automation(automation=automation, contacts=contact)
    drain()
    assert log_of(contact) == ["conditions_met", "done", "completed"]


def test_the_limit_ends_it_and_an_early_look_does_not(drain):
    tag, contact = TagFactory(), ContactFactory()
    limited = {"limited": True, "amount": 2, "unit": "days"}
    automation = build_automation(steps=[until({"type": "tag", "op": "has", "tag": tag.pk}, **limited), NOTE])
    add_to_automation(automation=automation, contacts=contact)
    drain()
    limit = Enrollment.objects.get().limit_at
    for hours in (1, 7, 13, 47):
        drain(later=timedelta(hours=hours))
        assert log_of(contact) == ["waiting"]
        assert Enrollment.objects.get().limit_at == limit
    drain(now=limit)
    assert log_of(contact) == ["waiting", "limit_reached", "done", "completed"]


def test_met_wins_at_the_limit(drain):
    tag, contact = TagFactory(), ContactFactory()
    limited = {"limited": True, "amount": 1, "unit": "hours"}
    automation = build_automation(steps=[until({"type": "tag", "op": "has", "tag": tag.pk}, **limited), NOTE])
    add_to_automation(automation=automation, contacts=contact)
    drain()
    tag_contacts(contacts=contact, tag=tag)
    drain(later=timedelta(hours=2))
    assert log_of(contact)[1] == "conditions_met"


def test_without_a_limit_it_is_never_over_and_never_forgotten(drain):
    tag, contact = TagFactory(), ContactFactory()
    automation = build_automation(steps=[until({"type": "tag", "op": "has", "tag": tag.pk}), NOTE])
    add_to_automation(automation=automation, contacts=contact)
    for day in range(0, 400, 50):
        drain(later=timedelta(days=day))
        enrollment = Enrollment.objects.get()
        assert log_of(contact) == ["waiting"] and enrollment.status == "active"
        assert enrollment.due_at <= timezone.now() + timedelta(days=day + 1)


@pytest.mark.parametrize(
    "condition",
    [
        {"type": "created", "op": "before", "days": 1},
        {"type": "field", "field": "day", "op": "last_days", "value": "1"},
    ],
)
def test_conditions_on_time_are_looked_at_often(drain, condition):
    field, contact = CustomFieldFactory(key="day", type="date"), ContactFactory()
    set_field(field=field, values={contact.pk: (timezone.now() + timedelta(days=2)).date()})
    automation = build_automation(steps=[until(condition), NOTE])
    add_to_automation(automation=automation, contacts=contact)
    drain()
    assert Enrollment.objects.get().due_at <= timezone.now() + timedelta(minutes=15)
    drain(later=timedelta(days=2))
    assert log_of(contact)[:2] == ["waiting", "conditions_met"]


# --- Changed under waiting contacts -----------------------------------------------------------


def test_a_wait_is_not_skipped_when_its_mode_is_changed(drain):
    tag, contact = TagFactory(), ContactFactory()
    automation = build_automation(steps=[until({"type": "tag", "op": "has", "tag": tag.pk}), NOTE])
    add_to_automation(automation=automation, contacts=contact)
    drain()
    update_step(step=automation.steps.first(), settings={"mode": "period", "amount": 30, "unit": "days"})
    publish(automation=automation)
    drain(later=timedelta(hours=7))
    assert log_of(contact) == ["waiting"]
    drain(later=timedelta(days=31))
    assert log_of(contact) == OVER


def test_a_limit_that_is_added_counts_for_those_who_wait(drain):
    tag, contact = TagFactory(), ContactFactory()
    automation = build_automation(steps=[until({"type": "tag", "op": "has", "tag": tag.pk}), NOTE])
    add_to_automation(automation=automation, contacts=contact)
    drain()
    settings = {**automation.steps.first().settings(), "limited": True, "amount": 1, "unit": "days"}
    update_step(step=automation.steps.first(), settings=settings)
    publish(automation=automation)
    drain(later=timedelta(hours=7))
    drain(later=timedelta(days=2))
    assert log_of(contact)[:2] == ["waiting", "limit_reached"]


# --- Settings ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "field", "message"),
    [
        ({}, "mode", "This field is required."),
        ({"mode": "never"}, "mode", "not one of the available choices"),
        ({"mode": "period"}, "amount", "This wait needs it."),
        ({"mode": "period", "amount": 0}, "amount", "greater than or equal to 1"),
        ({"mode": "period", "amount": 10_001}, "amount", "less than or equal to 10000"),
        ({"mode": "period", "amount": 1, "unit": "years"}, "unit", "not one of the available choices"),
        ({"mode": "date"}, "on_date", "This wait needs it."),
        ({"mode": "date", "on_date": "2026-02-30"}, "on_date", "Enter a valid date."),
        ({"mode": "field"}, "field", "This wait needs it."),
        ({"mode": "field", "field": "gone"}, "field", "The field “gone” does not exist"),
        ({"mode": "field", "field": "first_name"}, "field", "does not exist"),
        ({"mode": "conditions"}, "conditions", "This wait needs it."),
        ({"mode": "weekday"}, "weekdays", "Choose days, a time, or both."),
        ({"mode": "weekday", "weekdays": ["7"]}, "weekdays", "not one of the available choices"),
        ({"mode": "weekday", "clock": "25:00"}, "clock", "Enter a valid time."),
        ({"mode": "date", "on_date": "2026-02-01", "zone": "moon"}, "zone", "not one of the available choices"),
    ],
)
def test_bad_settings(settings, field, message):
    errors = refused("wait", settings)
    assert message in errors[field][0]


SENTENCES = [
    ({"mode": "period", "amount": 1, "unit": "days"}, "Wait 1 day"),
    ({"mode": "period", "amount": 3, "unit": "weeks"}, "Wait 3 weeks"),
    ({"mode": "period", "amount": 2, "unit": "days", "clock": "09:00:00"}, "Wait 2 days, then until 09:00"),
    ({"mode": "date", "on_date": "2026-03-31"}, "Wait until 03/31/2026"),
    (
        {"mode": "date", "on_date": "2026-03-31", "clock": "09:00:00", "zone": "contact"},
        "Wait until 03/31/2026 at 09:00 in the contact's time zone",
    ),
    ({"mode": "weekday", "weekdays": ["0", "4"]}, "Wait until Monday or Friday"),
    ({"mode": "weekday", "weekdays": ["0"], "clock": "09:00:00"}, "Wait until Monday at 09:00"),
    ({"mode": "weekday", "clock": "09:00:00"}, "Wait until 09:00"),
    ({"mode": "field", "field": "day"}, "Wait until the date in “Day”"),
    ({"mode": "field", "field": "day", "offset_days": -1}, "Wait until 1 day before the date in “Day”"),
    (
        {"mode": "field", "field": "day", "offset_days": 2, "clock": "08:00:00"},
        "Wait until 2 days after the date in “Day” at 08:00",
    ),
]


@pytest.mark.parametrize(("settings", "text"), SENTENCES)
def test_settings_and_sentences(settings, text):
    CustomFieldFactory(key="day", label="Day", type="date")
    full = round_trip("wait", settings)
    assert {name: full[name] for name in settings} == settings
    assert sentence("wait", settings) == text


def test_sentences_of_conditions_and_of_what_is_empty():
    tag = TagFactory(name="VIP")
    settings = until({"type": "tag", "op": "has", "tag": tag.pk})[1]
    assert sentence("wait", settings) == "Wait until the contact has the tag “VIP”"
    limited = {**settings, "limited": True, "amount": 1, "unit": "months"}
    assert sentence("wait", limited) == "Wait until the contact has the tag “VIP”, at most 1 month"
    for mode, text in {"conditions": "the contact …", "date": "…", "field": "…", "weekday": "…"}.items():
        assert sentence("wait", {"mode": mode}) == f"Wait until {text}"
    assert sentence("wait") == "Wait 1 day"


def test_a_field_that_is_gone_keeps_the_draft_from_publishing():
    field = CustomFieldFactory(key="day", type="date")
    automation = build_automation(name="Birthday", steps=[("wait", {"mode": "field", "field": "day"}), NOTE])
    from contacts.services import InUse

    with pytest.raises(InUse, match="Birthday"):
        delete_unused(record=field)
    type(field).objects.filter(pk=field.pk)._raw_delete("default")
    with pytest.raises(PublishError, match="“day” does not exist"):
        publish(automation=automation)


@pytest.mark.parametrize(
    "settings", [TIMED[4][0], TIMED[12][0], {"mode": "conditions"}], ids=["period", "contact's zone", "conditions"]
)
def test_queries_do_not_grow(queries_for, settings):
    if settings["mode"] == "conditions":
        settings = until({"type": "tag", "op": "has", "tag": TagFactory().pk}, limited=True, amount=1)[1]
    settings = {**settings, **({"on_date": "2090-01-01"} if settings["mode"] == "date" else {})}
    assert queries_for(2, "wait", settings) == queries_for(100, "wait", settings)
    assert StepLog.objects.filter(outcome="waiting").count() == 102
