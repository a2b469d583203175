"""The page of a machine: what is on it, and that a fault leaves the old one where it is."""

from __future__ import annotations

import os
import re
import stat
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from govcloud_monitoring import machines
from support.machine_metrics import ROLE, Machine, disk_usage, furnish, script, unit
from support.manifests import documents
from support.monitoring import samples

ENDS = datetime(2030, 6, 1, tzinfo=UTC)
CERTIFICATES = script("certificates").FILES
CLAIM = {"namespace": "tax-portal-test", "persistentvolumeclaim": "data-db-0"}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def values(text: str, name: str) -> dict[frozenset[tuple[str, str]], float]:
    """Of one metric, by labels."""
    return {labels: value for (found, labels), value in samples(text).items() if found == name}


def one(text: str, name: str) -> float:
    """Of a metric without labels."""
    [value] = values(text, name).values()
    return value


def test_the_page_has_the_names_labels_and_meanings_that_are_written_down(machine: Machine) -> None:
    furnish(machine, ENDS)
    text = machine.written("--files=0")
    found = {
        family.name: (family.documentation, family.type, {frozenset(sample.labels) for sample in family.samples})
        for family in text_string_to_metric_families(text)
    }
    assert found == {metric.name: (metric.help, "gauge", {frozenset(metric.labels)}) for metric in machines.OF_MACHINE}


def test_a_control_plane_tells_all_it_knows(machine: Machine) -> None:
    furnish(machine, ENDS)
    began = int(time.time())
    text = machine.written()
    used = values(text, "govcloud_volume_used_bytes")
    [volume] = machine.volumes.glob("*data-db-0")
    assert used[frozenset(CLAIM.items())] == disk_usage(volume) > 100_000
    assert len(used) == 2
    assert values(text, "govcloud_volume_measured_in_part") == {}
    assert one(text, "govcloud_volumes_not_shown") == 0
    ends = values(text, "govcloud_certificate_expiry_timestamp_seconds")
    assert {dict(labels)["certificate"] for labels in ends} == set(CERTIFICATES)
    assert set(ends.values()) == {ENDS.timestamp()}
    newest = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert one(text, "govcloud_etcd_snapshot_timestamp_seconds") == newest.timestamp()
    assert one(text, "govcloud_etcd_snapshot_size_bytes") == 2048
    assert began <= one(text, "govcloud_machine_metrics_timestamp_seconds") <= time.time()


def test_a_worker_has_no_snapshots_and_a_new_machine_no_volumes(machine: Machine) -> None:
    machine.file("var/lib/kubelet/pki/kubelet-client-current.pem", b"not a certificate")
    found = {(name, value) for (name, _), value in samples(machine.written()).items()}
    assert {name for name, _ in found} == {
        "govcloud_volumes_not_shown",
        "govcloud_certificate_expiry_timestamp_seconds",
        "govcloud_machine_metrics_timestamp_seconds",
    }
    assert ("govcloud_certificate_expiry_timestamp_seconds", 0) in found


def test_a_control_plane_without_a_snapshot_says_so(machine: Machine) -> None:
    (machine.root / "var/lib/etcd/member").mkdir(parents=True)
    for name in (".unfinished.db", "snapshot-x.db", "notes.txt"):
        machine.file(f"var/lib/govcloud/etcd-snapshots/{name}")
    text = machine.written()
    assert one(text, "govcloud_etcd_snapshot_timestamp_seconds") == 0
    assert values(text, "govcloud_etcd_snapshot_size_bytes") == {}


def test_the_page_has_500_volumes_at_most_and_these_are_the_largest(machine: Machine) -> None:
    for number in range(505):
        machine.volume("tax", f"v{number}", number)
    for number in (1, 504):
        (machine.volumes / next(machine.volumes.glob(f"*_v{number}")) / "file").write_bytes(os.urandom(50_000))
    text = machine.written()
    used = {
        dict(labels)["persistentvolumeclaim"]: value
        for labels, value in values(text, machines.OF_MACHINE[0].name).items()
    }
    assert len(used) == 500
    assert sorted(used, key=lambda name: used[name])[-2:] == ["v1", "v504"]
    assert one(text, "govcloud_volumes_not_shown") == 5


