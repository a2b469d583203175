"""Three sources, one list: where, what, and in which phase."""

from typing import Any

import pytest

from govcloud_infra.deploy import pending
from govcloud_infra.deploy.pending import Pending
from support.sites import lab


def test_machines_are_told_by_node_the_rest_is_this_hosts() -> None:
    lines = [
        "update Machine w2 (power)",
        "create StaticMachine w3",
        "update Network network (address)",
        "create Site lab",
    ]
    assert [(item.where, item.what, item.phase) for item in pending.of_machines(lines)] == [
        ("w2", lines[0], "machines"), ("w3", lines[1], "machines"), ("this host", lines[2], "machines"),
        ("this host", lines[3], "machines"),
    ]  # fmt: skip
    assert pending.changed_nodes(lines) == {"w2", "w3"}


def test_tasks_are_told_by_host_and_objects_by_name() -> None:
    assert pending.of_cluster(["w1: Write the kubelet's unit: new flags"]) == [
        Pending(where="w1", what="Write the kubelet's unit: new flags", phase="cluster")
    ]
    lines = [
        "update Manifest Deployment govcloud-system/isolation-canary (spec.replicas, …)",
        "delete Manifest Namespace x",
    ]
    assert [item.where for item in pending.of_platform(lines)] == [
        "Deployment govcloud-system/isolation-canary", "Namespace x",
    ]  # fmt: skip


def test_one_list_grouped_by_place() -> None:
    found = [
        Pending(where="w2", what="power", phase="machines"),
        Pending(where="this host", what="bridge", phase="machines"),
        Pending(where="Service a", what="update", phase="platform"),
        Pending(where="cp1", what="copy", phase="cluster"),
        Pending(where="w2", what="join", phase="cluster"),
    ]  # fmt: skip
    ordered = pending.by_place(found, lab())
    assert [(item.where, item.what) for item in ordered] == [
        ("this host", "bridge"), ("cp1", "copy"), ("w2", "power"), ("w2", "join"), ("Service a", "update"),
    ]  # fmt: skip
    assert pending.text(ordered) == "\n".join(
        [
            "this host", "  machines  bridge", "cp1", "  cluster   copy", "w2", "  machines  power", "  cluster   join",
            "Service a", "  platform  update", "5 changes pending; govcloud deploy makes them.",
        ]
    )  # fmt: skip
    assert ordered[0].plain() == {"where": "this host", "what": "bridge", "phase": "machines"}


def test_nothing_pending() -> None:
    assert pending.text([]) == "No changes: the world is as the site file says."


GROUPS: list[tuple[str, list[dict[str, Any]]]] = [
    ("kinds", [{"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}]),
    ("departments", [{"metadata": {"name": "tax"}}]),
]


@pytest.mark.parametrize("provider", ["nspawn", "static"])
def test_of_a_new_site_everything_is_pending(provider: str) -> None:
    nodes = [
        {"name": "cp1", "role": "control-plane", "address": "10.77.0.11", "provider": provider},
        {"name": "cp2", "role": "control-plane", "address": "10.77.0.12", "provider": provider},
        {"name": "w1", "role": "worker", "address": "10.77.0.13", "provider": provider},
    ]
    site = lab(nodes=nodes)
    found = [(item.where, item.phase, item.what) for item in pending.of_new_site(site, GROUPS)]
    bridge = [("this host", "machines", "create bridge gc-lab (10.77.0.0/24)")] if provider == "nspawn" else []
    machine = "create machine {}" if provider == "nspawn" else "take over the machine at {}, and keep its SSH host key"
    version = site.spec.kubernetes.version
    assert found == [
        *bridge,
        ("cp1", "machines", machine.format("10.77.0.11")),
        ("cp2", "machines", machine.format("10.77.0.12")),
        ("w1", "machines", machine.format("10.77.0.13")),
        ("cp1", "cluster", f"set up and start control plane, Kubernetes {version}"),
        ("cp2", "cluster", f"set up and join as control plane, Kubernetes {version}"),
        ("w1", "cluster", "set up and join as worker"),
        ("the cluster", "platform", "create kinds (2 objects)"),
        ("Department tax", "platform", "create"),
    ]


def test_machines_that_do_not_run_are_not_looked_at() -> None:
    found = pending.unseen(lab().spec.nodes[:2])
    assert [(item.where, item.phase) for item in found] == [("cp1", "cluster"), ("w1", "cluster")]
    assert all("where that is not done" in item.what for item in found)
