"""What the conductor does without a bundle, an engine or a machine."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from govcloud_api.errors import BundleCorrupt, ConfigError, Locked, PreflightFailed
from govcloud_infra.deploy import conductor, journal, lock, planning, preflight
from govcloud_infra.deploy.context import Context, open_site
from govcloud_infra.deploy.progress import Silent
from govcloud_infra.paths import SitePaths
from govcloud_infra.site import deployed
from support.sites import LAB, lab


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """The lab, as a run left it that was stopped before it made a machine; there is no bundle."""
    found = open_site(LAB, {"GOVCLOUD_STATE": str(tmp_path / "state"), "GOVCLOUD_CACHE": str(tmp_path / "cache")})
    found.paths.pki.mkdir(parents=True)
    (found.paths.pki / "ca.key").write_text("key")
    return found


def test_what_was_begun_can_be_removed_without_a_bundle(context: Context, tmp_path: Path) -> None:
    conductor.destroy(context, Silent())
    assert not (tmp_path / "state").exists()


def test_the_state_of_another_site_stays(context: Context, tmp_path: Path) -> None:
    (tmp_path / "state" / "other").mkdir()
    conductor.destroy(context, Silent())
    assert [folder.name for folder in (tmp_path / "state").iterdir()] == ["other"]


def test_nothing_is_removed_while_another_command_works(context: Context) -> None:
    with lock.held(context.paths.lock, lambda _text: None), pytest.raises(Locked):
        conductor.destroy(context, Silent())
    assert (context.paths.pki / "ca.key").exists()


def test_a_plan_needs_the_bundle(context: Context) -> None:
    with pytest.raises(BundleCorrupt):
        planning.plan(context, Silent())


def test_a_host_that_is_not_fit_keeps_no_trace(
    context: Context, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # no tool is installed
    fresh = dataclasses.replace(context, paths=SitePaths(state=tmp_path / "fresh" / "lab", cache=tmp_path / "cache"))
    with pytest.raises(PreflightFailed):
        conductor.deploy(fresh, Silent())
    assert not (tmp_path / "fresh").exists()


@pytest.mark.parametrize("verb", [conductor.deploy, planning.plan], ids=["deploy", "plan"])
def test_a_node_that_left_the_file_is_not_taken_away_by_itself(
    verb: Callable[[Context, Silent], object], context: Context
) -> None:
    nodes = [node.model_dump(mode="json", by_alias=True) for node in lab().spec.nodes]
    standing = lab(nodes=[*nodes, {"name": "w9", "role": "worker", "address": "10.77.0.19"}])
    deployed.save(standing, context.paths.deployed)
    before = sorted(context.paths.state.rglob("*"))
    with pytest.raises(ConfigError, match=r"no longer has w9.*\n.*govcloud node remove w9 --confirm w9"):
        verb(context, Silent())
    assert sorted(context.paths.state.rglob("*")) == before


def test_a_run_that_failed_is_in_the_journal(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    context.paths.lock.touch()
    monkeypatch.setattr(preflight, "check", lambda _site, _paths: None)
    with pytest.raises(BundleCorrupt) as caught:
        conductor.deploy(context, Silent())
    (run,) = journal.runs(context.paths.journal)
    assert (run.begin.verb, run.outcome, run.plain()["exit_code"]) == ("deploy", "failed", 10)
    assert caught.value.__notes__ == [f"Log of this run: {run.begin.log}"]
