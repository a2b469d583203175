"""The forecaster on a real Prometheus with six weeks of past: right dates, a reason where there is none, no ghosts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from prometheus_client import CollectorRegistry
from tests.bench import forecasts as bench

from govcloud_api.errors import GovcloudError
from govcloud_monitoring import prometheus as asking
from govcloud_monitoring import prometheus_range
from govcloud_monitoring.collector import ExporterCollector
from govcloud_monitoring.forecast import exhaustion
from govcloud_monitoring.forecast.series import Floats
from govcloud_monitoring.forecaster.answers import Forecasts
from govcloud_monitoring.forecaster.desk import Archive, Desk
from govcloud_monitoring.forecaster.families import families
from govcloud_monitoring.source import Clock, Source, Tracker
from support import history
from support.monitoring import scrape
from support.promtool import Promtool

DAY, WEEK = 24, 168
PAST_WEEKS = 6
BEGAN = datetime(2026, 8, 31, tzinfo=UTC)
"""A Monday: loads are made up from the first hour of a week on."""
NOW = BEGAN + timedelta(weeks=PAST_WEEKS, minutes=2)
FULL_IN_DAYS = 40
GROWTH = 0.05
"""Of the load of the first week, a week."""
QUOTA, CAPACITY, DISK = (
    "govcloud_department_quota_exhaustion_timestamp_seconds",
    "govcloud_capacity_exhaustion_timestamp_seconds",
    "govcloud_disk_exhaustion_timestamp_seconds",
)
LOAD = bench.office(np.random.default_rng(2), (PAST_WEEKS * 7 + 90) * DAY, growth=GROWTH)
NOISE = bench.scattered(np.random.default_rng(2), PAST_WEEKS * WEEK)
FILLING = bench.filling(np.random.default_rng(2), PAST_WEEKS * WEEK)
LIMIT = 100 * (1 + GROWTH * (PAST_WEEKS + FULL_IN_DAYS / 7))
"""What working days reach so many days from now, but for noise: 100 is their height in the first week."""
PEAKS = exhaustion.daily_peaks(bench.series(LOAD)).values[PAST_WEEKS * 7 :]
TRULY_IN_DAYS = next(day for day, peak in enumerate(PEAKS) if peak >= LIMIT)
"""With its noise, which nobody knows in advance."""


def values(found: Floats) -> history.Curve:
    """An hour's value all through it."""
    return lambda moment: float(found[min(int((moment - BEGAN) / timedelta(hours=1)), len(found) - 1)])


def always(value: float) -> history.Curve:
    return lambda _: value


def just_now(value: float) -> history.Curve:
    """What is only asked for as it is now: one sample is enough."""
    return lambda moment: value if NOW - moment <= timedelta(minutes=2) else None


def past() -> str:
    """What the rules would have recorded, a sample each five minutes; limits as they are now."""

    def series(name: str, curve: history.Curve, **labels: str) -> None:
        curves[name, tuple(sorted(labels.items()))] = curve

    curves: dict[tuple[str, tuple[tuple[str, str], ...]], history.Curve] = {}
    for pool, load in (("growing", values(LOAD)), ("noisy", values(NOISE)), ("calm", always(7.0))):
        series("pool:cpu_reserved_cores:sum", load, pool=pool)
        series("govcloud_pool_cpu_allocatable_cores", just_now(LIMIT), pool=pool)
    series("department:cpu_reserved_cores:sum", values(LOAD), department="tax")
    series("govcloud_cpu_quota_cores", just_now(LIMIT / 2), department="tax", purpose="test")
    series("govcloud_cpu_quota_cores", just_now(LIMIT / 2), department="tax", purpose="production")
    series("node:root_disk_used_bytes:max", values(FILLING), node="n1")
    series("node_filesystem_size_bytes", just_now(FILLING[-1] + 20 * 0.48), node="n1", mountpoint="/", device="vda")
    series("node_filesystem_size_bytes", just_now(1), node="n1", mountpoint="/srv", device="vdb")
    return history.text(curves, BEGAN, NOW, timedelta(minutes=5))


