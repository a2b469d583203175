"""Exit codes and messages of the real command line, on the real bundle, before anything is changed."""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from govcloud_infra.bundle.store import Store, default_root
from govcloud_infra.deploy import events, journal, lock
from govcloud_infra.paths import REPOSITORY

GOVCLOUD = Path(sys.executable).with_name("govcloud")
SITE = str(REPOSITORY / "sites" / "lab" / "site.yaml")


def run(
    tmp_path: Path, *arguments: str, cache: Path | None = None, before: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """A command with a state folder of its own; it must not leave a trace of Python."""
    environment = {**os.environ, "GOVCLOUD_STATE": str(tmp_path / "state")}
    environment |= {"GOVCLOUD_CACHE": str(cache)} if cache else {}
    environment.pop("KUBECONFIG", None)
    command = [*before, str(GOVCLOUD), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=120)
    assert "Traceback" not in done.stderr
    return done


def damaged(tmp_path: Path) -> tuple[Path, Path]:
    """A copy of the bundle (hard links) in which one bit of the kubelet differs; returns cache folder and blob."""
    root = default_root(os.environ)
    kubelet = Store(root).file("kubernetes", "kubelet")
    cache = tmp_path / "cache"
    (cache / "bundle").mkdir(parents=True)
    shutil.copy(root / "manifest.json", cache / "bundle" / "manifest.json")
    shutil.copytree(root / "blobs", cache / "bundle" / "blobs", copy_function=os.link)
    blob = cache / "bundle" / "blobs" / "sha256" / kubelet.name
    content = bytearray(blob.read_bytes())
    content[len(content) // 2] ^= 1
    blob.unlink()
    blob.write_bytes(content)
    return cache, blob


@pytest.mark.parametrize("verb", [("bundle", "verify"), ("deploy", SITE)])
def test_a_damaged_bundle_is_10_and_names_the_file(tmp_path: Path, verb: tuple[str, ...]) -> None:
    cache, blob = damaged(tmp_path)
    done = run(tmp_path, *verb, cache=cache)
    assert done.returncode == 10, done.stderr
    assert "kubelet" in done.stderr
    assert str(blob) in done.stderr
    assert not (tmp_path / "state" / "lab" / "machines").exists()


def test_no_bundle_is_10_and_says_how_to_make_one(tmp_path: Path) -> None:
    done = run(tmp_path, "deploy", SITE, cache=tmp_path / "empty")
    assert done.returncode == 10
    assert "govcloud bundle build" in done.stderr


def test_a_broken_site_file_is_3_with_every_fault(tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    site.write_text(Path(SITE).read_text().replace("role: worker", "role: wrker").replace("podCidr", "podCdr"))
    done = run(tmp_path, "deploy", str(site))
    assert done.returncode == 3
    assert f"{site}:" in done.stderr
    for fault in ("did you mean podCidr?", "spec.network.podCidr: is missing", "nodes[1].role", "nodes[2].role"):
        assert fault in done.stderr
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("verb", [("status", SITE), ("kubeconfig", SITE), ("env", "ls", SITE), ("dept", "ls", SITE)])
def test_a_site_without_a_cluster_is_9_and_says_what_to_run(tmp_path: Path, verb: tuple[str, ...]) -> None:
    done = run(tmp_path, *verb)
    assert done.returncode == 9
    assert "govcloud deploy" in done.stderr


def test_a_site_that_another_command_changes_is_8(tmp_path: Path) -> None:
    lock = tmp_path / "state" / "lab" / "lock"
    lock.parent.mkdir(parents=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        held.write("4711")
        held.flush()
        done = run(tmp_path, "deploy", SITE)
    assert done.returncode == 8
    assert "4711" in done.stderr


def test_the_plan_of_a_new_site_lists_everything_and_writes_nothing(tmp_path: Path) -> None:
    done = run(tmp_path, "plan", SITE, "-o", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {item["where"] for item in found if item["phase"] == "machines"} == {"this host", "cp1", "w1", "w2"}
    assert [item["where"] for item in found if item["phase"] == "cluster"] == ["cp1", "w1", "w2"]
    assert {"where": "Department tax", "what": "create", "phase": "platform"} in found
    assert not (tmp_path / "state").exists()
    done = run(tmp_path, "plan", "--detailed-exitcode", SITE)
    assert done.returncode == 7, done.stderr
    assert done.stdout.splitlines()[0] == "this host"
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_deploy_is_130_and_written_down(tmp_path: Path, sent: signal.Signals) -> None:
    cache, _ = damaged(tmp_path)  # should the signal come late, nothing is made
    state = {"GOVCLOUD_STATE": str(tmp_path / "state"), "GOVCLOUD_CACHE": str(cache)}
    environment = {**os.environ, **state, "SUDO_USER": "anna"}
    command = [str(GOVCLOUD), "deploy", SITE]
    with subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        first = next(line for line in process.stderr if "▶ bundle" in line)
        process.send_signal(sent)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, first + err
    assert out == ""
    assert "Traceback" not in err
    assert "✗ bundle" in err
    (found,) = journal.runs(tmp_path / "state" / "lab" / "journal.ndjson")
    assert err.splitlines()[-2:] == [
        "error: interrupted; run the command again to go on", f"Log of this run: {found.begin.log}",
    ]  # fmt: skip
    assert (found.outcome, found.begin.user, found.plain()["exit_code"]) == ("interrupted", "anna", 130)
    assert [line["kind"] for line in events.read(Path(found.begin.log))][-1] == "error"
    assert lock.leftovers(tmp_path / "state" / "lab") == []


def test_a_killed_deploy_shows_as_unfinished_and_is_no_obstacle(tmp_path: Path) -> None:
    cache, _ = damaged(tmp_path)  # should the signal come late, nothing is made
    environment = {**os.environ, "GOVCLOUD_STATE": str(tmp_path / "state"), "GOVCLOUD_CACHE": str(cache)}
    command = [str(GOVCLOUD), "deploy", SITE]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert any("▶ bundle" in line for line in process.stderr)
        process.kill()
    (found,) = journal.runs(tmp_path / "state" / "lab" / "journal.ndjson")
    assert found.outcome == "unfinished"
    done = run(tmp_path, "deploy", SITE, cache=tmp_path / "empty")
    assert done.returncode == 10, done.stderr
    assert [item.outcome for item in journal.runs(tmp_path / "state" / "lab" / "journal.ndjson")] == [
        "unfinished", "failed",
    ]  # fmt: skip


def test_a_second_operator_is_told_who_works_there(tmp_path: Path) -> None:
    file = tmp_path / "state" / "lab" / "lock"
    who = lock.owner("govcloud deploy", {"SUDO_USER": "anna"})
    with lock.held(file, lambda _text: None, who):
        done = run(tmp_path, "deploy", SITE)
    assert done.returncode == 8
    assert (
        f"anna on {who.host} is changing this site since {who.since} (govcloud deploy, process {os.getpid()})"
        in done.stderr
    )


def test_a_wrong_name_destroys_nothing(tmp_path: Path) -> None:
    done = run(tmp_path, "destroy", SITE, "--confirm", "other")
    assert done.returncode == 2
    assert "nothing was changed" in done.stderr


def test_root_without_the_rights_of_root_is_4_before_anything_is_changed(tmp_path: Path) -> None:
    done = run(tmp_path, "deploy", SITE, before=("setpriv", "--bounding-set", "-sys_admin"))
    assert done.returncode == 4, done.stderr
    assert "CAP_SYS_ADMIN" in done.stderr
    assert not (tmp_path / "state").exists()


def test_a_user_is_4_before_anything_is_changed(tmp_path: Path) -> None:
    done = run(tmp_path, "deploy", SITE, before=("unshare", "--user", "--map-user=65534"))
    assert done.returncode == 4, done.stderr
    assert "you are not root" in done.stderr
    assert not (tmp_path / "state").exists()


def test_a_full_disk_is_4_before_anything_is_changed(tmp_path: Path) -> None:
    script = 'mount -t tmpfs -o size=16m tmpfs "$1" && shift && exec "$@"'
    before = ("unshare", "--mount", "sh", "-c", script, "sh", str(tmp_path))
    done = run(tmp_path, "deploy", SITE, before=before)
    assert done.returncode == 4, done.stderr
    assert "GiB are free for" in done.stderr
