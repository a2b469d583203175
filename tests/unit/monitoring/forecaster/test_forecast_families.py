"""What Prometheus sees of forecasts: dates only where they may be shown, all counts, and a bounded number of series."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry

from govcloud_api.errors import ConfigError
from govcloud_monitoring.collector import ExporterCollector
from govcloud_monitoring.forecast.exhaustion import Exhaustion
from govcloud_monitoring.forecaster import settings
from govcloud_monitoring.forecaster.answers import STATES, Answer, Forecasts
from govcloud_monitoring.forecaster.families import CAPACITY, DISK, METRICS, QUOTA, families
from govcloud_monitoring.forecaster.questions import KINDS, QUESTIONS, Subject
from govcloud_monitoring.source import Clock, Source, Tracker
from support.scraped import configuration

NOW = datetime(2026, 11, 3, 10, tzinfo=UTC)
DAY = timedelta(days=1)


def dates(p10: int | None, p50: int | None, p90: int | None) -> Exhaustion:
    """In so many days."""
    first, middle, last = (None if days is None else NOW + days * DAY for days in (p10, p50, p90))
    return Exhaustion(p10=first, p50=middle, p90=last)


def shown(p10: int | None, p50: int | None, p90: int | None) -> Answer:
    return Answer(state="shown", dates=dates(p10, p50, p90), error_ratio=0.5)


def subject(kind: str, name: str, resource: str) -> Subject:
    return Subject(kind=kind, name=name, resource=resource)  # type: ignore[arg-type]  # a table of words


FOUND = Forecasts(
    made_at=NOW,
    answers={
        subject("pool", "workers", "cpu"): shown(10, 20, None),
        subject("pool", "workers", "memory"): Answer(state="no_better", error_ratio=1.25),
        subject("pool", "gpu", "cpu"): Answer(state="too_short"),
        subject("department", "tax", "cpu"): shown(10, None, None),
        subject("department", "tax", "storage"): shown(None, None, None),
        subject("department", "roads", "cpu"): Answer(state="constant", error_ratio=None),
        subject("disk", "n1", "disk"): shown(None, None, None),
        subject("disk", "n2", "disk"): Answer(state="too_vague", error_ratio=0.9),
    },
    left_out={"disk": 7},
)


def page(found: Forecasts) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    tracker = Tracker(
        Source(name="forecast", read=lambda: found, families=families),
        Clock(monotonic=lambda: 0.0, wall=lambda: 1.0),
        stale_after_seconds=1,
    )
    tracker.refresh()
    registry = CollectorRegistry()
    registry.register(ExporterCollector([tracker], "1", "r"))
    return {
        (family.name, frozenset(each.labels.items())): each.value
        for family in registry.collect()
        for each in family.samples
    }


def of(found: Forecasts, name: str) -> dict[tuple[str, ...], float]:
    """Values of one metric by its label values, in the order of its labels."""
    [family] = [family for family in families(found) if family.name == name]
    [metric] = [metric for metric in METRICS if metric.name == name]
    return {tuple(each.labels[label] for label in metric.labels): each.value for each in family.samples}


def in_days(days: int) -> float:
    return (NOW + days * DAY).timestamp()


def test_a_pool_has_its_dates_and_infinity_where_it_is_not_within_half_a_year():
    assert of(FOUND, "govcloud_capacity_exhaustion_timestamp_seconds") == {
        ("workers", "cpu", "p10"): in_days(10),
        ("workers", "cpu", "p50"): in_days(20),
        ("workers", "cpu", "p90"): math.inf,
    }


def test_the_error_is_there_wherever_a_model_was_tested_shown_or_not():
    found = of(FOUND, "govcloud_forecast_scaled_error_ratio")
    assert found == {("workers", "cpu"): 0.5, ("workers", "memory"): 1.25}


def test_a_department_is_there_only_when_a_quota_may_be_full_within_half_a_year():
    assert of(FOUND, "govcloud_department_quota_exhaustion_timestamp_seconds") == {
        ("tax", "cpu", "p10"): in_days(10),
        ("tax", "cpu", "p50"): math.inf,
        ("tax", "cpu", "p90"): math.inf,
    }


def test_a_disk_that_will_not_be_full_is_told_of_too():
    found = of(FOUND, "govcloud_disk_exhaustion_timestamp_seconds")
    assert found == {("n1", bound): math.inf for bound in ("p10", "p50", "p90")}


def test_forecasts_are_counted_by_kind_and_state_those_that_are_not_there_with_zero():
    found = of(FOUND, "govcloud_forecasts")
    assert {key: count for key, count in found.items() if count} == {
        ("pool", "shown"): 1, ("pool", "no_better"): 1, ("pool", "too_short"): 1,
        ("department", "shown"): 2, ("department", "constant"): 1,
        ("disk", "shown"): 1, ("disk", "too_vague"): 1, ("disk", "left_out"): 7,
    }  # fmt: skip
    assert set(found) == {(kind, state) for kind in KINDS for state in STATES}


def test_before_the_first_run_all_counts_are_zero_and_there_is_no_date():
    found = page(Forecasts())
    assert found["govcloud_forecast_run_timestamp_seconds", frozenset()] == 0
    assert not [name for name, _ in found if "exhaustion" in name]
    assert len([name for name, _ in found if name == "govcloud_forecasts"]) == len(KINDS) * len(STATES)
    assert page(FOUND)["govcloud_forecast_run_timestamp_seconds", frozenset()] == NOW.timestamp()


def test_however_much_there_is_the_page_stays_within_what_a_scrape_takes():
    answers = {
        question.subject(f"{question.kind}-{number}"): shown(1, 2, 3)
        for question in QUESTIONS
        for number in range(question.most)
    }
    assert len(page(Forecasts(made_at=NOW, answers=answers))) < configuration()["govcloud-forecaster"]["sample_limit"]
    bounds = {question.most for question in QUESTIONS}
    assert bounds == {21, 501, 300}
    for bound, metric in ((20, CAPACITY), (500, QUOTA), (300, DISK)):
        assert f"At most {bound} " in metric.help


def test_every_setting_has_a_variable_and_every_fault_is_named():
    assert settings.from_environment({}).port == 9108
    given = {"GOVCLOUD_FORECASTER_PORT": "1", "GOVCLOUD_FORECASTER_PROCESSOR_SHARE": "0.5"}
    assert settings.from_environment(given).processor_share == 0.5
    with pytest.raises(ConfigError) as caught:
        settings.from_environment({"GOVCLOUD_FORECASTER_PORT": "x", "GOVCLOUD_FORECASTER_EVERY_SECONDS": "0"})
    assert "GOVCLOUD_FORECASTER_PORT: " in str(caught.value)
    assert "GOVCLOUD_FORECASTER_EVERY_SECONDS: " in str(caught.value)
