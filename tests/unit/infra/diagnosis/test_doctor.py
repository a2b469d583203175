"""Each thing that can be wrong on a host has its line and its advice; dead labs are found, living ones left alone."""

import dataclasses
import fcntl
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from govcloud_infra.deploy import journal, lock
from govcloud_infra.diagnosis import doctor, remains
from govcloud_infra.diagnosis.doctor import Diagnosis, Facts
from govcloud_infra.diagnosis.remains import Host, Remain
from support.sites import LAB, written

NOW = datetime(2026, 3, 1, tzinfo=UTC)
GOOD = Facts(
    site_fault="",
    versions={"govcloud": "0.1.0", "Python": "3.11.2"},
    bundle_fault="",
    broken=(),
    engine="v3.250.0",
    sdk="3.250.0",
    topics={"rights": [], "tools": []},
    now=NOW,
    newest=NOW - timedelta(days=1),
    synchronised=True,
    holder="",
    leftovers=(),
    unfinished="",
    remains=(),
)


def lines(**changes: Any) -> Diagnosis:
    return Diagnosis(lines=tuple(doctor.judge(dataclasses.replace(GOOD, **changes))))


def test_a_good_host_has_a_good_word_for_everything() -> None:
    found = lines()
    assert [line.topic for line in found.lines] == [
        "versions", "site", "bundle", "engine", "rights", "tools", "time", "runs", "remains",
    ]  # fmt: skip
    assert {line.level for line in found.lines} == {"ok"}
    assert found.exit_code == 0
    assert found.plain()["ok"] is True


@pytest.mark.parametrize(
    ("changes", "level", "topic", "says"),
    [
        ({"site_fault": "site.yaml:3:1: kind"}, "fail", "site", "site.yaml:3:1"),
        ({"bundle_fault": "There is no bundle"}, "fail", "bundle", "There is no bundle"),
        ({"broken": ("component etcd is not whole",)}, "fail", "bundle", "etcd"),
        ({"engine": None}, "fail", "engine", "run: govcloud bundle build pulumi"),
        ({"engine": "v3.1.0"}, "fail", "engine", "the engine is v3.1.0, the SDK 3.250.0"),
        ({"topics": {"tools": ["`ssh` is not installed"]}}, "fail", "tools", "`ssh` is not installed"),
        ({"newest": NOW + timedelta(days=1)}, "fail", "time", "2026-03-02 00:00:00 UTC; set the clock"),
        ({"synchronised": False}, "warn", "time", "run: timedatectl set-ntp true"),
        ({"holder": "anna deploys"}, "warn", "runs", "anna deploys"),
        ({"leftovers": (7, 8)}, "warn", "runs", "else run: kill 7 8"),
        ({"unfinished": "deploy was cut off; run: govcloud deploy"}, "warn", "runs", "run: govcloud deploy"),
        ({"remains": (Remain(what="mount /x", command="umount /x"),)}, "warn", "remains", "mount /x; run: umount /x"),
    ],
    ids=lambda value: "" if isinstance(value, dict) else str(value)[:30],
)
def test_each_fault_has_its_line(changes: dict[str, Any], level: str, topic: str, says: str) -> None:
    found = lines(**changes)
    wrong = [line for line in found.lines if line.level != "ok"]
    assert [(line.level, line.topic) for line in wrong] == [(level, topic)]
    assert says in wrong[0].text
    assert found.exit_code == (4 if level == "fail" else 0)


def test_who_holds_the_lock_explains_the_processes_and_the_open_run() -> None:
    found = lines(holder="anna deploys", leftovers=(7,), unfinished="deploy was cut off")
    assert [line.text for line in found.lines if line.topic == "runs"] == ["anna deploys"]


def test_without_a_site_nothing_is_measured_against_it() -> None:
    assert [
        line.topic for line in lines(topics=None, site_fault="broken").lines if line.topic in ("rights", "tools")
    ] == []


def environ(folder: Path) -> dict[str, str]:
    return {"GOVCLOUD_STATE": str(folder / "state"), "GOVCLOUD_CACHE": str(folder / "cache")}


def test_a_look_at_this_host_changes_nothing(tmp_path: Path) -> None:
    found = doctor.gather(LAB, environ(tmp_path))
    assert found.site_fault == ""
    assert found.engine is None
    assert "There is no bundle" in found.bundle_fault
    assert list(tmp_path.iterdir()) == []


def test_a_broken_site_file_is_one_line_among_others(tmp_path: Path) -> None:
    found = doctor.diagnose(written("[", tmp_path), environ(tmp_path))
    assert [line.level for line in found.lines if line.topic == "site"] == ["fail"]
    assert "not YAML" in "".join(line.text for line in found.lines)
    assert found.exit_code == 4


def test_who_changes_the_site_and_what_was_cut_off(tmp_path: Path) -> None:
    state = tmp_path / "state" / "lab"
    state.mkdir(parents=True)
    begun = journal.Begun(
        id="1", verb="deploy", user="anna", host="h", pid=1, began="2026-03-01T12:00:00+00:00", site_sha256="0",
        version="0.1.0", bundle=None, log="l",
    )  # fmt: skip
    journal.append(state / "journal.ndjson", begun)
    found = doctor.gather(LAB, environ(tmp_path))
    assert found.unfinished == ("deploy of anna was cut off (began 2026-03-01T12:00:00+00:00); run: govcloud deploy")
    owner = lock.Owner(pid=7, user="bob", host="h", command="govcloud deploy", since="noon")
    with (state / "lock").open("w+") as handle:
        handle.write(json.dumps(dataclasses.asdict(owner)))
        handle.flush()
        assert doctor.gather(LAB, environ(tmp_path)).holder == ""
        fcntl.flock(handle, fcntl.LOCK_EX)
        holder = doctor.gather(LAB, environ(tmp_path)).holder
    assert "(govcloud deploy, process 7, bob on h since noon); wait until it ends" in holder


