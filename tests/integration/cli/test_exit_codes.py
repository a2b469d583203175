"""Exit codes and messages of the real command line, on the real bundle, before anything is changed."""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from govcloud_infra.bundle.store import Store, default_root
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
