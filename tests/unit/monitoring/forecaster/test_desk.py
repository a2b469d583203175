"""Which series are looked at, what becomes of them, and that nothing outlives a run that failed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from tests.bench import forecasts as bench

from govcloud_api.errors import ApiUnavailable, NotReady
from govcloud_monitoring.forecaster.desk import Archive, Desk, forecasts
from govcloud_monitoring.forecaster.pace import Stopped
from govcloud_monitoring.forecaster.questions import QUESTIONS, Kind, Question, Subject
from govcloud_monitoring.prometheus import Sample, Vector
from govcloud_monitoring.prometheus_range import Hours, Line

NOW = datetime(2026, 11, 3, 10, 20, tzinfo=UTC)
WEEKS = 1440 // 168


def question(kind: Kind, resource: str) -> Question:
    return next(each for each in QUESTIONS if (each.kind, each.resource) == (kind, resource))


POOL_CPU, QUOTA_CPU, DISK = question("pool", "cpu"), question("department", "cpu"), question("disk", "disk")
OFFICE = tuple(bench.office(np.random.default_rng(1), 1440, growth=0.04).tolist())
NOISE = tuple(bench.scattered(np.random.default_rng(1), 1440).tolist())


@dataclass
class Past:
    """A Prometheus that knows limits and pasts by the label's value; `away` from the n-th question on."""

    limits: Mapping[str, Mapping[str, float]]
    pasts: Mapping[str, Mapping[str, tuple[float, ...]]] = field(default_factory=dict)
    away: float = math.inf
    asked: list[str] = field(default_factory=list)

    def archive(self) -> Archive:
        return Archive(now=self._now, past=self._past)

    def _ask(self, expression: str) -> None:
        if len(self.asked) >= self.away:
            raise ApiUnavailable("Prometheus is away")
        self.asked.append(expression)

    def _now(self, expression: str, at: datetime) -> Vector:
        assert at == NOW
        self._ask(expression)
        [label] = [each.label for each in QUESTIONS if each.limit == expression]
        return tuple(Sample({label: name}, value) for name, value in self.limits.get(expression, {}).items())

    def _past(self, expression: str, hours: Hours) -> Iterator[Line]:
        assert (hours.end, hours.count) == (NOW.replace(minute=0), 1440)
        self._ask(expression)
        [label] = [each.label for each in QUESTIONS if each.hourly == expression]
        return (Line({label: name}, values) for name, values in self.pasts.get(expression, {}).items())


def nothing() -> None:
    """Not tired."""


def test_pools_departments_and_disks_that_have_a_limit_are_looked_at():
    past = Past(
        limits={
            POOL_CPU.limit: {"workers": 400, "gpu": 400},
            QUOTA_CPU.limit: {"tax": 400},
            DISK.limit: {"n1": 400, "n2": 50},
        },
        pasts={
            POOL_CPU.hourly: {"workers": OFFICE, "gpu": NOISE, "gone": OFFICE},
            QUOTA_CPU.hourly: {"tax": OFFICE[-200:]},
            DISK.hourly: {"n1": NOISE, "n2": OFFICE},
        },
    )
    found = forecasts(past.archive(), NOW, nothing)
    states = {(each.kind, each.name, each.resource): answer.state for each, answer in found.answers.items()}
    assert states == {
        ("pool", "workers", "cpu"): "shown",
        ("pool", "gpu", "cpu"): "no_better",
        ("department", "tax", "cpu"): "too_old",  # 200 values from the first hour on: they ended 51 days ago
        ("disk", "n1", "disk"): "no_better",
        ("disk", "n2", "disk"): "shown",
    }
    assert found.made_at == NOW
    reached = found.answers[DISK.subject("n2")].dates
    assert reached is not None
    assert reached.is_reached


def test_what_has_a_limit_and_no_past_is_too_short():
    past = Past(limits={POOL_CPU.limit: {"new": 8}}, pasts={POOL_CPU.hourly: {}})
    assert forecasts(past.archive(), NOW, nothing).answers[POOL_CPU.subject("new")].state == "too_short"


def test_pasts_are_asked_for_one_expression_at_a_time_and_only_where_something_is_limited():
    past = Past(limits={POOL_CPU.limit: {"workers": 8}})
    forecasts(past.archive(), NOW, nothing)
    assert past.asked[:3] == [POOL_CPU.limit, POOL_CPU.hourly, question("pool", "memory").limit]
    assert len(past.asked) == len(QUESTIONS) + 1


def test_what_is_over_the_bound_is_left_out_and_counted():
    many = {f"n{number:04}": 100.0 for number in range(DISK.most + 7)}
    past = Past(limits={DISK.limit: many})
    found = forecasts(past.archive(), NOW, nothing)
    assert len(found.answers) == DISK.most
    assert (found.left_out["disk"], found.left_out["pool"]) == (7, 0)
    assert DISK.subject("n0000") in found.answers


def test_it_rests_after_each_series():
    rests = []
    past = Past(limits={DISK.limit: {"n1": 9, "n2": 9}}, pasts={DISK.hourly: {"n1": (1.0,), "n2": (1.0,)}})
    forecasts(past.archive(), NOW, lambda: rests.append(1))
    assert len(rests) == 2


def test_a_run_that_is_stopped_leaves_what_was_there():
    desk = Desk(Past(limits={DISK.limit: {"n1": 9}}, pasts={DISK.hourly: {"n1": (1.0,)}}).archive(), stale_after=LONG)
    desk.work(NOW, nothing)

    def stop() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        desk.work(NOW, stop)
    assert list(desk.latest(NOW).answers) == [Subject(kind="disk", name="n1", resource="disk")]


LONG = timedelta(hours=2)


def test_before_the_first_run_there_is_nothing_and_nothing_is_wrong():
    found = Desk(Past(limits={}).archive(), stale_after=LONG).latest(NOW)
    assert (found.made_at, found.answers) == (None, {})


@pytest.mark.parametrize("questions", [0, 1, 3])
def test_a_run_that_fails_on_its_way_takes_the_last_forecasts_along(questions: int):
    past = Past(limits={POOL_CPU.limit: {"workers": 400}}, pasts={POOL_CPU.hourly: {"workers": OFFICE}})
    desk = Desk(past.archive(), stale_after=LONG)
    desk.work(NOW, nothing)
    assert desk.latest(NOW).answers
    past.asked, past.away = [], questions
    with pytest.raises(ApiUnavailable):
        desk.work(NOW, nothing)
    with pytest.raises(NotReady, match="Prometheus is away"):
        desk.latest(NOW)
    past.away = math.inf
    desk.work(NOW, nothing)
    assert desk.latest(NOW).answers


def test_forecasts_are_not_shown_for_ever_when_no_run_ends():
    desk = Desk(Past(limits={}).archive(), stale_after=LONG)
    desk.work(NOW, nothing)
    assert desk.latest(NOW + LONG).made_at == NOW
    with pytest.raises(NotReady, match="does not come to its end"):
        desk.latest(NOW + LONG + timedelta(seconds=1))
