"""What `govcloud quota advise` asks, answered by a real Prometheus with two weeks of past."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from govcloud_monitoring import prometheus as asking
from govcloud_monitoring.advice import measured
from govcloud_monitoring.advice.measured import Filling, Measured
from support import history
from support.promtool import Promtool

NOW = datetime(2026, 11, 3, 10, tzinfo=UTC)
WINDOW = timedelta(days=14)
MI = 1 << 20
STEADY, YOUNG = "tax-forms-prod", "tax-new-dev"


def past() -> str:
    """One that is busy for a tenth of the time, one that is two days old, and another department's."""
    curves = {
        ("namespace:container_cpu_usage_seconds:rate5m", (("namespace", STEADY),)): busy,
        ("namespace:container_memory_working_set_bytes:sum", (("namespace", STEADY),)): lambda _: 600.0 * MI,
        ("namespace:container_cpu_usage_seconds:rate5m", (("namespace", YOUNG),)): lately,
        ("namespace:container_memory_working_set_bytes:sum", (("namespace", YOUNG),)): lately,
        ("namespace:container_cpu_usage_seconds:rate5m", (("namespace", "civil-a-test"),)): lately,
        ("namespace:container_memory_working_set_bytes:sum", (("namespace", "civil-a-test"),)): lately,
        **{
            ("govcloud_department_quota_exhaustion_timestamp_seconds", _labels(department, bound)): now(days)
            for department in ("tax", "civil")
            for bound, days in (("p10", "28"), ("p50", "40"), ("p90", "+Inf"))
        },
    }
    return history.text(curves, NOW - WINDOW + timedelta(seconds=30), NOW, timedelta(seconds=30))


def busy(moment: datetime) -> float:
    """One core for 2.4 hours of each day, 0.1 else: its 95th percentile is 1, its mean 0.19."""
    return 1.0 if moment.hour * 60 + moment.minute < 144 else 0.1


def lately(moment: datetime) -> float | None:
    return 1.0 if NOW - moment < timedelta(days=2) else None


def now(days: str) -> history.Curve:
    value = NOW.timestamp() + 86400 * float(days)
    return lambda moment: value if moment == NOW else None


def _labels(department: str, bound: str) -> tuple[tuple[str, str], ...]:
    return ("bound", bound), ("department", department), ("resource", "cpu")


@pytest.fixture(scope="module")
def url(prometheus: Path, promtool: Promtool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with history.prometheus(prometheus, promtool.path, tmp_path_factory.mktemp("past"), past()) as address:
        yield address


def ask(url: str) -> asking.Ask:
    return lambda question: asking.direct(url)(question, NOW)


@pytest.fixture(scope="module")
def found(url: str) -> Measured:
    return measured.gather(ask(url), [STEADY, YOUNG], ["tax"])


def test_use_is_what_was_recorded_in_two_weeks(found: Measured):
    assert set(found.uses) == {STEADY, YOUNG}, "nobody else's"
    use = found.uses[STEADY]
    assert (use.cpu_p95_cores, use.memory_peak_bytes) == (1.0, 600 * MI)
    assert use.cpu_mean_cores == pytest.approx(0.19, abs=0.001)
    assert use.samples == measured.SAMPLES
    assert found.uses[YOUNG].samples == measured.SAMPLES // 7


def test_a_quota_that_fills_is_found(found: Measured):
    [filling] = found.fillings
    assert filling == Filling(department="tax", resource="cpu", p10_days=28, p50_days=40, p90_days=float("inf"))


def test_the_evidence_shown_gives_the_figures_shown(url: str, found: Measured):
    values = [ask(url)(question)[0].value for question in measured.evidence(STEADY)]
    assert values == [found.uses[STEADY].cpu_p95_cores, found.uses[STEADY].memory_peak_bytes]
    left = {sample.labels["bound"]: sample.value / 86400 for sample in ask(url)(measured.filling_evidence("tax"))}
    assert (left["p10"], left["p50"]) == (28, 40)
