"""Names and pages that must agree: metrics, rules, alerts, their tests and their documentation."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from govcloud_monitoring import collector, machines, reference
from govcloud_monitoring.accountant import backups, departments, idleness, recommendations
from govcloud_monitoring.accountant import families as ledger
from govcloud_monitoring.forecaster import families as forecast
from govcloud_monitoring.kubernetes import families
from govcloud_monitoring.watch import families as watches
from govcloud_operators.process import metrics as operator
from govcloud_operators.process import service_figures

ROOT = Path(__file__).parents[3]
METRICS = {
    metric.name: metric
    for metric in (
        *collector.METRICS,
        *watches.METRICS,
        *families.METRICS,
        *forecast.METRICS,
        *machines.METRICS,
        *service_figures.METRICS,
        *ledger.METRICS,
        *backups.METRICS,
        *departments.METRICS,
        *idleness.METRICS,
        *recommendations.METRICS,
    )
}
COUNTERS = {
    *(metric.name for metric in watches.METRICS),
    ledger.COST.name,
    ledger.POOL_COST.name,
    recommendations.SAVED_CORES.name,
}
OPERATORS = {metric.name for metric in (*operator.COUNTERS, *operator.GAUGES)} | {
    f"{metric.name}_{part}" for metric in operator.HISTOGRAMS for part in ("bucket", "count", "sum")
}
"""Of the operator's own page, which are tested there."""


def rules(folder: str) -> list[dict[str, Any]]:
    files = sorted((ROOT / "monitoring" / folder).glob("*.yaml"))
    return [rule for file in files for group in yaml.safe_load(file.read_text())["groups"] for rule in group["rules"]]


ALERTS = {rule["alert"]: rule for rule in rules("alerts")}
TESTS = [
    test for file in (ROOT / "monitoring/tests").glob("*.yaml") for test in yaml.safe_load(file.read_text())["tests"]
]


def test_the_page_of_metrics_is_fresh():
    page = (ROOT / reference.PAGE).read_text(encoding="utf-8")
    assert page == reference.reference(), "run: python -m govcloud_monitoring.reference"


@pytest.mark.parametrize("name", sorted(METRICS))
def test_names_follow_the_rules(name: str):
    metric = METRICS[name]
    assert re.fullmatch(r"govcloud_[a-z0-9_]+", name)
    assert name.endswith("_total") == (name in COUNTERS)
    assert metric.unit in {"cores", "bytes", "seconds", "ratio", ""}
    assert name.endswith(f"_{metric.unit}" if metric.unit else name[-1])
    assert not set(metric.labels) & {"pod", "uid", "user", "type", "service", "owner", "environment", "cluster"}
    assert metric.help.endswith(".")


def test_rules_and_alerts_use_only_metrics_that_exist():
    used = {name for rule in rules("rules") + rules("alerts") for name in re.findall(r"\bgovcloud_\w+", rule["expr"])}
    recorded = {part for rule in rules("rules") for part in rule["record"].split(":")}
    assert used - recorded <= set(METRICS) | OPERATORS


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_every_alert_waits_has_a_page_and_is_tested_both_ways(name: str):
    rule = ALERTS[name]
    assert rule["for"]
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    page, _, anchor = rule["annotations"]["page"].partition("#")
    assert anchor == name.lower()
    headings = re.findall(r"^## (\w+)$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
    assert name in headings
    cases = [
        case["exp_alerts"] for test in TESTS for case in test.get("alert_rule_test", ()) if case["alertname"] == name
    ]
    assert any(cases), "a promtool test in which it fires"
    assert not all(cases), "a promtool test in which it does not"


def test_every_recording_rule_has_a_test_of_its_value():
    tested = " ".join(case["expr"] for test in TESTS for case in test.get("promql_expr_test", ()))
    assert [rule["record"] for rule in rules("rules") if rule["record"] not in tested] == []
