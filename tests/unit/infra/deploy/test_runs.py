"""A run is alone, written down however it ends, and says where."""

import json
from pathlib import Path

import pytest

from govcloud_api.errors import Locked, ToolFailed
from govcloud_infra.deploy import events, journal, lock, runs
from govcloud_infra.deploy.context import Context, open_site
from govcloud_infra.deploy.progress import PhaseResult, Silent
from support.sites import LAB


@pytest.fixture
def context(tmp_path: Path) -> Context:
    environ = {"GOVCLOUD_STATE": str(tmp_path / "state"), "GOVCLOUD_CACHE": str(tmp_path / "cache")}
    return open_site(LAB, {**environ, "SUDO_USER": "anna"})


def only(context: Context) -> journal.Run:
    (run,) = journal.runs(context.paths.journal)
    return run


def broken(context: Context, error: BaseException) -> None:
    """A run that ends within its second phase."""
    with runs.recorded(context, "deploy", Silent()) as run:
        run.phase("machines")
        run.finished(PhaseResult(phase="machines", changes=("create Machine w1",)))
        run.phase("cluster")
        raise error


def test_a_run_that_ends_well(context: Context) -> None:
    with runs.recorded(context, "deploy", Silent()) as run:
        run.phase("machines")
        assert only(context).outcome == "unfinished"
        assert json.loads(context.paths.lock.read_text())["command"] == "govcloud deploy"
        run.finished(PhaseResult(phase="machines", changes=("create Machine w1",)))
    found = only(context).plain()
    assert (found["verb"], found["user"], found["outcome"], found["exit_code"]) == ("deploy", "anna", "ok", 0)
    assert found["changes"] == {"machines": ["create Machine w1"]}
    assert len(found["site_sha256"]) == 64
    assert (found["bundle"], found["error"]) == (None, None)
    log = Path(found["log"])
    assert log.parent == context.paths.logs
    assert [line["kind"] for line in events.read(log)] == ["phase", "changed", "done"]


@pytest.mark.parametrize(
    ("error", "outcome", "code", "said"),
    [
        (
            ToolFailed("cp1 / Join: token abcdef.0123456789abcdef is bad"),
            "failed",
            5,
            "cp1 / Join: token [secret] is bad",
        ),
        (KeyboardInterrupt(), "interrupted", 130, "interrupted"),
        (PermissionError(13, "Permission denied"), "failed", 4, "[Errno 13] Permission denied"),
        (RuntimeError(), "failed", 1, "RuntimeError"),
    ],
)
def test_a_run_that_does_not(context: Context, error: BaseException, outcome: str, code: int, said: str) -> None:
    with pytest.raises(type(error)) as caught:
        broken(context, error)
    found = only(context).plain()
    assert (found["outcome"], found["exit_code"], found["error"]) == (outcome, code, said)
    assert found["changes"] == {"machines": ["create Machine w1"]}
    last = events.read(Path(found["log"]))[-1]
    assert (last["phase"], last["kind"], last["text"]) == ("cluster", "error", said)
    assert caught.value.__notes__ == [f"Log of this run: {found['log']}"]
    with lock.held(context.paths.lock, lambda _text: None):
        pass  # the lock is free again


def test_nothing_is_written_while_another_command_works(context: Context) -> None:
    with lock.held(context.paths.lock, lambda _text: None), pytest.raises(Locked):
        broken(context, RuntimeError())
    assert journal.runs(context.paths.journal) == []


def test_old_event_logs_make_room_and_other_logs_stay(context: Context) -> None:
    context.paths.logs.mkdir(parents=True)
    for number in range(120):
        (context.paths.logs / f"20260101T{number:06}Z-1.ndjson").touch()
    (context.paths.logs / "ansible.log").touch()
    with runs.recorded(context, "deploy", Silent()):
        pass
    kept = sorted(file.name for file in context.paths.logs.glob("*.ndjson"))
    assert len(kept) == 100
    assert kept[0] == "20260101T000021Z-1.ndjson"
    assert (context.paths.logs / "ansible.log").exists()
