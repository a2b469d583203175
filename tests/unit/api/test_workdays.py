"""Working days across weekends, holidays, years and clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_api import errors, workdays
from govcloud_api.v1alpha1.work_calendar import WorkCalendarSpec


def calendar(**spec: object) -> WorkCalendarSpec:
    return WorkCalendarSpec.model_validate(spec)


BERLIN = calendar(
    timeZone="Europe/Berlin",
    holidays=[{"date": "2026-12-25"}, {"date": "2027-01-01", "name": "New Year"}, {"date": "2026-04-03"}],
    extraWorkDays=["2026-12-19", "2026-12-25"],
)
MOMENTS = st.integers(min_value=1577836800, max_value=2208988800).map(lambda at: datetime.fromtimestamp(at, UTC))
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Kathmandu", "Pacific/Apia", "Asia/Beirut"])
DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2041, 1, 1)).map(str)
CALENDARS = st.builds(
    lambda zone, off, holidays, extra: calendar(
        timeZone=zone, daysOff=off, holidays=[{"date": day} for day in holidays], extraWorkDays=extra
    ),
    ZONES,
    st.lists(st.sampled_from(workdays.WEEKDAYS), max_size=6),
    st.lists(DAYS, max_size=40),
    st.lists(DAYS, max_size=10),
)


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2026-03-02T08:00:00Z", 1, "2026-03-03T23:00:00Z"),  # Monday: the end of Tuesday
        ("2026-03-06T08:00:00Z", 1, "2026-03-09T23:00:00Z"),  # Friday: the end of Monday
        ("2026-03-07T08:00:00Z", 1, "2026-03-09T23:00:00Z"),  # Saturday: the same
        ("2026-03-06T23:30:00Z", 1, "2026-03-09T23:00:00Z"),  # already Saturday in Berlin
        ("2026-03-27T08:00:00Z", 1, "2026-03-30T22:00:00Z"),  # summer time begins on Sunday
        ("2026-10-23T08:00:00Z", 1, "2026-10-26T23:00:00Z"),  # and ends
        ("2026-12-18T08:00:00Z", 1, "2026-12-19T23:00:00Z"),  # a Saturday that is worked
        ("2026-12-23T08:00:00Z", 6, "2027-01-04T23:00:00Z"),  # a holiday wins; across the year's end
        ("2026-04-02T08:00:00Z", 1, "2026-04-06T22:00:00Z"),  # Good Friday
    ],
)
def test_due(start: str, days: int, due: str) -> None:
    found = workdays.due(BERLIN, datetime.fromisoformat(start), days)
    assert found == datetime.fromisoformat(due)
    assert found.tzinfo is UTC


def test_a_holiday_wins_over_an_extra_work_day() -> None:
    assert workdays.is_work_day(BERLIN, date(2026, 12, 19))
    assert not workdays.is_work_day(BERLIN, date(2026, 12, 25))
    assert not workdays.is_work_day(BERLIN, date(2026, 12, 20))


@given(CALENDARS, MOMENTS, st.integers(min_value=1, max_value=60))
def test_exactly_so_many_working_days_lie_between(spec: WorkCalendarSpec, start: datetime, days: int) -> None:
    where = ZoneInfo(spec.time_zone)
    end = workdays.due(spec, start, days)
    first = start.astimezone(where).date()
    last = (end - timedelta(seconds=1)).astimezone(where).date()
    between = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
    assert sum(workdays.is_work_day(spec, day) for day in between) == days
    assert workdays.is_work_day(spec, last)
    assert end > start


@given(CALENDARS, MOMENTS, st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=9)), st.integers(1, 20))
def test_who_asks_later_waits_no_shorter(spec: WorkCalendarSpec, start: datetime, later: timedelta, days: int) -> None:
    assert workdays.due(spec, start, days) <= workdays.due(spec, start + later, days)
    assert workdays.due(spec, start, days) < workdays.due(spec, start, days + 1)


def test_what_is_wrong_is_said() -> None:
    wrong = calendar(timeZone="Mars/Olympus", holidays=[{"date": "2026-02-30"}], extraWorkDays=["2025-02-29"])
    texts = workdays.problems(wrong)
    assert ["Mars/Olympus" in texts[0], "2026-02-30" in texts[1], "2025-02-29" in texts[2]] == [True] * 3
    with pytest.raises(errors.InvalidSpec, match="Europe/Berlin"):
        workdays.due(wrong, datetime(2026, 1, 1, tzinfo=UTC), 1)
    assert workdays.problems(BERLIN) == []
    assert workdays.problems(WorkCalendarSpec()) == []


@pytest.mark.parametrize("name", ["../etc/passwd", "/etc/localtime", "Europe", "", "UTC/"])
def test_no_path_is_a_time_zone(name: str) -> None:
    with pytest.raises(errors.InvalidSpec):
        workdays.zone(WorkCalendarSpec.model_construct(time_zone=name))


def test_utc_needs_no_database_of_zones() -> None:
    assert workdays.zone(WorkCalendarSpec()) is UTC
