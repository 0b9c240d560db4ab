"""Wall time. Pure functions: zones, daylight saving and calendar arithmetic live here and nowhere else."""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

UNITS = ("minutes", "hours", "days", "weeks", "months")


def at_wall_time(day: date, clock: time, zone: str) -> datetime:
    """The UTC moment at which clocks in `zone` show `clock` on `day`.

    In a gap (spring) the moment that many minutes after the gap began: 02:30 becomes 03:30.
    In an overlap (autumn) the first of the two.
    """
    return datetime.combine(day, clock, ZoneInfo(zone)).astimezone(UTC)


def add_period(start: datetime, amount: int, unit: str, zone: str) -> datetime:
    """`start` moved by a period. Minutes and hours are exact; days, weeks and months keep the wall time.

    A month from the 31st ends on the last day of a shorter month.
    """
    if unit in ("minutes", "hours"):
        return start + timedelta(**{unit: amount})
    local = start.astimezone(ZoneInfo(zone))
    moved = local.replace(tzinfo=None) + relativedelta(**{unit: amount})  # type: ignore[arg-type]  # a unit
    moved = moved.replace(fold=local.fold)
    return moved.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def next_wall_time(after: datetime, zone: str, clock: time | None, weekdays: Collection[int] = ()) -> datetime:
    """The first moment not before `after` on one of `weekdays` (Monday 0; none: every day) at `clock`.

    Without a `clock` the whole day counts: `after` itself when its day is one of them, otherwise
    the start of the next such day.
    """
    today = after.astimezone(ZoneInfo(zone)).date()
    for ahead in range(9):
        day = today + timedelta(days=ahead)
        if weekdays and day.weekday() not in weekdays:
            continue
        moment = at_wall_time(day, clock or time(), zone)
        if clock is None and ahead == 0:
            return after
        if moment >= after:
            return moment
    raise ValueError("no such weekday")
