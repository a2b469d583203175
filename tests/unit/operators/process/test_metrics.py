"""The operator's page: small, whole, and as its reference says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from govcloud_api import errors
from govcloud_kube import endings
from govcloud_operators import reference
from govcloud_operators.dispatch import FAN_OUT
from govcloud_operators.process import counts, metrics, page
from govcloud_operators.process.counts import KINDS, REASONS, reason_of, shown_kind
from govcloud_operators.process.lag import Lag
from govcloud_operators.process.queue import WorkQueue
from govcloud_operators.process.writes import MAX_PAIRS, OTHER, Writes
from govcloud_operators.ready_times import MAX_TIERS
from govcloud_operators.rooms import ROOMS

ROOT = Path(__file__).parents[4]
METRICS = {metric.name: metric for metric in (*metrics.COUNTERS, *metrics.GAUGES, *metrics.HISTOGRAMS)}


def readings() -> metrics.Readings:
    return metrics.Readings(
        queue=WorkQueue(lambda _key: None, now=lambda: 0.0), lease_held=lambda: True, lag=Lag(lambda: 0.0)
    )


def text(shown: metrics.Readings) -> str:
    return generate_latest(page.registry(shown)).decode()


def samples(shown: metrics.Readings) -> Iterator[Sample]:
    for family in text_string_to_metric_families(text(shown)):
        yield from family.samples


def value(shown: metrics.Readings, name: str, **labels: str) -> float:
    [found] = [sample for sample in samples(shown) if sample.name == name and sample.labels == labels]
    return found.value


def test_with_all_that_can_happen_the_page_stays_small() -> None:
    shown = readings()
    for kind in KINDS:
        for reason in REASONS:
            shown.queue.counts.add(kind, 1, reason)
    for number in range(MAX_TIERS * 2):
        shown.ready_times.add(f"tier-{number}", 1)
    for number in range(MAX_PAIRS * 2):
        for verb in ("apply", "create", "delete", "patch_status"):
            shown.writes.add(f"Kind{number}", verb)
    found = list(samples(shown))
    assert len(found) < metrics.MAX_SERIES
    assert len({(sample.name, *sorted(sample.labels.items())) for sample in found}) == len(found)


def test_the_page_has_each_metric_of_the_reference_and_no_other() -> None:
    types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text(readings()), re.MULTILINE))
    wanted = {"counter": metrics.COUNTERS, "gauge": metrics.GAUGES, "histogram": metrics.HISTOGRAMS}
    assert types == {metric.name: type_ for type_, group in wanted.items() for metric in group}
    helps = dict(re.findall(r"^# HELP (\S+) (.+)$", text(readings()), re.MULTILINE))
    assert helps == {name: metric.help for name, metric in METRICS.items()}


@pytest.mark.parametrize("name", sorted(METRICS))
def test_names_follow_the_rules(name: str) -> None:
    metric = METRICS[name]
    assert name.endswith("_total") == (metric in metrics.COUNTERS)
    assert not metric.unit or (name.endswith(f"_{metric.unit}") and metric.unit in metric.help.lower())
    assert metric.help.endswith(".")


def test_the_reference_page_is_fresh() -> None:
    written = (ROOT / reference.PAGE).read_text(encoding="utf-8")
    assert written == reference.reference(), "run: python -m govcloud_operators.reference"


def test_before_anything_happened_everything_is_there_and_nothing() -> None:
    shown = readings()
    assert {sample.labels["kind"] for sample in samples(shown) if "kind" in sample.labels} == set(KINDS)
    assert {sample.value for sample in samples(shown) if sample.name != "govcloud_lease_held"} == {0.0}


def test_what_happened_is_counted() -> None:
    shown = readings()
    shown.queue.counts.add("Environment", 0.7)
    shown.queue.counts.add("Environment", 40, "conflict")
    shown.queue.counts.add("DepartmentFanOut", 0.1)
    shown.ready_times.add("standard", 31)
    shown.writes.add("Namespace", "create")
    shown.lag.note(1.5)
    assert value(shown, "govcloud_reconciles_total", kind="Environment") == 2
    assert value(shown, "govcloud_reconciles_total", kind=FAN_OUT) == 1
    assert value(shown, "govcloud_reconcile_failures_total", kind="Environment", reason="conflict") == 1
    assert value(shown, "govcloud_reconcile_duration_seconds_sum", kind="Environment") == 40.7
    assert value(shown, "govcloud_reconcile_duration_seconds_bucket", kind="Environment", le="30.0") == 1
    assert value(shown, "govcloud_reconcile_duration_seconds_bucket", kind="Environment", le="+Inf") == 2
    assert value(shown, "govcloud_environment_ready_seconds_bucket", tier="standard", le="30.0") == 0
    assert value(shown, "govcloud_environment_ready_seconds_count", tier="standard") == 1
    assert value(shown, "govcloud_api_writes_total", kind="Namespace", verb="create") == 1
    assert value(shown, "govcloud_event_loop_lag_seconds") == 1.5


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (errors.ApiUnavailable("x"), "api_unavailable"),
        (endings.Disconnected("x"), "api_unavailable"),
        (errors.Conflict("x"), "conflict"),
        (errors.Forbidden("x"), "forbidden"),
        (errors.InvalidSpec("x"), "invalid_spec"),
        (errors.NotFound("x"), "not_found"),
        (errors.ToolFailed("x"), "other"),
        (KeyError("x"), "unexpected"),
    ],
)
def test_every_error_has_one_of_few_reasons(error: Exception, reason: str) -> None:
    assert reason_of(error) == reason
    assert reason in REASONS


def test_every_key_that_rooms_may_ask_for_is_of_a_kind_that_is_shown() -> None:
    keys = {room.kind for room in ROOMS} | {f"{room.kind}{FAN_OUT}" for room in ROOMS if room.fan_out}
    assert {shown_kind(kind) for kind in keys} == set(counts.KINDS)


def test_more_kinds_of_writes_than_are_shown_are_one() -> None:
    writes = Writes()
    for number in range(MAX_PAIRS + 7):
        writes.add(f"Kind{number}", "apply")
    writes.add("Kind0", "apply")
    found = writes.read()
    assert len(found) == MAX_PAIRS + 1
    assert (found[OTHER, "apply"], found["Kind0", "apply"]) == (7, 2)
