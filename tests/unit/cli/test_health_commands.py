"""Commands that look at a site, on one that is not there: code, result on stdout, nothing left behind."""

import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from govcloud_cli import run
from govcloud_cli.main import cli
from support.sites import LAB, written

Govcloud = Callable[..., tuple[int, str, str]]


@pytest.fixture
def govcloud(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Govcloud:
    """Run the command line with a state and a cache of its own; returns code, stdout and stderr."""
    monkeypatch.setenv("GOVCLOUD_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("GOVCLOUD_CACHE", str(tmp_path / "cache"))

    def command(*arguments: str | Path) -> tuple[int, str, str]:
        code = run.run(cli, [str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


@pytest.mark.parametrize("verb", ["status", "health"])
@pytest.mark.parametrize("form", ["text", "json", "yaml"])
def test_a_site_without_a_cluster_is_unreachable(govcloud: Govcloud, verb: str, form: str, tmp_path: Path) -> None:
    code, out, err = govcloud(verb, LAB, "-o", form)
    assert (code, out) == (9, "")
    assert "site lab has no cluster yet; run: govcloud deploy" in err
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("verb", ["status", "health", "preflight", "support-bundle"])
def test_a_site_file_that_cannot_be_read_is_refused_alike(govcloud: Govcloud, verb: str, tmp_path: Path) -> None:
    code, out, err = govcloud(verb, written("[", tmp_path))
    assert (code, out) == (3, "")
    assert "not YAML" in err


@pytest.mark.parametrize("seconds", ["4", "301", "soon"])
def test_the_time_for_probes_has_bounds(govcloud: Govcloud, seconds: str) -> None:
    assert govcloud("health", LAB, "--timeout", seconds)[0] == 2


def test_preflight_of_a_lab_without_a_bundle(govcloud: Govcloud, tmp_path: Path) -> None:
    code, out, _ = govcloud("preflight", LAB, "-o", "json")
    found = json.loads(out)
    assert (code, found["ok"], found["lookedAt"]) == (4, False, ["this host"])
    assert "There is no bundle in" in found["problems"][-1]["problem"]
    assert not (tmp_path / "state").exists()


def test_doctor_looks_at_a_host_where_nothing_is_yet(govcloud: Govcloud, tmp_path: Path) -> None:
    code, out, err = govcloud("doctor", LAB, "-o", "json")
    found = json.loads(out)
    assert (code, err) == (4, "")
    assert {line["topic"] for line in found["lines"] if line["level"] == "fail"} >= {"bundle", "engine"}
    assert not (tmp_path / "state").exists()
    assert "✗ bundle" in govcloud("doctor", LAB)[1]


def test_doctor_goes_on_with_a_broken_site_file(govcloud: Govcloud, tmp_path: Path) -> None:
    code, out, _ = govcloud("doctor", written("[", tmp_path))
    assert code == 4
    assert "✗ site" in out
    assert "versions" in out


def test_a_support_bundle_says_what_it_holds_and_what_not(
    govcloud: Govcloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, _ = govcloud("support-bundle", LAB, "-o", "json")
    found = json.loads(out)
    assert code == 0
    assert found["file"].startswith("govcloud-support-lab-")
    with tarfile.open(tmp_path / found["file"]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names == set(found["holds"])
    assert "cluster" in found["missing"]
    code, out, err = govcloud("support-bundle", LAB, "--to", tmp_path / found["file"])
    assert (code, out) == (3, "")
    assert "is there already" in err
