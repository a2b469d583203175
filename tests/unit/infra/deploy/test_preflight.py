"""Every reason why a host cannot carry a site, alone and together; none for a good host."""

import dataclasses
import socket
from pathlib import Path
from typing import Any

import pytest

from govcloud_api.errors import PreflightFailed
from govcloud_infra.deploy import preflight
from govcloud_infra.deploy.preflight import Facts, judge
from govcloud_infra.paths import SitePaths
from govcloud_infra.site.model import Site
from support.sites import lab

GIB = 1024**3
ALL = (1 << 41) - 1
GOOD = Facts(
    is_root=True,
    capabilities=ALL,
    missing_tools=(),
    missing_file_systems=(),
    has_control_groups=True,
    unwritable=None,
    free_disk_bytes=100 * GIB,
    free_memory_bytes=16 * GIB,
    deployed=False,
    bridge=None,
    foreign_routes=(),
    vip_answers=False,
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
    ({"unwritable": Path("/ro")}, ["/ro cannot be written to, and the site's state lies there"]),
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


def static(*, vip: str | None = None) -> Site:
    """A site of machines that exist, with a virtual address or without one."""
    roles = ("control-plane", "worker")
    nodes = [
        {"name": f"m{number}", "role": role, "address": f"127.0.0.{number}", "provider": "static"}
        for number, role in enumerate(roles, 2)
    ]
    site = lab(nodes=nodes, nodeCidr="127.0.0.0/8", bridge=None)
    data = site.model_dump(mode="json", by_alias=True)
    data["spec"]["api"] = {"vip": vip, "port": 9} if vip else None
    return Site.model_validate(data)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"is_root": False, "capabilities": 0, "missing_file_systems": ("bpf",), "has_control_groups": False}, []),
        ({"free_memory_bytes": 0, "free_disk_bytes": GIB}, []),
        ({"missing_tools": ("ssh-keyscan",)}, ["apt-get install openssh-client"]),
        ({"free_disk_bytes": GIB - 1}, ["1.0 GiB are free for /state, 1 GiB are needed"]),
        ({"unwritable": Path("/ro")}, ["/ro cannot be written to"]),
    ],
    ids=["no lab, no rights", "no lab, no room", "a tool", "disk", "state"],
)
def test_machines_that_exist_ask_little_of_this_host(changes: dict[str, Any], says: list[str]) -> None:
    found = list(judge(static(), dataclasses.replace(GOOD, **changes), Path("/state")))
    assert [text for text in says if not any(text in sentence for sentence in found)] == []
    assert len(found) == len(says)


def test_an_address_that_somebody_has_already_is_not_taken() -> None:
    found = list(judge(static(vip="127.0.0.9"), dataclasses.replace(GOOD, vip_answers=True), Path("/state")))
    assert found == ["something answers already on 127.0.0.9:9; choose an unused address as spec.api.vip"]


def test_each_kind_of_site_has_its_own_tools() -> None:
    assert preflight.tools(lab()) == ["systemd-nspawn", "ip", "tar", "mount", "ssh", "ssh-keygen"]
    assert preflight.tools(static()) == ["ssh", "ssh-keygen", "ssh-keyscan"]


def paths(folder: Path) -> SitePaths:
    return SitePaths(state=folder / "lab", cache=folder / "cache")


def test_this_host_is_looked_at_without_leaving_anything_behind(tmp_path: Path) -> None:
    facts = preflight.gather(static(vip="127.0.0.9"), paths(tmp_path))
    assert facts.unwritable is None
    assert not facts.vip_answers  # port 9 of a loopback address
    assert facts.bridge is None
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_place_of_the_state_is_named(tmp_path: Path) -> None:
    (tmp_path / "lab").write_text("")
    assert preflight.gather(static(), paths(tmp_path)).unwritable == tmp_path / "lab"
    with pytest.raises(PreflightFailed, match=f"nothing was changed:\n  - {tmp_path}/lab cannot be written to"):
        preflight.check(static(), paths(tmp_path))


def test_who_answers_on_the_virtual_address_is_noticed_until_the_site_itself_may_be_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        site = static(vip="127.0.0.1")
        data = site.model_dump(mode="json", by_alias=True)
        data["spec"]["api"]["port"] = server.getsockname()[1]
        site = Site.model_validate(data)
        assert preflight.gather(site, paths(tmp_path)).vip_answers
        paths(tmp_path).state.mkdir()
        paths(tmp_path).inventory.write_text("{}")
        assert not preflight.gather(site, paths(tmp_path)).vip_answers
