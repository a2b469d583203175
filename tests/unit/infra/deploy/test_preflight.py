"""Every reason why a host cannot carry a site, alone and together; none for a good host."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from govcloud_infra.deploy.preflight import Facts, judge
from support.sites import lab

GIB = 1024**3
ALL = (1 << 41) - 1
GOOD = Facts(
    is_root=True,
    capabilities=ALL,
    missing_tools=(),
    missing_file_systems=(),
    has_control_groups=True,
    free_disk_bytes=100 * GIB,
    free_memory_bytes=16 * GIB,
    deployed=False,
    bridge=None,
    foreign_routes=(),
)
PROBLEMS: list[tuple[dict[str, Any], list[str]]] = [
    ({"is_root": False, "capabilities": 0}, ["run the command with sudo"]),
    ({"capabilities": ALL & ~(1 << 12)}, ["root lacks CAP_NET_ADMIN"]),
    ({"capabilities": 0}, ["root lacks CAP_NET_ADMIN", "root lacks CAP_SYS_ADMIN"]),
    ({"missing_tools": ("ip", "ssh-keygen")}, ["apt-get install iproute2", "apt-get install openssh-client"]),
    ({"missing_file_systems": ("overlay",)}, ["no file system `overlay`"]),
    ({"has_control_groups": False}, ["no control groups are mounted"]),
    ({"free_disk_bytes": 12 * GIB - 1}, ["12.0 GiB are free for /state, 12 GiB are needed"]),
    ({"free_memory_bytes": GIB}, ["1.0 GiB of memory are free, 3.8 GiB are needed for 3 nodes"]),
    ({"bridge": "192.0.2.1/24"}, ["bridge gc-lab exists with 192.0.2.1/24"]),
    ({"foreign_routes": ("10.77.0.0/24 dev eth1",)}, ["10.77.0.0/24 is in use on this host (10.77.0.0/24 dev eth1)"]),
]


def problems(**changes: Any) -> list[str]:
    return list(judge(lab(), dataclasses.replace(GOOD, **changes), Path("/state")))


def test_a_good_host_has_no_problem() -> None:
    assert problems() == []


@pytest.mark.parametrize(("changes", "says"), PROBLEMS, ids=[says[0] for _, says in PROBLEMS])
def test_each_problem_alone(changes: dict[str, Any], says: list[str]) -> None:
    found = problems(**changes)
    assert len(found) == len(says)
    assert all(text in sentence for text, sentence in zip(says, found, strict=True))


def test_all_problems_at_once() -> None:
    together = {key: value for changes, _ in PROBLEMS[2:] for key, value in changes.items()}
    assert len(problems(**together)) == sum(len(says) for _, says in PROBLEMS[2:])


@pytest.mark.parametrize(
    "changes",
    [
        {"bridge": "10.77.0.1/24"},
        {"bridge": ""},
        {"deployed": True, "bridge": "192.0.2.1/24"},
        {"deployed": True, "free_memory_bytes": 0},
        {"deployed": True, "free_disk_bytes": 3 * GIB},
        {"free_disk_bytes": 12 * GIB},
    ],
)
def test_what_a_run_before_left_is_no_problem(changes: dict[str, Any]) -> None:
    assert problems(**changes) == []


def test_a_full_disk_is_a_problem_for_a_site_that_runs_too() -> None:
    assert problems(deployed=True, free_disk_bytes=GIB) == [
        "1.0 GiB are free for /state, 2 GiB are needed; free some or set GOVCLOUD_STATE"
    ]