class Ground:
    """A host of files: control groups (version 2), /proc, links and the folder of limits."""

    def __init__(self, folder: Path) -> None:
        self.host = Host(
            state=folder / "state",
            proc=folder / "proc",
            groups=folder / "groups",
            links=folder / "links",
            run=folder / "run",
        )
        for made in (self.host.state, self.host.proc, self.host.groups, self.host.links, self.host.run / "users"):
            made.mkdir(parents=True)
        (self.host.groups / "cgroup.controllers").write_text("")
        (self.host.proc / "mounts").write_text("proc /proc proc rw 0 0\n")

    def group(self, name: str, *pids: int) -> None:
        (self.host.groups / name).mkdir()
        (self.host.groups / name / "cgroup.procs").write_text("".join(f"{pid}\n" for pid in pids))

    def process(self, pid: int, *words: str) -> None:
        (self.host.proc / str(pid)).mkdir()
        (self.host.proc / str(pid) / "cmdline").write_bytes(b"\0".join(word.encode() for word in words))

    def mount(self, kind: str, place: Path) -> None:
        with (self.host.proc / "mounts").open("a") as mounts:
            mounts.write(f"{kind} {place} {kind} rw 0 0\n")

    def found(self) -> list[str]:
        return [item.what for item in remains.look(self.host)]


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return Ground(tmp_path)


def test_a_clean_host_and_foreign_groups(ground: Ground) -> None:
    ground.group("system.slice")
    ground.mount("overlay", Path("/var/lib/docker/overlay2/abc/merged"))
    assert ground.found() == []


def test_groups_of_a_machine_whose_disk_is_gone(ground: Ground, tmp_path: Path) -> None:
    ground.group("govcloud-lab.w1")
    ground.group("govcloud-lab.w2", 77)
    ground.process(77, "systemd-nspawn", f"--directory={tmp_path}/gone")
    (ground.host.state / "lab" / "machines" / "w3").mkdir(parents=True)
    ground.group("govcloud-lab.w3")
    ground.group("govcloud-e2e.cp1", 78)  # of another state folder
    (tmp_path / "elsewhere").mkdir()
    ground.process(78, "systemd-nspawn", f"--directory={tmp_path}/elsewhere")
    found = remains.look(ground.host)
    assert [item.what for item in found] == [
        "control groups of machine lab.w1",
        "1 processes of machine lab.w2, whose disk is gone",
        "control groups of machine lab.w2",
    ]
    assert found[1].command == "kill -9 77"
    assert "'*/govcloud-lab.w1*'" in found[0].command


def test_mounts_of_a_site_that_is_gone(ground: Ground, tmp_path: Path) -> None:
    dead, alive, running = (tmp_path / name for name in ("dead", "alive", "running"))
    (alive / "pulumi").mkdir(parents=True)
    for site in (dead, alive, running):
        ground.mount("overlay", site / "machines" / "w1" / "root")
        ground.mount("bpf", site / "run" / "bpf-w1")
    ground.process(5, "systemd-nspawn", f"--directory={running}/machines/w1/root", f"--bind={running}/run/bpf-w1:/x")
    assert [item.command for item in remains.look(ground.host)] == [
        f"umount {dead}/machines/w1/root", f"umount {dead}/run/bpf-w1",
    ]  # fmt: skip


def test_bridges_that_no_site_has(ground: Ground) -> None:
    for name in ("gc-gone", "gc-alone", "gc-lab", "gc-busy"):
        (ground.host.run / "users" / name).touch()
    for name in ("gc-alone", "gc-lab", "gc-busy"):
        (ground.host.links / name / "brif").mkdir(parents=True)
    (ground.host.links / "gc-busy" / "brif" / "eth1").touch()
    (ground.host.state / "lab").mkdir()
    (ground.host.state / "lab" / "deployed.json").write_text('{"spec": {"network": {"bridge": "gc-lab"}}}')
    (ground.host.state / "odd").mkdir()
    (ground.host.state / "odd" / "deployed.json").write_text("{")
    found = remains.look(ground.host)
    users = ground.host.run / "users"
    assert [item.command for item in found] == [
        f"ip link delete gc-alone; rm {users}/gc-alone", f"rm {users}/gc-gone",
    ]  # fmt: skip


@pytest.mark.parametrize(("pids", "commands"), [((), 1), ((7,), 0)])
def test_a_bridge_whose_cables_lead_nowhere(ground: Ground, pids: tuple[int, ...], commands: int) -> None:
    (ground.host.run / "users" / "gc-old").touch()
    (ground.host.links / "gc-old" / "brif").mkdir(parents=True)
    (ground.host.links / "gc-old" / "brif" / "vb-old.w1").touch()
    (ground.host.state / "other" / "machines" / "w1").mkdir(parents=True)
    ground.group("govcloud-other.w1", *pids)
    found = [item.command for item in remains.look(ground.host)]
    users = ground.host.run / "users"
    assert found == [f"ip link delete vb-old.w1; ip link delete gc-old; rm {users}/gc-old"] * commands


def test_this_very_process_is_no_remain(tmp_path: Path) -> None:
    assert not [item for item in remains.look(Host(state=tmp_path)) if str(os.getpid()) in item.command.split()]
