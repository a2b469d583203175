"""What the conductor does without a bundle, an engine or a machine."""

from pathlib import Path

import pytest

from govcloud_api.errors import BundleCorrupt, Locked
from govcloud_infra.deploy import conductor, lock
from govcloud_infra.deploy.context import Context, open_site
from govcloud_infra.deploy.progress import Silent
from support.sites import LAB


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
        conductor.plan(context, Silent())