def full_pool() -> str:
    """A pool that is full since an hour: that is told at once, however short the past."""
    since = {("pool:cpu_reserved_cores:sum", (("pool", "full"),)): always(9.0)}
    now = {("govcloud_pool_cpu_allocatable_cores", (("pool", "full"),)): always(8.0)}
    return history.text(since | now, NOW - timedelta(hours=1), NOW, timedelta(minutes=1))


@pytest.fixture(scope="module")
def url(prometheus: Path, promtool: Promtool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with history.prometheus(prometheus, promtool.path, tmp_path_factory.mktemp("past"), past()) as address:
        yield address


def desk(url: str) -> Desk:
    archive = Archive(now=asking.direct(url), past=prometheus_range.direct(url))
    return Desk(archive, stale_after=timedelta(hours=3))


def nothing() -> None:
    """It rests in a test of its own."""


class World:
    """A forecaster at `NOW` and its page."""

    def __init__(self, url: str) -> None:
        self.desk = desk(url)
        source: Source[Forecasts] = Source(name="forecast", read=lambda: self.desk.latest(NOW), families=families)
        clock = Clock(monotonic=lambda: 0.0, wall=NOW.timestamp)
        self.tracker = Tracker(source, clock, stale_after_seconds=60)
        self._registry = CollectorRegistry()
        self._registry.register(ExporterCollector([self.tracker], "1", "r"))

    def run(self) -> None:
        self.desk.work(NOW, nothing)

    def page(self) -> dict[tuple[str, ...], float]:
        """Values by name and label values."""
        self.tracker.refresh()
        found = scrape(self._registry)
        return {(name, *(text for _, text in sorted(labels))): value for (name, labels), value in found.items()}


def days(seconds: float) -> float:
    return (seconds - NOW.timestamp()) / 86400


@pytest.fixture(scope="module")
def page(url: str) -> dict[tuple[str, ...], float]:
    world = World(url)
    world.run()
    return world.page()


@pytest.mark.parametrize(("metric", "name"), [(CAPACITY, "growing"), (QUOTA, "tax")])
def test_a_load_that_reaches_its_limit_in_forty_days_is_told_of_with_about_that_date(
    page: dict[tuple[str, ...], float], metric: str, name: str
):
    found = {frozenset(key): days(value) for key, value in page.items()}
    p10, p50, p90 = (found[frozenset({metric, name, "cpu", bound})] for bound in ("p10", "p50", "p90"))
    assert abs(p50 - FULL_IN_DAYS) <= 10
    assert p10 <= TRULY_IN_DAYS <= p90
    assert p90 - p10 <= 40


def test_its_error_is_below_that_of_last_week(page: dict[tuple[str, ...], float]):
    errors = {key[1]: value for key, value in page.items() if key[0] == "govcloud_forecast_scaled_error_ratio"}
    assert errors["growing"] < 1
    assert set(errors) == {"growing", "noisy"}


def test_a_disk_that_fills_by_half_a_unit_a_day_is_told_of(page: dict[tuple[str, ...], float]):
    [p50] = [days(value) for key, value in page.items() if key[0] == DISK and "p50" in key]
    assert abs(p50 - 20) <= 4


def test_noise_and_a_constant_have_no_date_and_a_reason(page: dict[tuple[str, ...], float]):
    assert not [key for key in page if key[0] == CAPACITY and {"noisy", "calm"} & set(key)]
    states = {key[1:]: value for key, value in page.items() if key[0] == "govcloud_forecasts" and value}
    assert states == {
        ("pool", "shown"): 1, ("pool", "no_better"): 1, ("pool", "constant"): 1,
        ("department", "shown"): 1, ("disk", "shown"): 1,
    }  # fmt: skip


def test_when_prometheus_is_away_the_source_is_down_and_nothing_old_is_shown(
    prometheus: Path, promtool: Promtool, tmp_path: Path
):
    with history.prometheus(prometheus, promtool.path, tmp_path, full_pool()) as address:
        world = World(address)
        world.run()
        before = world.page()
        assert before["govcloud_source_up", "forecast"] == 1
        assert [key for key in before if key[0] == CAPACITY]
    with pytest.raises(GovcloudError, match="does not answer"):
        world.run()
    after = world.page()
    assert after["govcloud_source_up", "forecast"] == 0
    assert not [key for key in after if "exhaustion" in key[0] or key[0].startswith("govcloud_forecast")]
