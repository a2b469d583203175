"""`govcloud bundle`: what goes to stdout, and that reading changes nothing."""

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from govcloud_api.errors import BundleCorrupt
from govcloud_cli.commands.bundle import bundle
from govcloud_infra.bundle import manifest, store


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


@pytest.mark.parametrize("verb", ["build", "list", "verify"])
def test_every_verb_has_help_with_an_example(verb: str) -> None:
    assert "Example: govcloud bundle" in stdout(verb, "--help")
