"""Working days of a WorkCalendar: which days they are, and when a number of them is over. Pure.

Days are those of the calendar's time zone; a day may last 23 or 25 hours there.
"""

from __future__ import annotations

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from govcloud_api import errors
from govcloud_api.v1alpha1.work_calendar import WorkCalendarSpec

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
"""In the order of `date.weekday`."""


def zone(calendar: WorkCalendarSpec) -> tzinfo:
    """The calendar's time zone. Raises InvalidSpec when this machine's tz database does not have it.

    UTC needs no database, so that there is always one calendar that works.
    """
    if calendar.time_zone == "UTC":
        return UTC
    try:
        return zoneinfo.ZoneInfo(calendar.time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        text = f"time zone {calendar.time_zone!r} is not known; write a name of the tz database, e.g. Europe/Berlin"
        raise errors.InvalidSpec(text) from error


def is_work_day(calendar: WorkCalendarSpec, day: date) -> bool:
    """Do people work on that day? A holiday is off even when it is named as an extra work day."""
    return _works(day, frozenset(calendar.days_off), _holidays(calendar), _extra(calendar))


def due(calendar: WorkCalendarSpec, start: datetime, work_days: int) -> datetime:
    """The end, in UTC, of the last of `work_days` working days after the day of `start`. Raises InvalidSpec.

    The day of `start` itself does not count: it has hardly begun or is nearly over.
    """
    where = zone(calendar)
    off, holidays, extra = frozenset(calendar.days_off), _holidays(calendar), _extra(calendar)
    day, left = start.astimezone(where).date(), work_days
    while left > 0:
        day += timedelta(days=1)
        left -= _works(day, off, holidays, extra)
    midnight = datetime.combine(day + timedelta(days=1), time.min, tzinfo=where)
    return midnight.astimezone(UTC)


def problems(calendar: WorkCalendarSpec) -> list[str]:
    """What is wrong with a calendar, in sentences: an unknown zone, days that no month has."""
    found = []
    try:
        zone(calendar)
    except errors.InvalidSpec as error:
        found.append(str(error))
    days = [holiday.date for holiday in calendar.holidays] + calendar.extra_work_days
    found += [f"{text} is not a day of any year; correct or remove it" for text in days if _date(text) is None]
    return found


def _works(day: date, off: frozenset[str], holidays: frozenset[date], extra: frozenset[date]) -> bool:
    return day not in holidays and (day in extra or WEEKDAYS[day.weekday()] not in off)


def _holidays(calendar: WorkCalendarSpec) -> frozenset[date]:
    return frozenset(filter(None, (_date(holiday.date) for holiday in calendar.holidays)))


def _extra(calendar: WorkCalendarSpec) -> frozenset[date]:
    return frozenset(filter(None, map(_date, calendar.extra_work_days)))


def _date(text: str) -> date | None:
    """None for 2026-02-30, which the schema's pattern lets through."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
