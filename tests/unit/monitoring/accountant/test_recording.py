"""Hours of departments are written once, in order, some at a time, and an interruption leaves none out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from govcloud_api.errors import ApiUnavailable, Conflict
from govcloud_monitoring.accountant.recording import MOST_HOURS, Recorder
from govcloud_monitoring.ledger.department_hour import DepartmentHour
from govcloud_monitoring.prometheus import Sample, Vector

START = datetime(2026, 11, 3, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOW = START + timedelta(hours=3, minutes=30)
OBSERVED = "cluster:govcloud_pool_cpu_allocatable_cores:sum"


class Prometheus:
    """One that began at `START` and reads a department that holds one core; `away` from some hours' ends."""

    def __init__(self) -> None:
        self.away: set[datetime] = set()

    def ask(self, expression: str, at: datetime) -> Vector:
        if at in self.away:
            raise ApiUnavailable("Prometheus is away")
        if expression == f"timestamp({OBSERVED})":
            return (Sample({}, at.timestamp()),)
        if at <= START:
            return ()
        if expression.startswith("count_over_time"):
            return (Sample({}, 120.0),)
        reserved = "department_purpose:govcloud_cpu_requested_cores:sum" in expression
        return (Sample({"department": "tax"}, 120.0),) if reserved else ()


class Book:
    """A ledger in memory: an hour once."""

    def __init__(self) -> None:
        self.hours: dict[datetime, Sequence[DepartmentHour]] = {}

    def newest_of_departments(self) -> datetime | None:
        return max(self.hours, default=None)

    def write_departments(self, hours: Sequence[DepartmentHour]) -> None:
        if hours[0].start in self.hours:
            raise Conflict("it is there")
        self.hours[hours[0].start] = hours


def test_every_hour_that_has_ended_is_written_once():
    book, ask = Book(), Prometheus().ask
    recorder = Recorder(ask)
    assert sum(recorder.round(NOW, book) for _ in range(20)) == 3
    assert list(book.hours) == [START, START + HOUR, START + 2 * HOUR]
    assert Recorder(ask).round(NOW, book) == 0
    assert recorder.round(NOW + HOUR, book) == 1
    [cpu, memory, storage] = book.hours[START]
    assert (cpu.reserved, cpu.used, cpu.measured_permille) == (3_600_000, None, 0)
    assert [each.resource for each in (cpu, memory, storage)] == ["cpu", "memory", "storage"]


def test_a_ledger_that_is_new_to_it_is_filled_some_hours_at_a_time():
    book, late = Book(), START + timedelta(days=10)
    recorder = Recorder(Prometheus().ask)
    written = [recorder.round(late, book) for _ in range(20)]
    assert max(written) == MOST_HOURS
    assert sum(written) == len(book.hours) == 10 * 24 - 1  # the last has just ended
    assert sorted(book.hours) == list(book.hours)


def test_while_prometheus_is_away_nothing_is_skipped():
    prometheus, book = Prometheus(), Book()
    recorder = Recorder(prometheus.ask)
    prometheus.away = {START + 2 * HOUR}
    for _ in range(20):
        try:
            recorder.round(NOW, book)
        except ApiUnavailable:
            break
    else:
        pytest.fail("it was not told")
    assert list(book.hours) == [START]
    prometheus.away.clear()
    assert recorder.round(NOW, book) == 2
    assert list(book.hours) == [START, START + HOUR, START + 2 * HOUR]


def test_what_another_wrote_meanwhile_stands():
    book, ask = Book(), Prometheus().ask
    one, other = Recorder(ask), Recorder(ask)
    for _ in range(20):
        one.round(NOW, book)
    stands = dict(book.hours)
    book_of_before = Book()
    other.round(START, book_of_before)  # it looked before anything was written
    for _ in range(20):
        assert other.round(NOW, book) == 0
    assert book.hours == stands
