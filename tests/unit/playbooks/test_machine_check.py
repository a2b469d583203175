"""A machine says everything that keeps it from becoming a node, each with what to do."""

import os
import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.modules import module

check = module("machine_check")
GIB = 1024**3
WANTED: dict[str, Any] = {
    "os_release": {"id": "debian", "versions": ["12"]},
    "min_memory_bytes": 2 * GIB,
    "min_disk_bytes": 8 * GIB,
    "min_disk_bytes_member": GIB,
}


NOT_ROOT = "its user is not root and may not become root; let the user of spec.ssh use sudo without a password"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('ID=debian\nVERSION_ID="12"\n', ("debian", "12")),
        ("VERSION_ID='9.4'\nID=\"rhel\"\n", ("rhel", "9.4")),
        ("ID=debian\n# testing has no version\n", ("debian", "")),
        ("", ("", "")),
    ],
)
def test_os_release(text: str, found: tuple[str, str]) -> None:
    assert check.os_release(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [("MemTotal:        2048 kB\nMemFree: 1 kB\n", 2048 * 1024), ("MemFree: 1 kB\n", 0), ("", 0)],
)
def test_memory(text: str, found: int) -> None:
    assert check.memory_bytes(text) == found


@pytest.mark.parametrize(
    ("system", "is_root", "says"),
    [
        (("debian", "12"), True, []),
        (("debian", "13"), True, ["runs debian 13, not debian 12; install that system"]),
        (("ubuntu", "12"), True, ["runs ubuntu 12, not debian 12; install that system"]),
        (("", ""), True, ["runs an unknown system, not debian 12; install that system"]),
        (("debian", "12"), False, [NOT_ROOT]),
    ],
)
def test_of_system(system: tuple[str, str], is_root: bool, says: list[str]) -> None:
    assert list(check.of_system(WANTED, system, is_root=is_root)) == says


@pytest.mark.parametrize(
    ("memory", "disk", "member", "says"),
    [
        (2 * GIB, 8 * GIB, False, []),
        (int(1.99 * GIB), 8 * GIB, False, []),
        (GIB, 8 * GIB, False, ["has 1.0 GiB of memory, at least 2.0 GiB is needed; add memory"]),
        (2 * GIB, 5 * GIB, False, ["/var has 5.0 GiB free, at least 8.0 GiB is needed; free or add disk space"]),
        (2 * GIB, 5 * GIB, True, []),
        (2 * GIB, 0, True, ["/var has 0.0 GiB free, at least 1.0 GiB is needed; free or add disk space"]),
    ],
    ids=["just enough", "what firmware keeps", "memory", "disk", "a node needs less", "a full node"],
)
def test_of_size(memory: int, disk: int, member: bool, says: list[str]) -> None:
    assert list(check.of_size(WANTED, memory, disk, member=member)) == says


@pytest.mark.parametrize(
    ("ahead", "says"),
    [(0.0, ""), (2.0, ""), (-2.0, ""), (2.1, "2.1 s ahead of this host's"), (-3600.0, "3600.0 s behind this host's")],
)
def test_of_clock(ahead: float, says: str) -> None:
    found = list(check.of_clock(ahead, 2.0))
    assert [says in text and "timedatectl set-time" in text for text in found] == [True] * bool(says)


TABLE = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:192B 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1 0 100 0 0 10 0
   1: 0100007F:1389 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 222 1 0 100 0 0 10 0
   2: 0100007F:C001 0100007F:192B 01 00000000:00000000 00:00000000 00000000     0        0 333 1 0 100 0 0 10 0
"""
TABLE6 = "head\n 0: 00000000000000000000000000000000:280A 0:0000 0A 0:0 0:0 0 0 0 444 1\n broken\n"


@pytest.mark.parametrize(
    ("table", "found"), [(TABLE, {6443: "111", 5001: "222"}), (TABLE6, {10250: "444"}), ("head\n", {}), ("", {})]
)
def test_listeners(table: str, found: dict[int, str]) -> None:
    assert check.listeners(table) == found


@pytest.mark.parametrize(
    ("taken", "says"),
    [
        ({}, []),
        ({6443: ("/usr/bin/nginx", "7")}, ["port 6443 is taken by /usr/bin/nginx (process 7)"]),
        ({6443: ("", "")}, ["port 6443 is taken by a process that cannot be seen"]),
        ({5000: ("/usr/local/bin/registry", "7")}, []),
    ],
    ids=["none", "a foreign program", "an unseen one", "what an interrupted run left"],
)
def test_of_ports(taken: dict[int, tuple[str, str]], says: list[str]) -> None:
    found = list(check.of_ports(taken, ["/usr/local/bin/registry"]))
    assert found == [f"{text}; stop it, or take another machine" for text in says]


@given(st.dictionaries(st.integers(1, 65535), st.tuples(st.sampled_from(["", "/a", "/own"]), st.just("1"))))
def test_every_foreign_port_is_named_once_and_in_order(taken: dict[int, tuple[str, str]]) -> None:
    said = [int(text.split()[1]) for text in check.of_ports(taken, ["/own"])]
    assert said == sorted(port for port, (program, _) in taken.items() if program != "/own")


def test_who_holds_a_port_is_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        inode = check.listeners(Path("/proc/net/tcp").read_text())[port]
        program, pid = check.holder(inode, Path("/proc"))
    assert (program, pid) == (str(Path("/proc/self/exe").readlink()), str(os.getpid()))
    assert check.holder("0", Path("/proc")) == ("", "")


def test_a_program_that_was_replaced_while_it_runs_is_known(tmp_path: Path) -> None:
    (tmp_path / "7" / "fd").mkdir(parents=True)
    (tmp_path / "7" / "fd" / "3").symlink_to("socket:[111]")
    (tmp_path / "7" / "exe").symlink_to("/usr/local/bin/registry (deleted)")
    (tmp_path / "8" / "fd").mkdir(parents=True)
    assert check.holder("111", tmp_path) == ("/usr/local/bin/registry", "7")


@pytest.mark.parametrize(
    ("there", "missing"),
    [
        ({"cgroup.controllers": "cpuset cpu io memory pids\n"}, []),
        ({"cgroup.controllers": "cpu pids\n"}, ["memory"]),
        ({"cpu/tasks": "", "memory/tasks": "", "pids/tasks": "", "unified/cgroup.controllers": ""}, []),
        ({"cpu/tasks": "", "pids/tasks": ""}, ["memory"]),
        ({}, ["cpu", "memory", "pids"]),
    ],
    ids=["version 2", "version 2 without memory", "version 1", "version 1 without memory", "not mounted"],
)
def test_control_groups(there: dict[str, str], missing: list[str], tmp_path: Path) -> None:
    for name, text in there.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert check.missing_controllers(tmp_path) == missing


def test_missing_programs_are_one_sentence() -> None:
    programs = {"sh": "dash", "no-such-program": "zeta", "nor-this": "alpha", "nor-that": "alpha"}
    [text] = check.of_programs(programs)
    assert text.startswith("Debian packages are missing: alpha zeta; run `apt-get install alpha zeta`")
    assert list(check.of_programs({"sh": "dash"})) == []
