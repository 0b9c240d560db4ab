"""When dates' occurrences are due: tables of known moments, and properties over zones and daylight saving."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.engine.dates import DateRule, base_days, exact_days, month_days, occurrences
from tests.automations.engine.test_clock import ZONES

PARIS, UTC_ZONE = "Europe/Paris", "UTC"
EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2060, 1, 1, tzinfo=UTC))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def day(text: str) -> date:
    return date.fromisoformat(text)


def rule(amount: int = 0, unit: str = "days", clock: str = "", yearly: bool = False) -> DateRule:
    return DateRule(amount, unit, time.fromisoformat(clock) if clock else None, yearly)


ONCE = [
    # rule, value, zone, due
    (rule(), day("2026-06-01"), UTC_ZONE, "2026-06-01T00:00"),
    (rule(), day("2026-06-01"), PARIS, "2026-05-31T22:00"),
    (rule(clock="09:00"), day("2026-06-01"), PARIS, "2026-06-01T07:00"),
    (rule(clock="09:00"), day("2026-12-01"), PARIS, "2026-12-01T08:00"),
    (rule(-3, clock="09:00"), day("2026-06-01"), UTC_ZONE, "2026-05-29T09:00"),
    (rule(2, "weeks", "09:00"), day("2026-06-01"), UTC_ZONE, "2026-06-15T09:00"),
    (rule(1, "months", "09:00"), day("2026-01-31"), UTC_ZONE, "2026-02-28T09:00"),
    (rule(-1, "months", "09:00"), day("2026-03-31"), UTC_ZONE, "2026-02-28T09:00"),
    (rule(-1, "months", "09:00"), day("2028-03-30"), UTC_ZONE, "2028-02-29T09:00"),
    # In Paris clocks jump from 02:00 to 03:00 on 29 March 2026, and back from 03:00 to 02:00 on 25 October.
    (rule(clock="02:30"), day("2026-03-29"), PARIS, "2026-03-29T01:30"),
    (rule(clock="02:30"), day("2026-10-25"), PARIS, "2026-10-25T00:30"),
    (rule(-1, clock="02:30"), day("2026-03-30"), PARIS, "2026-03-29T01:30"),
    # A midnight that does not exist: Santiago, 6 September 2026.
    (rule(), day("2026-09-06"), "America/Santiago", "2026-09-06T04:00"),
    # A moment keeps its own time; its day is the zone's.
    (rule(), utc("2026-06-01T10:15"), PARIS, "2026-06-01T10:15"),
    (rule(1), utc("2026-06-01T10:15"), PARIS, "2026-06-02T10:15"),
    (rule(1), utc("2026-03-28T10:15"), PARIS, "2026-03-29T09:15"),
    (rule(-1), utc("2026-10-26T10:15"), PARIS, "2026-10-25T10:15"),
    (rule(clock="09:00"), utc("2026-06-01T22:30"), PARIS, "2026-06-02T07:00"),
    (rule(clock="09:00"), utc("2026-06-01T22:30"), UTC_ZONE, "2026-06-01T09:00"),
    # Hours are exact over a change of the clocks; both of the hours that come twice are themselves.
    (rule(-24, "hours"), utc("2026-03-29T10:00"), PARIS, "2026-03-28T10:00"),
    (rule(2, "hours"), utc("2026-10-25T00:30"), PARIS, "2026-10-25T02:30"),
    (rule(), utc("2026-10-25T00:30"), PARIS, "2026-10-25T00:30"),
    (rule(), utc("2026-10-25T01:30"), PARIS, "2026-10-25T01:30"),
]


@pytest.mark.parametrize(("rule", "value", "zone", "due"), ONCE)
def test_once(rule, value, zone, due):
    assert [found.due for found in occurrences(rule, value, zone, *EVER)] == [utc(due)]


YEARLY = [
    # rule, value, zone, after, until, dues
    (rule(clock="09:00", yearly=True), day("1990-06-01"), UTC_ZONE, "2026-01-01", "2027-12-31",
     ["2026-06-01T09:00", "2027-06-01T09:00"]),
    # 29 February, in a leap year and in others.
    (rule(yearly=True), day("2000-02-29"), UTC_ZONE, "2026-01-01", "2029-01-01",
     ["2026-02-28T00:00", "2027-02-28T00:00", "2028-02-29T00:00"]),
    (rule(yearly=True), day("2000-02-28"), UTC_ZONE, "2028-01-01", "2029-01-01", ["2028-02-28T00:00"]),
    (rule(1, yearly=True), day("2000-02-29"), UTC_ZONE, "2026-01-01", "2027-01-01", ["2026-03-01T00:00"]),
    # Before the turn of the year.
    (rule(-7, yearly=True), day("1990-01-03"), UTC_ZONE, "2026-06-01", "2027-06-01", ["2026-12-27T00:00"]),
    (rule(1, "months", yearly=True), day("1990-12-31"), UTC_ZONE, "2026-06-01", "2027-06-01",
     ["2027-01-31T00:00"]),
    # The first is the date itself; there is none before it.
    (rule(yearly=True), day("2026-06-01"), UTC_ZONE, "2024-01-01", "2028-01-01",
     ["2026-06-01T00:00", "2027-06-01T00:00"]),
    (rule(yearly=True), day("2030-06-01"), UTC_ZONE, "2024-01-01", "2028-01-01", []),
    # A moment's anniversary, by the zone's day and clock: summer time in one year, not in another.
    (rule(yearly=True), utc("2020-03-28T12:00"), PARIS, "2021-01-01", "2022-01-01", ["2021-03-28T11:00"]),
    (rule(yearly=True), utc("2020-06-01T22:30"), PARIS, "2021-01-01", "2022-01-01", ["2021-06-01T22:30"]),
    (rule(-2, "hours", yearly=True), utc("2020-06-01T01:00"), UTC_ZONE, "2021-01-01", "2022-01-01",
     ["2021-05-31T23:00"]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "value", "zone", "after", "until", "dues"), YEARLY)
def test_every_year(rule, value, zone, after, until, dues):
    assert [found.due for found in occurrences(rule, value, zone, utc(after), utc(until))] == list(map(utc, dues))


def test_what_tells_occurrences_apart():
    yearly = rule(yearly=True)
    first, second = occurrences(yearly, day("1990-06-01"), PARIS, utc("2026-01-01"), utc("2027-12-31"))
    assert (first.of, second.of) == (utc("2026-06-01"), utc("2027-06-01"))
    # Another year of birth is the same anniversary, another day is not.
    assert occurrences(yearly, day("1991-06-01"), PARIS, utc("2026-01-01"), utc("2027-01-01"))[0].of == first.of
    assert occurrences(yearly, day("1990-06-02"), PARIS, utc("2026-01-01"), utc("2027-01-01"))[0].of != first.of
    # A meeting moved by an hour is another one.
    one, other = utc("2026-06-01T10:00"), utc("2026-06-01T11:00")
    assert [occurrences(rule(), value, PARIS, *EVER)[0].of for value in (one, other)] == [one, other]


@pytest.mark.parametrize("value", [date.min, date.max, datetime.min.replace(tzinfo=UTC)])
@pytest.mark.parametrize("amount", [-120, 0, 120])
def test_the_ends_of_the_calendar_are_no_crash(value, amount):
    for zone in ("Pacific/Kiritimati", "America/Los_Angeles"):
        assert occurrences(rule(amount, "months"), value, zone, *EVER) == []
        occurrences(rule(amount, "months", yearly=True), value, zone, *EVER)


zones = st.sampled_from(ZONES)
rules = st.builds(
    DateRule,
    amount=st.integers(-70, 70),
    unit=st.sampled_from(["hours", "days", "weeks", "months"]),
    clock=st.none() | st.times(max_value=time(23, 59)).map(lambda clock: clock.replace(second=0, microsecond=0)),
    yearly=st.booleans(),
)
dates = st.dates(date(2015, 1, 1), date(2035, 12, 31))
values = dates | st.datetimes(datetime(2015, 1, 1), datetime(2035, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
moments = st.datetimes(datetime(2025, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
windows = st.timedeltas(timedelta(), timedelta(days=8))


@given(rule=rules, value=values, zone=zones, until=moments, first=windows, second=windows)
def test_sweep_after_sweep_finds_each_occurrence_once_and_misses_none(rule, value, zone, until, first, second):
    """Three sweeps that follow one another find what one that was off all the while would."""
    step = timedelta(microseconds=1)
    a, b, c = until - first - second, until - second, until
    whole = occurrences(rule, value, zone, a, c)
    assert occurrences(rule, value, zone, a, b) + occurrences(rule, value, zone, b + step, c) == whole
    assert len({found.of for found in whole}) == len(whole)


@given(rule=rules, value=values, zone=zones, until=moments, window=windows)
def test_the_days_asked_of_the_database_miss_nothing(rule, value, zone, until, window):
    after = until - window
    first, last = base_days(rule, after, until)
    for found in occurrences(rule, value, zone, after, until):
        assert first <= found.day <= last
        if not isinstance(value, datetime):
            days = exact_days(rule, zone, after, until)
            assert found.day in days
            assert value.month * 100 + value.day in month_days(days)


@given(rule=rules, value=dates, zone=zones)
def test_exactly_the_days_of_a_date(rule, value, zone):
    """As plain dates go, the database needs no second look."""
    for found in occurrences(rule, value, zone, *EVER)[:3]:
        assert found.day in exact_days(rule, zone, found.due, found.due)
        assert found.day not in exact_days(
            rule, zone, found.due + timedelta(days=2), found.due + timedelta(days=2)
        )


@given(rule=rules, value=values, zone=zones)
def test_clocks_show_the_time_of_day(rule, value, zone):
    if rule.unit == "hours" or rule.clock is None:
        return
    for found in occurrences(rule, value, zone, *EVER)[:3]:
        shown = found.due.astimezone(ZoneInfo(zone)).time()
        # Unless that time does not exist on that day.
        gap = (datetime.combine(date.min, shown) - datetime.combine(date.min, rule.clock)) % timedelta(days=1)
        assert gap in (timedelta(), timedelta(minutes=30), timedelta(hours=1))