def test_the_page_is_for_everybody_and_what_is_remembered_for_root(machine: Machine) -> None:
    os.umask(previous := os.umask(0o077))
    try:
        machine.written()
    finally:
        os.umask(previous)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in machine.page.parent.iterdir()}
    assert modes == {"machine.prom": 0o644, ".volumes.json": 0o600}


def test_a_fault_leaves_the_old_page_and_is_told_in_one_line(machine: Machine) -> None:
    machine.volumes.parent.mkdir(parents=True)
    before = machine.written()
    machine.volumes.write_text("no folder")
    done = machine.run()
    assert done.returncode == 1
    assert re.fullmatch(r"The page of this machine's metrics stays as it was: .*local-path'\n", done.stderr)
    assert machine.page.read_text() == before


def test_a_big_volume_is_remembered_from_one_run_to_the_next(machine: Machine) -> None:
    volume = machine.volume("tax", "data")
    for number in range(30):
        (volume / str(number)).write_bytes(b"x" * 5000)
    first = machine.written("--files=20")
    again = machine.written("--files=100")
    for text in (first, again):
        assert one(text, "govcloud_volume_measured_in_part") == 1
        assert one(text, "govcloud_volume_used_bytes") < disk_usage(volume)
    (machine.page.parent / ".volumes.json").write_text("{")
    assert one(machine.written("--files=100"), "govcloud_volume_used_bytes") == disk_usage(volume)


def test_the_service_may_write_its_page_and_nothing_else() -> None:
    lines = unit("service").splitlines()
    allowed = {
        "ProtectSystem=strict", "ReadWritePaths=/var/lib/govcloud/metrics", "PrivateNetwork=yes",
        "CapabilityBoundingSet=CAP_DAC_READ_SEARCH", "NoNewPrivileges=yes", "Nice=19", "IOSchedulingClass=idle",
    }  # fmt: skip
    assert allowed <= set(lines)
    assert [line for line in lines if line.startswith(("ReadWrite", "BindPaths", "Ambient", "StateDir"))] == [
        "ReadWritePaths=/var/lib/govcloud/metrics"
    ]


def test_the_service_runs_the_files_that_the_role_places() -> None:
    [start] = re.findall(r"^ExecStart=(.*)$", unit("service"), re.MULTILINE)
    program = start.split()[2]
    [tasks] = documents(ROLE / "tasks" / "main.yml")
    [copy] = [task for task in tasks if "ansible.builtin.copy" in task]
    placed = {copy["ansible.builtin.copy"]["dest"].replace("{{ item }}", name) for name in copy["loop"]}
    assert program in placed
    assert {Path(path).name for path in placed} == {file.name for file in (ROLE / "files").glob("*.py")}
    folders = next(task["loop"] for task in tasks if "ansible.builtin.file" in task)
    assert {str(Path(program).parent), "/var/lib/govcloud/metrics"} == set(folders)


def test_the_program_needs_nothing_of_ours_and_nothing_that_debian_has_not() -> None:
    own = {file.stem for file in (ROLE / "files").glob("*.py")}
    for file in (ROLE / "files").glob("*.py"):
        found = re.findall(r"^(?:from|import) (\w+)", file.read_text(), re.MULTILINE)
        assert set(found) <= own | set(sys.stdlib_module_names)


def test_node_exporter_reads_the_folder_that_is_written() -> None:
    [exporter] = [
        item
        for item in documents(ROLE.parents[2] / "monitoring/deploy/40-node-exporter.yaml")
        if item["kind"] == "DaemonSet"
    ]
    [container] = exporter["spec"]["template"]["spec"]["containers"]
    assert "--collector.textfile" in container["args"]
    assert "--collector.textfile.directory=/host/root/var/lib/govcloud/metrics" in container["args"]
