"""Who changed the site, when, and what: killed runs and torn lines are part of the story."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_infra.deploy import journal
from govcloud_infra.deploy.progress import PhaseResult


def begun(name: str) -> journal.Begun:
    return journal.Begun(
        id=name, verb="deploy", user="anna", host="ops1", pid=17, began="2026-11-25T08:00:00+00:00",
        site_sha256="ab" * 32, version="0.1.0", bundle=None, log=f"/logs/{name}.ndjson",
    )  # fmt: skip


def ended(name: str, outcome: journal.Outcome = "ok", code: int = 0, error: str | None = None) -> journal.Ended:
    changes = journal.changes([PhaseResult(phase="machines", changes=("create Machine w1",))])
    return journal.Ended(
        id=name, ended="2026-11-25T08:01:00+00:00", outcome=outcome, exit_code=code, changes=changes, error=error
    )


def test_runs_in_order_with_how_they_ended(tmp_path: Path) -> None:
    file = tmp_path / "journal.ndjson"
    for entry in (begun("a"), ended("a"), begun("b"), begun("c"), ended("c", "failed", 5, "stopped")):
        journal.append(file, entry)
    found = journal.runs(file)
    assert [(run.begin.id, run.outcome) for run in found] == [("a", "ok"), ("b", "unfinished"), ("c", "failed")]
    assert found[0].plain()["changes"] == {"machines": ["create Machine w1"]}
    assert found[1].plain() | {"outcome": "unfinished", "ended": None, "exit_code": None} == found[1].plain()
    assert (found[2].plain()["exit_code"], found[2].plain()["error"]) == (5, "stopped")
    assert all(json.loads(line) for line in file.read_text().splitlines())


def test_a_site_without_a_journal_has_no_runs(tmp_path: Path) -> None:
    assert journal.runs(tmp_path / "journal.ndjson") == []


@pytest.mark.parametrize("torn", ['{"id": "b", "ver', "", "null", "[]", "17", '{"id": "x", "ended": 1}', "\x00\xff"])
def test_a_torn_line_hides_neither_what_was_before_nor_what_comes(torn: str, tmp_path: Path) -> None:
    file = tmp_path / "journal.ndjson"
    journal.append(file, begun("a"))
    with file.open("a") as out:
        out.write(torn)
    journal.append(file, ended("a"))
    journal.append(file, begun("c"))
    assert [(run.begin.id, run.outcome) for run in journal.runs(file)] == [("a", "ok"), ("c", "unfinished")]


@given(cut=st.integers(min_value=0))
def test_a_kill_at_any_byte_loses_one_line_at_most(cut: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("journal") / "journal.ndjson"
    journal.append(file, begun("a"))
    first = file.stat().st_size
    journal.append(file, ended("a"))
    whole = file.read_bytes()
    file.write_bytes(whole[: first + cut % (len(whole) - first + 1)])
    journal.append(file, begun("b"))
    assert [run.begin.id for run in journal.runs(file)] == ["a", "b"]
