"""`govcloud bundle`: what goes to stdout, and that reading changes nothing."""

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from govcloud_api.errors import BundleCorrupt, Locked
from govcloud_cli.commands.bundle import bundle
from govcloud_infra.bundle import host, lock, manifest, store
from support import bundles


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GOVCLOUD_CACHE", str(tmp_path))
    return tmp_path


@pytest.fixture
def kept(cache: Path) -> store.Store:
    kept = store.Store(cache / "bundle")
    kept.root.mkdir()
    (kept.root / "source").write_text("program")
    entry = kept.take(kept.root / "source", "0755")
    component = manifest.Component(version="v1", licence="MIT", key="0" * 64, files={"tool": entry})
    kept.record("tool", component)
    return kept


def stdout(*arguments: str) -> str:
    result = CliRunner().invoke(bundle, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


@pytest.mark.parametrize(("form", "read"), [("json", json.loads), ("yaml", yaml.safe_load)])
def test_list_for_programs(kept: store.Store, form: str, read: object) -> None:
    assert callable(read)
    found = read(stdout("list", "-o", form))
    assert found["components"]["tool"]["size"] == 7
    assert found["digest"] == kept.manifest().digest


def test_list_and_verify_for_people(kept: store.Store) -> None:
    assert "tool" in stdout("list")
    assert f"All 1 blobs of the bundle in {kept.root}" in stdout("verify")


def test_verify_fails_with_the_name_of_the_bad_file(kept: store.Store) -> None:
    kept.file("tool", "tool").unlink()
    with pytest.raises(BundleCorrupt, match="Component tool, file tool"):
        CliRunner().invoke(bundle, ["verify"], catch_exceptions=False)


def test_a_dry_run_names_what_it_would_build_and_changes_nothing(cache: Path) -> None:
    assert stdout("build", "--dry-run", "etcd") == "Would build registry, crane, etcd.\n"
    assert list(cache.iterdir()) == []


def test_another_architecture_has_a_folder_of_its_own_and_go_programs_only(cache: Path) -> None:
    foreign = {"amd64": "arm64", "arm64": "amd64"}[host.architecture()]
    result = CliRunner().invoke(bundle, ["build", "--arch", foreign, "--dry-run", "etcd"], catch_exceptions=False)
    assert result.stdout == "Would build etcd.\n"
    assert "Images, manifests and Debian systems are left out" in result.stderr
    assert list(cache.iterdir()) == []


def test_export_and_import_say_what_to_compare(
    kept: store.Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "bundle.tar"
    told = stdout("export", str(file))
    assert f"SHA-256 of the file: {store.hash_file(file)}" in told
    monkeypatch.setenv("GOVCLOUD_CACHE", str(tmp_path / "far"))
    assert f"Digest of the bundle: {kept.manifest().digest}" in stdout("import", str(file))
    assert "1 blobs" in stdout("verify")
    assert stdout("prune") == "Nothing to remove: the bundle needs every blob.\n"


def test_another_that_works_there_is_told_with_exit_code_8(kept: store.Store, tmp_path: Path) -> None:
    stdout("export", str(tmp_path / "bundle.tar"))
    with lock.hold(kept.root, wait_seconds=0, tell=print):
        for verb in (["import", str(tmp_path / "bundle.tar")], ["prune"]):
            with pytest.raises(Locked, match="--wait"):
                CliRunner().invoke(bundle, verb, catch_exceptions=False)


def test_sbom_is_the_stored_one_and_says_how_to_get_it(kept: store.Store) -> None:
    with pytest.raises(BundleCorrupt, match="no bill of materials; run `govcloud bundle build`"):
        CliRunner().invoke(bundle, ["sbom"], catch_exceptions=False)
    text = '{"bomFormat": "CycloneDX", "components": []}\n'
    entry = bundles.put(kept, text)
    kept.replace_manifest(kept.manifest().with_sbom(entry))
    assert stdout("sbom", "-o", "json") == text
    assert stdout("sbom").startswith("CycloneDX 1.6: 0 Go modules")
    bundles.spoil(kept.path(entry.sha256), text.replace("DX", "dx"))
    for verb in ("sbom", "verify"):
        with pytest.raises(BundleCorrupt, match=r"The bill of materials of the bundle: .* or import the bundle again"):
            CliRunner().invoke(bundle, [verb], catch_exceptions=False)


@pytest.mark.parametrize("verb", ["build", "list", "verify", "sbom", "export", "import", "prune"])
def test_every_verb_has_help_with_an_example(verb: str) -> None:
    assert "Example: govcloud bundle" in stdout(verb, "--help")
