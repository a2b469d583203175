"""What is read in the engine's own files instead of starting it."""

import json
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation as auto

from govcloud_infra.engine.workspaces import Files, Stack, Workspace

SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:a:b"}


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path, "govcloud-site", "site")


def keep(files: Files, **latest: Any) -> None:
    files.checkpoint.parent.mkdir(parents=True, exist_ok=True)
    files.checkpoint.write_text(json.dumps({"version": 3, "checkpoint": {"stack": "site", "latest": latest}}))


def stack(files: Files) -> Stack:
    command = auto.PulumiCommand.__new__(auto.PulumiCommand)  # there is no engine: starting it would fail
    return Stack.select("site", Workspace(files, lambda: None, files.folder, command, {}))


def program(**outputs: Any) -> list[dict[str, Any]]:
    other = {"urn": "urn:b", "type": "govcloud:infra:Network", "outputs": {"bridge": "gc"}}
    return [other, {"urn": "urn:s", "type": "pulumi:pulumi:Stack", "outputs": outputs}]


def test_outputs_are_those_of_the_program(files: Files) -> None:
    keep(files, resources=program(url="https://10.0.0.1", hostKeys={"cp1": "ssh-ed25519 A"}))
    found = {name: (item.value, item.secret) for name, item in stack(files).outputs().items()}
    assert found == {"url": ("https://10.0.0.1", False), "hostKeys": ({"cp1": "ssh-ed25519 A"}, False)}


@pytest.mark.parametrize("value", [SECRET, {"a": [SECRET]}, [[{"b": SECRET}]]])
def test_only_the_engine_reads_secrets(files: Files, value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(files, resources=program(password=value))
    told = {"password": auto.OutputValue(value="deciphered", secret=True)}
    monkeypatch.setattr(auto.LocalWorkspace, "stack_outputs", lambda *_: told)
    assert stack(files).outputs() == told


@pytest.mark.parametrize("resources", [None, [], [{"urn": "urn:s", "type": "pulumi:pulumi:Stack"}]])
def test_a_stack_that_told_nothing_has_no_outputs(files: Files, resources: Any) -> None:
    keep(files, resources=resources)
    assert stack(files).outputs() == {}


def test_what_a_killed_run_leaves_behind_is_seen(files: Files) -> None:
    keep(files, resources=program())
    assert not stack(files).is_left_behind()
    keep(files, resources=program(), pending_operations=[{"type": "creating", "resource": {}}])
    assert stack(files).is_left_behind()


@pytest.mark.parametrize(
    ("lock", "is_ours"),
    [
        ("organization/govcloud-site/site/1.json", True),
        ("organization/govcloud-site/site/1.json.attrs", False),
        ("organization/govcloud-platform/platform/1.json", False),
    ],
)
def test_a_lock_is_that_of_this_stack(files: Files, lock: str, *, is_ours: bool) -> None:
    keep(files, resources=program())
    file = files.folder / "locks" / lock
    file.parent.mkdir(parents=True)
    file.touch()
    assert stack(files).is_left_behind() == is_ours


def test_the_last_runs_are_kept(files: Files) -> None:
    history = files.folder / "history" / "govcloud-site" / "site"
    history.mkdir(parents=True)
    kinds = ("history.json", "history.json.attrs", "checkpoint.json", "checkpoint.json.attrs")
    for run in range(100, 125):
        for kind in kinds:
            (history / f"site-{run}.{kind}").touch()
    files.prune()
    kept = {f"site-{run}.{kind}" for run in range(105, 125) for kind in kinds}
    assert {file.name for file in history.iterdir()} == kept


def test_there_may_be_no_history(files: Files) -> None:
    files.prune()
    assert not (files.folder / "history").exists()
