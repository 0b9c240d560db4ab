"""Wall time over daylight saving, month ends and time zones: tables of known moments, and properties."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.engine.clock import add_period, at_wall_time, next_wall_time

# Northern and southern summers, half-hour changes, changes at midnight, none at all.
ZONES = (
    "UTC", "Europe/Paris", "America/New_York", "America/Nuuk", "America/Santiago", "Australia/Lord_Howe",
    "Asia/Beirut", "Asia/Kathmandu", "Africa/Casablanca", "Pacific/Auckland",
)  # fmt: skip
zones = st.sampled_from(ZONES)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 it adds the zone
clocks = st.times(datetime.min.time(), time(23, 59)).map(lambda clock: clock.replace(microsecond=0))
calendar_units = st.sampled_from(["days", "weeks", "months"])
amounts = st.integers(1, 400)


def local(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone))


def exists(day: date, clock: time, zone: str) -> bool:
    """Whether clocks in the zone ever show it (not so in a gap)."""
    return local(at_wall_time(day, clock, zone), zone).replace(tzinfo=None) == datetime.combine(day, clock)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "amount", "unit", "zone", "expected"),
    [
        # Paris springs forward on 29 March 2026 at 01:00 UTC, and back on 25 October at 01:00 UTC.
        ("2026-03-28T09:00", 1, "days", "Europe/Paris", "2026-03-29T08:00"),
        ("2026-03-28T09:00", 24, "hours", "Europe/Paris", "2026-03-29T09:00"),
        ("2026-03-22T09:00", 1, "weeks", "Europe/Paris", "2026-03-29T08:00"),
        ("2026-10-24T08:00", 1, "days", "Europe/Paris", "2026-10-25T09:00"),
        # 02:30 does not exist on that day: 03:30.
        ("2026-03-28T01:30", 1, "days", "Europe/Paris", "2026-03-29T01:30"),
        # 02:30 comes twice on that day: the first.
        ("2026-10-24T00:30", 1, "days", "Europe/Paris", "2026-10-25T00:30"),
        # From the second 02:30 into a gap, as from the first.
        ("2026-10-25T01:30", 154, "days", "Europe/Paris", "2027-03-28T01:30"),
        ("2026-01-31T12:00", 1, "months", "UTC", "2026-02-28T12:00"),
        ("2028-01-31T12:00", 1, "months", "UTC", "2028-02-29T12:00"),
        ("2026-01-31T12:00", 3, "months", "UTC", "2026-04-30T12:00"),
        ("2028-02-29T12:00", 12, "months", "UTC", "2029-02-28T12:00"),
        ("2026-12-31T23:30", 1, "months", "UTC", "2027-01-31T23:30"),
        # The day is the zone's: 31 January 23:30 UTC is 1 February in Paris.
        ("2026-01-31T23:30", 1, "months", "Europe/Paris", "2026-02-28T23:30"),
        ("2026-03-29T00:59", 1, "minutes", "Europe/Paris", "2026-03-29T01:00"),
    ],
)
def test_periods(start, amount, unit, zone, expected):
    assert add_period(utc(start), amount, unit, zone) == utc(expected)


@pytest.mark.parametrize(
    ("after", "zone", "clock", "weekdays", "expected"),
    [
        # 23 November 2026 is a Monday.
        ("2026-11-23T08:00", "UTC", time(9), (), "2026-11-23T09:00"),
        ("2026-11-23T09:00", "UTC", time(9), (), "2026-11-23T09:00"),
        ("2026-11-23T09:00:01", "UTC", time(9), (), "2026-11-24T09:00"),
        ("2026-11-23T10:00", "UTC", time(9), (0,), "2026-11-30T09:00"),
        ("2026-11-23T08:00", "UTC", None, (0,), "2026-11-23T08:00"),
        ("2026-11-23T08:00", "UTC", None, (), "2026-11-23T08:00"),
        ("2026-11-23T08:00", "UTC", None, (2, 4), "2026-11-25T00:00"),
        ("2026-11-22T23:30", "Europe/Paris", None, (0,), "2026-11-22T23:30"),
        ("2026-11-22T22:30", "Europe/Paris", None, (0,), "2026-11-22T23:00"),
        ("2026-11-23T08:00", "America/New_York", time(9), (), "2026-11-23T14:00"),
        # In the gap of 29 March: 03:30 on the day itself.
        ("2026-03-28T12:00", "Europe/Paris", time(2, 30), (6,), "2026-03-29T01:30"),
        # Between the two 02:45s of 25 October: the second, not a day later.
        ("2026-10-25T01:30", "Europe/Paris", time(2, 45), (), "2026-10-25T01:45"),
        # Nuuk's clocks went from 23:00 on Saturday to midnight: 23:30 is half past midnight.
        ("2024-03-31T01:10", "America/Nuuk", time(23, 30), (), "2024-03-31T01:30"),
    ],
)
def test_next_wall_times(after, zone, clock, weekdays, expected):
    assert next_wall_time(utc(after), zone, clock, weekdays) == utc(expected)


@given(start=moments, amount=amounts, unit=calendar_units, zone=zones)
def test_days_weeks_and_months_keep_the_wall_time(start, amount, unit, zone):
    begin, end = local(start, zone), local(add_period(start, amount, unit, zone), zone)
    if unit != "months":
        wanted = begin.replace(tzinfo=None) + timedelta(**{unit: amount})
        shift = end.replace(tzinfo=None) - wanted
        assert timedelta() <= shift <= timedelta(hours=1)
        assert not shift or not exists(wanted.date(), wanted.time(), zone)
    else:
        months = (end.year - begin.year) * 12 + end.month - begin.month
        # At the end of a month a gap may push the moment into the first hour of the next.
        assert months == amount or (months == amount + 1 and end.day == 1 and end.hour == 0)
        assert end.day in (begin.day, begin.day + 1) or begin.day > 28


@given(start=moments, amount=st.integers(1, 10_000), unit=st.sampled_from(["minutes", "hours"]), zone=zones)
def test_minutes_and_hours_are_exact(start, amount, unit, zone):
    assert add_period(start, amount, unit, zone) - start == timedelta(**{unit: amount})


@given(
    start=moments,
    first=amounts,
    second=amounts,
    unit=st.sampled_from(["minutes", "hours", "days", "weeks", "months"]),
    zone=zones,
)
def test_a_longer_wait_ends_later_and_every_wait_ends_after_it_began(start, first, second, unit, zone):
    low, high = sorted((first, second))
    assert start < add_period(start, low, unit, zone) <= add_period(start, high, unit, zone)
    assert low == high or add_period(start, low, unit, zone) < add_period(start, high, unit, zone)


@given(after=moments, zone=zones, clock=clocks, weekdays=st.sets(st.integers(0, 6)))
def test_the_next_wall_time_is_not_before_shows_the_clock_and_comes_soon(after, zone, clock, weekdays):
    found = next_wall_time(after, zone, clock, weekdays)
    assert after <= found <= after + timedelta(days=9)
    shown = local(found, zone)
    if shown.time() == clock:
        assert not weekdays or shown.weekday() in weekdays
    else:  # in a gap: moved on by its length
        before = shown.replace(tzinfo=None) - timedelta(hours=1)
        half = shown.replace(tzinfo=None) - timedelta(minutes=30)
        meant = next(day for day in (before, half) if day.time() == clock)
        assert not exists(meant.date(), clock, zone)
        assert not weekdays or meant.weekday() in weekdays


@given(after=moments, zone=zones, clock=st.none() | clocks, weekdays=st.sets(st.integers(0, 6)))
def test_asking_again_at_the_moment_found_gives_the_same(after, zone, clock, weekdays):
    found = next_wall_time(after, zone, clock, weekdays)
    assert next_wall_time(found, zone, clock, weekdays) == found


@given(after=moments, later=st.timedeltas(timedelta(), timedelta(days=10)), zone=zones, clock=clocks)
def test_whoever_asks_later_is_not_called_earlier(after, later, zone, clock):
    assert next_wall_time(after, zone, clock) <= next_wall_time(after + later, zone, clock)


@given(after=moments, zone=zones, weekdays=st.sets(st.integers(0, 6), min_size=1))
def test_without_a_time_the_day_begins_at_its_first_moment(after, zone, weekdays):
    found = next_wall_time(after, zone, None, weekdays)
    assert local(found, zone).weekday() in weekdays
    if found != after:
        assert local(found - timedelta(microseconds=1), zone).date() < local(found, zone).date()
