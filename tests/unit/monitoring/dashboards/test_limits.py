"""Red on a dashboard is what raises the alert: the same name, the same number, on the same side."""

from __future__ import annotations

import re
from typing import Any

import pytest

from support.dashboards import panels
from support.manifests import documents
from support.promql import names
from support.scraped import ROOT

ALERTS = {
    rule["alert"]: rule["expr"]
    for file in sorted((ROOT / "alerts").glob("*.yaml"))
    for group in documents(file)[0]["groups"]
    for rule in group["rules"]
}
SHOWN = [
    (where, panel, found[1])
    for where, panel in panels()
    if (found := re.search(r"the alert (\w+) begins", panel["description"]))
]

NOT_A_LEVEL = {"BudgetExceeded", "BudgetRunsOut", "ErrorBudgetBurn"}
"""Alerts about what no panel can show as a level."""


def steps(panel: dict[str, Any]) -> dict[float | None, str]:
    return {step["value"]: step["color"] for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]}


def numbers(expression: str) -> set[float]:
    """What the expression compares with. Above 0 is at least 1 for a count; `absent(up == 1)` is fewer than 1."""
    compared = {float(number) for number in re.findall(r"(?:>|<|==) ([\d.]+)", expression)}
    return compared | ({1.0} if 0.0 in compared else set())


@pytest.mark.parametrize(("where", "panel", "alert"), SHOWN, ids=[where for where, _, _ in SHOWN])
def test_red_begins_where_the_alert_begins(where: str, panel: dict[str, Any], alert: str):
    above = steps(panel)
    assert len(above) == 2
    [limit] = set(above) - {None}
    assert limit in numbers(ALERTS[alert])
    fewer_is_bad = bool(re.search(r"absent\(|< [\d.]+$", ALERTS[alert].strip()))
    assert (above[None], above[limit]) == (("red", "green") if fewer_is_bad else ("green", "red"))
    shown = {name for target in panel["targets"] for name in names(re.sub(r"\$(?:__)?\w+", "5m", target["expr"]))}
    assert shown & names(ALERTS[alert]), "the panel shows what the alert is about"


def test_no_panel_has_a_red_line_without_an_alert():
    named = {where for where, _, _ in SHOWN}
    assert [where for where, panel in panels() if len(steps(panel)) > 1 and where not in named] == []


def test_every_alert_is_a_limit_on_some_panel():
    assert {alert for _, _, alert in SHOWN} | NOT_A_LEVEL == set(ALERTS)


def test_the_test_itself_finds_numbers():
    assert numbers('max by (pool) (x{state="a"}) > 0') == {0.0, 1.0}
    assert numbers("a / b\n> 1.5") == {1.5}
    assert numbers('absent(up{job="x"} == 1)') == {1.0}
