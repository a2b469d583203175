"""Which nodes may go: etcd's majority, and what lives on a disk that goes with them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_api.errors import PreflightFailed
from govcloud_infra import inventory
from govcloud_infra.nodes import scale
from support.sites import lab

THREE = ("cp1", "cp2", "cp3")


@pytest.mark.parametrize(
    ("voters", "healthy", "leaving", "problem"),
    [
        (("cp1",), ("cp1",), "cp1", "cp1 is the only control plane; to remove the whole site: govcloud destroy"),
        (("cp1",), ("cp1", "w1"), "w1", None),
        (THREE, THREE, "w1", None),
        (THREE, THREE, "cp1", None),
        (THREE, ("cp1", "cp2"), "cp3", None),
        (THREE, ("cp1", "cp2"), "cp1", "without cp1 only 1 of 2 control planes would be healthy, 2 are needed; "
         "bring back or remove cp3 first"),
        (THREE, ("cp1",), "cp3", "1 of 3 control planes are healthy, 2 are needed to take one out; "
         "bring back cp2, cp3 first (`govcloud deploy` powers machines on)"),
        (THREE, (), "cp1", "0 of 3 control planes are healthy, 2 are needed to take one out; "
         "bring back cp1, cp2, cp3 first (`govcloud deploy` powers machines on)"),
        (("cp1", "cp2"), ("cp1", "cp2"), "cp2", None),
        (("cp1", "cp2"), ("cp1",), "cp2", "1 of 2 control planes are healthy, 2 are needed to take one out; "
         "bring back cp2 first (`govcloud deploy` powers machines on)"),
        (("cp1", "cp2", "cp3", "cp4", "cp5"), THREE, "cp5", None),
        (("cp1", "cp2", "cp3", "cp4", "cp5"), THREE, "cp1", "without cp1 only 2 of 4 control planes would be healthy, "
         "3 are needed; bring back or remove cp4, cp5 first"),
    ],
)  # fmt: skip
def test_etcd_keeps_a_healthy_majority(
    voters: tuple[str, ...], healthy: tuple[str, ...], leaving: str, problem: str | None
) -> None:
    assert scale.quorum_problem(voters, healthy, leaving) == problem


@given(count=st.integers(1, 7), healthy=st.sets(st.integers(0, 6)), leaving=st.integers(0, 6))
def test_whoever_may_go_leaves_a_majority_that_answers(count: int, healthy: set[int], leaving: int) -> None:
    voters = {f"cp{number}" for number in range(count)}
    alive = {f"cp{number}" for number in healthy} & voters
    name = f"cp{leaving % count}"
    allowed = scale.quorum_problem(voters, alive, name) is None
    rest = voters - {name}
    assert allowed == (bool(rest) and 2 * len(alive) > count and 2 * len(alive & rest) > len(rest))


def pod(name: str, node: str | None = "w1", owner: str | None = "ReplicaSet", **more: Any) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "namespace": "tax", "uid": f"uid-{name}", **more.get("metadata", {})}
    if owner:
        metadata["ownerReferences"] = [{"kind": owner, "name": "x", "controller": True}]
    return {"metadata": metadata, "spec": {"nodeName": node} if node else {}, "status": {"phase": more.get("phase")}}


def volume(name: str, *hosts: str, claim: str | None = None) -> dict[str, Any]:
    rule = {"key": "kubernetes.io/hostname", "operator": "In", "values": list(hosts)}
    affinity = {"required": {"nodeSelectorTerms": [{"matchExpressions": [rule]}]}} if hosts else {}
    reference = {"claimRef": {"uid": f"uid-{claim}"}} if claim else {}
    return {"metadata": {"name": name, "uid": f"uid-{name}"}, "spec": {"nodeAffinity": affinity, **reference}}


def claim(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "tax", "uid": f"uid-{name}"}}


MIRROR = {"annotations": {"kubernetes.io/config.mirror": "x"}}


def test_daemons_and_mirror_pods_stay_everything_else_moves() -> None:
    pods = [
        pod("web"), pod("agent", owner="DaemonSet"), pod("etcd-w1", owner="Node", metadata=MIRROR), pod("away", "w2"),
        pod("waiting", None), pod("lonely", owner=None), pod("ended", owner=None, phase="Succeeded"),
    ]  # fmt: skip
    found = scale.on_node("w1", pods, [], [])
    assert [item["metadata"]["name"] for item in found.evicted] == ["web", "lonely", "ended"]
    assert found.lost == ["pod tax/lonely (nothing starts it again)"]


def test_volumes_on_the_disk_of_the_node_are_lost_with_it() -> None:
    volumes = [
        volume("pv-1", "w1", claim="disk"), volume("pv-2", "w2", claim="other"), volume("pv-5", "w1"),
        volume("pv-3", "w1", "w2", claim="both"), volume("pv-4", claim="network"),
    ]  # fmt: skip
    claims = [claim(name) for name in ("disk", "other", "both", "network", "unbound")]
    found = scale.on_node("w1", [], volumes, claims)
    assert found.lost == ["volume of claim tax/disk"]
    assert [item["metadata"]["name"] for item in scale.local_volumes("w1", volumes)] == ["pv-1", "pv-5"]


def test_a_loss_is_named_and_needs_a_word() -> None:
    found = scale.on_node("w1", [pod("lonely", owner=None)], [volume("pv-1", "w1", claim="disk")], [claim("disk")])
    with pytest.raises(PreflightFailed) as caught:
        scale.refuse_loss("w1", found, accepted=False)
    assert str(caught.value).splitlines() == [
        "with w1 this would be lost; copy what is needed, then say --delete-local-data. Nothing was changed:",
        "  - volume of claim tax/disk",
        "  - pod tax/lonely (nothing starts it again)",
    ]
    scale.refuse_loss("w1", found, accepted=True)
    scale.refuse_loss("w1", scale.on_node("w1", [pod("web")], [], []), accepted=False)


def made(**roles: str) -> inventory.Inventory:
    hosts = tuple(inventory.Host(name=n, role=r, address="10.0.0.1", host_key="k") for n, r in roles.items())
    return inventory.Inventory(site="lab", hosts=hosts)


def test_who_takes_a_member_out_are_the_healthy_others() -> None:
    found = made(cp1="control-plane", cp2="control-plane", cp3="control-plane", w1="worker")
    others = scale.reachable(found, "cp1", {"cp1", "cp3", "w1"})
    assert [host.name for host in others.hosts] == ["cp3", "w1"]
    with pytest.raises(PreflightFailed, match="no control plane but cp1 is healthy"):
        scale.reachable(found, "cp1", {"cp1", "w1"})


def test_a_worker_that_is_all_that_is_new_needs_no_look_at_the_others() -> None:
    site = lab()
    last = site.spec.nodes[-1].name
    fewer = site.model_copy(update={"spec": site.spec.model_copy(update={"nodes": site.spec.nodes[:-1]})})
    assert scale.only_more(site, fewer, last)
    assert scale.only_more(site, site, last), "as after a kill"
    assert not scale.only_more(site, None, last)
    assert not scale.only_more(site, fewer, "cp1")
    other = fewer.model_copy(update={"spec": fewer.spec.model_copy(update={"departments": "elsewhere"})})
    assert not scale.only_more(site, other, last)
