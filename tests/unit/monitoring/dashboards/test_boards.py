"""Boards that are drawn wrongly are refused, with the place that is wrong."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from govcloud_monitoring.dashboards import board
from govcloud_monitoring.dashboards.panel import Board, Choice, Limit, Panel, Query, Row, Unit, View

TREE = Path(__file__).parents[4]
OWN = TREE / "monitoring/govcloud_monitoring/dashboards"


def panel(title: str = "Use", *, view: View = View.LINES, width: int = 24, limit: Limit | None = None) -> Panel:
    queries = (Query(expr="up", legend="{{job}}"),)
    return Panel(title=title, description="It.", unit=Unit.COUNT, queries=queries, view=view, width=width, limit=limit)


def drawn(*panels: Panel, **more: tuple[Choice, ...]) -> str:
    row = Row(title="Row", panels=panels)
    return board.text(Board(name="test", title="Test", description="A test.", rows=(row,), **more))


def test_panels_that_reach_over_the_edge_are_refused():
    with pytest.raises(ValueError, match="'b' reaches over the edge"):
        drawn(panel("a", width=14), panel("b", width=12))


def test_a_line_that_is_not_full_is_refused():
    with pytest.raises(ValueError, match="ends at column 12 of 24"):
        drawn(panel("a"), panel("b", width=12))


def test_a_limit_that_nothing_would_show_is_refused():
    with pytest.raises(ValueError, match="'Use' has a limit"):
        drawn(panel(view=View.TABLE, limit=Limit(alert="TargetDown", at=1)))


@pytest.mark.parametrize("view", View)
def test_what_is_shown_over_time_asks_for_a_range_and_the_rest_for_now(view: View):
    [_, found] = json.loads(drawn(panel(view=view)))["panels"]
    over_time = view in {View.LINES, View.STACK}
    assert [(each["range"], each["instant"]) for each in found["targets"]] == [(over_time, not over_time)]


def test_a_choice_of_several_begins_with_all():
    several = Choice(name="pool", label="Pool", metric="govcloud_pool_nodes", several=True)
    [_, choice] = json.loads(drawn(panel(), choices=(several,)))["templating"]["list"]
    assert choice["current"] == {"text": "All", "value": "$__all"}
    assert (choice["multi"], choice["includeAll"], choice["allValue"]) == (True, True, ".*")


def test_the_only_column_of_a_table_is_called_value_by_grafana():
    [_, found] = json.loads(drawn(panel(view=View.TABLE)))["panels"]
    assert found["transformations"][1]["options"]["renameByName"] == {"Value": "{{job}}"}


def test_nothing_but_this_package_knows_the_builder_or_the_package():
    packages = [TREE / "cli", TREE / "operators", TREE / "monitoring", TREE / "infra"]
    files = [file for package in packages for file in package.rglob("*.py") if file.parent != OWN]
    assert len(files) > 100
    assert [file for file in files if re.search(r"grafana_foundation|monitoring\.dashboards", file.read_text())] == []
