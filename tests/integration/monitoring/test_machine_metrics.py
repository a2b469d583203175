"""What a machine writes about itself, with the programs that will read it and the rights that it will have."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from govcloud_infra.deploy import provision
from govcloud_monitoring import machines
from support import calling, mounted, node_exporter
from support.machine_metrics import Machine, disk_usage, furnish, unit
from support.monitoring import samples
from support.mounted import Site
from support.promtool import Promtool

DONE = provision.Done(ended_seconds=1_800_000_000, changes=7, phase_seconds={"cluster": 80.25}, bundle_sha256="ab" * 32)
# Root of a unit with one capability: what it may not do by its user is not made up for.
CONFINED = ("setpriv", "--bounding-set=-all,+dac_read_search", "--inh-caps=-all", "--no-new-privs")


@pytest.fixture
def machine() -> Iterator[Machine]:
    """In a folder that everybody may enter, as a machine's root is."""
    with tempfile.TemporaryDirectory(prefix="govcloud-machine-") as name:
        Path(name).chmod(0o755)
        found = Machine(Path(name))
        furnish(found, datetime.now(UTC) + timedelta(days=30))
        yield found


def used(text: str) -> dict[str, float]:
    """Bytes by claim."""
    return {
        dict(labels)["persistentvolumeclaim"]: value
        for (name, labels), value in samples(text).items()
        if name == "govcloud_volume_used_bytes"
    }


def test_the_pages_have_no_lint(promtool: Promtool, machine: Machine) -> None:
    for text in (machine.written("--files=0"), machine.written(), provision.page(DONE)):
        assert promtool.check("check", "metrics", stdin=text) == ""


def test_node_exporter_shows_what_the_machine_and_deploy_wrote(machine: Machine, tmp_path: Path) -> None:
    machine.written("--files=0")
    subprocess.run(["sh", "-c", provision.script(provision.page(DONE), str(machine.page.parent))], check=True)
    site = Site(machine.root / "site")
    how = mounted.context(site.prometheus.folder, site.authority.certificate)
    with node_exporter.running(machine, site, tmp_path / "log") as port:
        status, text = calling.ask(port, "/metrics", how, mounted.NODE_EXPORTER.dns_names[0])
    assert status == 200
    shown = samples(text)
    assert [value for (name, _), value in shown.items() if name == "node_textfile_scrape_error"] == [0]
    assert {name for name, _ in shown} >= {metric.name for metric in machines.METRICS}
    written = machine.page.read_text() + provision.page(DONE)
    assert {key: value for key, value in shown.items() if key[0].startswith("govcloud_")} == samples(written)
    for metric in machines.METRICS:
        assert f"# HELP {metric.name} {metric.help}\n" in text
    assert len(shown) < 1000, "the sample limit of its job leaves room for 500 volumes"


def test_one_capability_is_enough(machine: Machine) -> None:
    volume = next(machine.volumes.glob("*data-db-0"))
    (volume / "inner").mkdir()
    (volume / "inner" / "file").write_bytes(os.urandom(70_000))
    for path, owner in ((volume, 1000), (volume / "inner", 1001), (volume / "inner" / "file", 1001)):
        path.chmod(0o700 if path.is_dir() else 0o000)
        os.chown(path, owner, owner)
    (machine.root / "var/lib/etcd").chmod(0o700)
    os.chown(machine.root / "var/lib/etcd", 1002, 1002)
    done = machine.run(before=CONFINED)
    assert (done.returncode, done.stderr) == (0, "")
    assert used(machine.page.read_text())["data-db-0"] == disk_usage(volume) > 170_000
    assert machine.page.read_text().count("govcloud_etcd_snapshot_size_bytes 2048\n") == 1
    without = machine.run(before=(*CONFINED[:1], "--bounding-set=-all", *CONFINED[2:]))
    assert (without.returncode, "Permission denied" in without.stderr) == (1, True), "else this test proves nothing"


def test_another_file_system_in_a_volume_does_not_count(machine: Machine) -> None:
    volume = next(machine.volumes.glob("*data-db-0"))
    (volume / "mounted").mkdir()
    mount = 'mount -t tmpfs tmpfs "$0" && head -c 1000000 /dev/urandom > "$0/file" && exec "$@"'
    before = disk_usage(volume)
    done = machine.run(before=("unshare", "--mount", "sh", "-c", mount, str(volume / "mounted")))
    assert (done.returncode, done.stderr) == (0, "")
    folder_bytes = (volume / "mounted").stat().st_blocks * 512
    assert used(machine.page.read_text())["data-db-0"] == before - folder_bytes


def test_systemd_understands_the_units_and_finds_little_to_fear(tmp_path: Path) -> None:
    files = []
    for kind in ("service", "timer"):
        files.append(tmp_path / f"govcloud-machine-metrics.{kind}")
        files[-1].write_text(unit(kind))
    done = subprocess.run(["systemd-analyze", "verify", *files], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    words = ["systemd-analyze", "security", "--offline=yes", "--threshold=20", "--no-pager", files[0]]
    judged = subprocess.run(words, capture_output=True, text=True, check=False)
    assert judged.returncode == 0, judged.stdout + judged.stderr
