"""The committed files: fresh, alike each time, whole, and such that a Grafana can take them in."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.models.dashboard import Dashboard

from govcloud_monitoring.dashboards.all import files
from support.dashboards import FOLDER, boards, panels

NAMES = ["capacity", "consolidation", "department", "health", "sharing"]
SHOWN = list(panels())
OF_GRAFANA = {"__rate_interval", "__range", "__all", "__field", "__url_time_range"}
CORE_PANELS = {"timeseries", "stat", "bargauge", "table"}
"""Of what Grafana brings along, without any plugin."""


def test_the_files_are_fresh():
    there = {file.name: file.read_text(encoding="utf-8") for file in FOLDER.iterdir()}
    assert there == files(), "run: python -m govcloud_monitoring.dashboards monitoring/dashboards"
    assert sorted(boards()) == NAMES


def test_another_process_writes_the_same_bytes(tmp_path: Path):
    subprocess.run([sys.executable, "-m", "govcloud_monitoring.dashboards", str(tmp_path / "new")], check=True)
    assert {file.name: file.read_bytes() for file in (tmp_path / "new").iterdir()} == {
        file.name: file.read_bytes() for file in FOLDER.iterdir()
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_board_can_be_taken_in_and_found_again(name: str):
    board = boards()[name]
    assert board["uid"] == f"govcloud-{name}"
    assert (board["refresh"], board["timezone"], board["tags"]) == ("1m", "browser", ["govcloud"])
    assert not board["editable"]
    assert not {"id", "version", "__inputs"} & set(board), "of one Grafana only"
    text = (FOLDER / f"{name}.json").read_text(encoding="utf-8")
    assert text == json.dumps(board, sort_keys=True, indent=1, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("name", NAMES)
def test_the_model_of_grafana_reads_all_of_it(name: str):
    def plain(board: dict[str, Any]) -> Any:
        return json.loads(json.dumps(Dashboard.from_json(board), default=lambda value: value.to_json()))

    assert plain(boards()[name]) == boards()[name]


@pytest.mark.parametrize("name", NAMES)
def test_boards_link_to_each_other_and_keep_what_is_chosen(name: str):
    [link] = boards()[name]["links"]
    assert (link["type"], link["tags"]) == ("dashboards", ["govcloud"])
    assert link["includeVars"]
    assert link["keepTime"]


@pytest.mark.parametrize("name", NAMES)
def test_one_data_source_is_chosen_and_every_query_and_choice_uses_it(name: str):
    board = boards()[name]
    first, *others = board["templating"]["list"]
    assert (first["name"], first["type"], first["query"]) == ("datasource", "datasource", "prometheus")
    assert [each["type"] for each in others] == ["query"] * len(others)
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    shown = [panel for panel in board["panels"] if panel["type"] != "row"]
    used = [*others, *shown, *(target for panel in shown for target in panel["targets"])]
    assert [each for each in used if each["datasource"] != chosen] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_variable_is_used_and_every_used_one_exists(name: str):
    there = {each["name"] for each in boards()[name]["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(boards()[name]))) - OF_GRAFANA
    assert used == there


@pytest.mark.parametrize("name", NAMES)
def test_panels_have_ids_of_their_own_and_do_not_cover_each_other(name: str):
    found = boards()[name]["panels"]
    assert [panel["id"] for panel in found] == list(range(1, len(found) + 1))
    cells = Counter(
        (x, y)
        for place in (panel["gridPos"] for panel in found)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    )
    assert max(cells.values()) == 1
    assert max(x for x, _ in cells) == 23


@pytest.mark.parametrize(("where", "panel"), SHOWN, ids=[where for where, _ in SHOWN])
def test_every_panel_says_what_it_shows_and_in_which_unit(where: str, panel: dict[str, Any]):
    assert panel["type"] in CORE_PANELS
    assert panel["fieldConfig"]["defaults"]["unit"]
    own = re.split(r" (?:Empty until|Red is where the alert) ", panel["description"])[0]
    assert 1 <= len(re.findall(r"[.?](?:\s|$)", own)) <= 2, own
    assert own.endswith(".")
    assert len(panel["targets"]) >= 1
    assert [target["refId"] for target in panel["targets"]] == list("ABCDEFGH")[: len(panel["targets"])]


def test_no_panel_repeats_another():
    asked = Counter(tuple(sorted(target["expr"] for target in panel["targets"])) for _, panel in panels())
    assert [expressions for expressions, count in asked.items() if count > 1] == []
    assert [where for where, count in Counter(where for where, _ in panels()).items() if count > 1] == []


def test_a_series_of_a_department_leads_to_its_board():
    linked = [panel for _, panel in panels() if "links" in panel["fieldConfig"]["defaults"]]
    assert len(linked) >= 5
    for panel in linked:
        assert all(target["legendFormat"] == "{{department}}" for target in panel["targets"])
        [link] = panel["fieldConfig"]["defaults"]["links"]
        assert link["url"].startswith("/d/govcloud-department?var-department=${__field.labels.department}&")


def test_the_baseline_is_a_line_of_its_own_and_says_where_it_comes_from():
    [panel] = [panel for where, panel in panels() if where == "sharing: Use of installed cores"]
    [line] = [target for target in panel["targets"] if target["expr"] == "vector(0.07)"]
    [override] = panel["fieldConfig"]["overrides"]
    assert override["matcher"] == {"id": "byName", "options": line["legendFormat"]}
    assert "Data Center Knowledge, 9 April 2010" in panel["description"]
