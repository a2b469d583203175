"""Which engine is used, and that its version is the SDK's."""

import importlib.metadata
from pathlib import Path

import pytest

from govcloud_api.errors import BundleCorrupt, PreflightFailed
from govcloud_infra.bundle.manifest import Component
from govcloud_infra.bundle.store import Store
from govcloud_infra.engine import installed
from govcloud_infra.paths import SitePaths

VERSION = importlib.metadata.version("pulumi")


def program(file: Path, version: str) -> Path:
    """An engine that knows its version and nothing else."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\necho v{version}\n")
    file.chmod(0o755)
    return file


@pytest.fixture
def paths(tmp_path: Path) -> SitePaths:
    return SitePaths(state=tmp_path / "state", cache=tmp_path / "cache")


def bundle_with(paths: SitePaths, version: str) -> Store:
    """A bundle that holds an engine."""
    store = Store(paths.bundle)
    entry = store.take(program(paths.cache / "new", version), "0755")
    store.record("pulumi", Component(version=f"v{version}", licence="Apache-2.0", key="k", files={"pulumi": entry}))
    return store


def on_path(folder: Path, version: str = VERSION) -> dict[str, str]:
    program(folder / "pulumi", version)
    return {"PATH": f"{folder}:/usr/bin:/bin"}


def told(root: Path) -> str:
    return (root / "bin" / "pulumi").read_text()


def test_the_bundles_comes_first(paths: SitePaths, tmp_path: Path) -> None:
    bundle_with(paths, VERSION)
    root = installed.find(paths, on_path(tmp_path / "bin", "1.2.3"))
    assert str(installed.command(root).version) == VERSION


def test_without_a_bundle_the_one_on_path_is_linked(paths: SitePaths, tmp_path: Path) -> None:
    root = installed.find(paths, on_path(tmp_path / "bin"))
    assert (root / "bin" / "pulumi").resolve() == tmp_path / "bin" / "pulumi"
    assert str(installed.command(root).version) == VERSION
    bundle_with(paths, VERSION)
    assert not (installed.find(paths, {}) / "bin" / "pulumi").is_symlink()


def test_what_an_earlier_run_placed_is_used_when_the_bundle_is_gone(paths: SitePaths) -> None:
    store = bundle_with(paths, VERSION)
    before = told(installed.find(paths, {}))
    (store.root / "manifest.json").unlink()
    assert told(installed.find(paths, {})) == before


def test_none_at_all_names_the_bundle(paths: SitePaths) -> None:
    with pytest.raises(BundleCorrupt, match="govcloud bundle build"):
        installed.find(paths, {"PATH": "/nowhere"})


def test_a_broken_bundle_is_not_papered_over(paths: SitePaths, tmp_path: Path) -> None:
    store = bundle_with(paths, VERSION)
    store.path(store.manifest().file("pulumi", "pulumi").sha256).unlink()
    with pytest.raises(BundleCorrupt, match="Component pulumi, file pulumi"):
        installed.find(paths, on_path(tmp_path / "bin"))


@pytest.mark.parametrize("version", ["3.1.0", "3.249.0", "4.0.0"])
def test_another_version_than_the_sdks_is_refused(version: str, paths: SitePaths, tmp_path: Path) -> None:
    root = installed.find(paths, on_path(tmp_path / "bin", version))
    with pytest.raises(
        PreflightFailed, match=f"{tmp_path}/bin/pulumi is Pulumi {version}, govcloud works with {VERSION}"
    ):
        installed.command(root)


def test_one_that_does_not_run_is_refused(paths: SitePaths, tmp_path: Path) -> None:
    environ = on_path(tmp_path / "bin")
    (tmp_path / "bin" / "pulumi").write_text("#!/bin/sh\nexit 3\n")
    with pytest.raises(PreflightFailed, match="does not run"):
        installed.command(installed.find(paths, environ))


def test_a_folder_that_cannot_be_made_is_named(paths: SitePaths) -> None:
    bundle_with(paths, VERSION)
    paths.state.write_text("a file where the site's folder belongs")
    with pytest.raises(
        PreflightFailed, match=r"state/pulumi/engine.* cannot be written \(Not a directory\).*GOVCLOUD_STATE"
    ):
        installed.find(paths, {})
