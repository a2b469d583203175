"""Which addresses an egress class opens, and when the ingress controller gets in."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_api import conditions, labels
from govcloud_kube import Object, Ref
from govcloud_operators.environment import openings
from govcloud_operators.surroundings import IpNetwork
from support import worlds
from support.worlds import ENVIRONMENT, World, status_of

EGRESS = Ref("networking.k8s.io/v1", "NetworkPolicy", openings.EGRESS_NAME, "tax-portal-sandbox")
INGRESS = Ref("networking.k8s.io/v1", "NetworkPolicy", openings.INGRESS_NAME, "tax-portal-sandbox")
NAMESPACE = Ref("v1", "Namespace", "tax-portal-sandbox")


def networks(*texts: str) -> tuple[IpNetwork, ...]:
    return tuple(ip_network(text) for text in texts)


def is_open(policy: Object | None, address: str) -> bool:
    """As a CNI reads it."""
    peers = policy["spec"]["egress"][0]["to"] if policy else []
    found = ip_address(address)
    return any(
        found in ip_network(peer["ipBlock"]["cidr"])
        and not any(found in ip_network(closed) for closed in peer["ipBlock"].get("except", []))
        for peer in peers
    )


@pytest.mark.parametrize(
    ("kind", "address", "opened"),
    [
        ("closed", "192.168.7.7", False),
        ("closed", "9.9.9.9", False),
        ("internal", "192.168.7.7", True),
        ("internal", "10.1.2.3", True),
        ("internal", "172.16.0.1", True),
        ("internal", "10.78.3.4", False),
        ("internal", "10.79.0.1", False),
        ("internal", "10.77.0.10", False),
        ("internal", "9.9.9.9", False),
        ("internal", "169.254.169.254", False),
        ("public", "9.9.9.9", True),
        ("public", "10.1.2.3", False),
        ("public", "192.168.7.7", False),
        ("public", "10.79.0.1", False),
        ("public", "127.0.0.1", False),
        ("public", "169.254.169.254", False),
        ("public", "100.64.0.1", False),
        ("public", "224.0.0.1", False),
        ("public", "2001:db8::1", False),
    ],
)
def test_classes(kind: Any, address: str, opened: bool) -> None:
    assert is_open(openings.egress("n", kind, worlds.NETWORKS), address) is opened


@pytest.mark.parametrize("kind", ["internal", "public"])
def test_unknown_networks_open_nothing(kind: Any) -> None:
    assert openings.egress("n", kind, ()) is None


def test_both_families_are_opened_where_the_cluster_has_both() -> None:
    found = openings.egress("n", "public", networks("10.78.0.0/16", "fd00:1::/64", "2001:db8:7::/48"))
    assert is_open(found, "2001:db8::1")
    assert not is_open(found, "2001:db8:7::1")
    assert not is_open(found, "fd00:2::1")
    assert not is_open(found, "fe80::1")


def test_a_cluster_that_takes_a_whole_range_leaves_nothing_of_it() -> None:
    found = openings.egress("n", "internal", networks("10.0.0.0/8"))
    assert not is_open(found, "10.1.2.3")
    assert is_open(found, "192.168.1.1")


@given(
    st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(4, 30)), min_size=1, max_size=4),
    st.sampled_from(["internal", "public"]),
    st.data(),
)
def test_no_class_opens_an_address_of_the_cluster(
    blocks: list[tuple[int, int]], kind: Any, data: st.DataObject
) -> None:
    own = tuple(ip_network((start, length), strict=False) for start, length in blocks)
    found = openings.egress("n", kind, own)
    inside = data.draw(st.sampled_from(own))
    address = inside[data.draw(st.integers(0, inside.num_addresses - 1))]
    assert not is_open(found, str(address))
    for peer in found["spec"]["egress"][0]["to"] if found else []:
        block = ip_network(peer["ipBlock"]["cidr"])
        closed = [ip_network(text) for text in peer["ipBlock"].get("except", [])]
        assert all(other.version == block.version and other.prefixlen > block.prefixlen for other in closed)


def opened(**network: Any) -> World:
    world = World()
    world.department()
    world.environment(world.request(), spec={"network": network})
    world.settle_environment()
    return world


def test_an_approved_way_is_opened_and_closed_again_and_proven_each_time() -> None:
    world = opened(egress="public", ingressHosts=["portal.example.org"])
    assert status_of(world.live(ENVIRONMENT), "Ready") == ("True", "Ready")
    assert world.live(NAMESPACE)["metadata"]["annotations"][labels.INGRESS_HOSTS] == "portal.example.org"
    assert is_open(world.live(EGRESS), "9.9.9.9")
    peer = world.live(INGRESS)["spec"]["ingress"][0]["from"][0]
    assert peer == {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "govcloud-ingress"}}}
    before = world.live(ENVIRONMENT)["status"]["isolationProbe"]
    world.change(ENVIRONMENT, network={"egress": "closed", "ingressHosts": []})
    world.settle_environment()
    assert world.cluster.get(EGRESS) is None
    assert world.cluster.get(INGRESS) is None
    assert world.live(NAMESPACE)["metadata"]["annotations"][labels.INGRESS_HOSTS] == ""
    assert world.live(ENVIRONMENT)["status"]["isolationProbe"]["key"] != before["key"]
    assert status_of(world.live(ENVIRONMENT), "Ready") == ("True", "Ready")


def test_an_exemption_of_hosts_lets_the_controller_in() -> None:
    assert openings.ingress("n", [], frozenset()) is None
    assert openings.ingress("n", [], frozenset({"image-registry"})) is None
    assert openings.ingress("n", [], frozenset({"ingress-hosts"})) is not None


def exempted(world: World, rule: str, *, approved: str = "True", environment: str = "portal-sandbox") -> None:
    spec = {
        "environmentRef": environment,
        "rule": rule,
        "reason": "a test of exemptions",
        "expiresAt": conditions.timestamp(world.now + timedelta(days=2)),
        "requestedBy": "olga",
    }
    status = {"conditions": [condition("Approved", approved)]}
    body = {"apiVersion": labels.API_VERSION, "kind": "PolicyExemption", "spec": spec, "status": status}
    world.cluster.seed(body | {"metadata": {"name": rule, "namespace": worlds.HOME}})


def condition(type_: str, status: str) -> dict[str, Any]:
    moment = {"observedGeneration": 1, "lastTransitionTime": "2026-01-01T00:00:00Z"}
    return {"type": type_, "status": status, "reason": "Test", "message": "", **moment}


def marks(world: World) -> dict[str, str]:
    found = world.live(NAMESPACE)["metadata"]["labels"]
    prefix = labels.EXEMPT_PREFIX
    return {label.removeprefix(prefix): value for label, value in found.items() if label.startswith(prefix)}


def test_an_exemption_marks_the_namespace_until_it_ends() -> None:
    world = opened()
    assert marks(world) == {}
    exempted(world, "image-registry")
    exempted(world, "ingress-hosts", approved="False")
    assert world.settle_environment(rounds=0) == pytest.approx(2 * 86400)
    assert marks(world) == {"image-registry": "true"}
    assert world.cluster.get(INGRESS) is None
    world.pass_time(days=2)
    world.settle_environment()
    assert marks(world) == {"image-registry": "false"}
    assert world.cluster.list("v1", "Event", namespace=worlds.HOME) == []


def test_an_exemption_of_another_environment_lifts_nothing_here() -> None:
    world = opened()
    exempted(world, "image-registry", environment="other-sandbox")
    world.settle_environment()
    assert marks(world) == {}


def test_an_exemption_that_cannot_be_read_lifts_nothing() -> None:
    world = opened()
    body = {"apiVersion": labels.API_VERSION, "kind": "PolicyExemption", "spec": {"rule": "everything"}}
    world.cluster.seed(body | {"metadata": {"name": "odd", "namespace": worlds.HOME}})
    world.settle_environment()
    assert marks(world) == {}
    assert status_of(world.live(ENVIRONMENT), "Ready") == ("True", "Ready")
