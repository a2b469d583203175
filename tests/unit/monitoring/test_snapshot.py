"""Sums by department and pool."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_monitoring.folding import OTHER
from govcloud_monitoring.kubernetes import snapshot
from govcloud_monitoring.kubernetes.placing import Placement
from govcloud_monitoring.kubernetes.pods import Amount
from govcloud_monitoring.kubernetes.snapshot import Lists, Pool, summarise
from govcloud_monitoring.kubernetes.values import Claim, Namespace, Node, Pod, Quota

TAX = Namespace("tax-portal-test", "tax", "test", "portal")
TAX2 = Namespace("tax-forms-test", "tax", "test", "forms")
ROADS = Namespace("roads-map-production", "roads", "production", "map")


def machine(name: str, pool: str = "workers", state: str = "ready") -> Node:
    return Node(name, pool, state, 5000, Amount(4000, 8))


def test_requests_are_summed_by_department_purpose_and_pool():
    found = summarise(
        Lists(
            namespaces=(TAX, TAX2, ROADS),
            nodes=(machine("n1"), machine("n2", "gpu")),
            pods=(
                Pod("tax-portal-test", "n1", Amount(100, 1)),
                Pod("tax-forms-test", "n1", Amount(20, 2)),
                Pod("tax-forms-test", "n2", Amount(3, 3)),
                Pod("roads-map-production", "n2", Amount(5, 5)),
                Pod("kube-system", "n1", Amount(7, 7)),
                Pod("tax-portal-test", "gone", Amount(9, 9)),
            ),
        )
    )
    assert found.requested == {
        ("tax", "test", "workers"): Amount(120, 3),
        ("tax", "test", "gpu"): Amount(3, 3),
        ("roads", "production", "gpu"): Amount(5, 5),
        ("tax", "test", "unknown"): Amount(9, 9),
    }
    assert found.platform_requested == {"workers": Amount(7, 7)}


def test_the_smallest_quota_of_a_namespace_binds_and_namespaces_add_up():
    quotas = (
        Quota("tax-portal-test", 4000, None, 40),
        Quota("tax-portal-test", 3000, 10, None),
        Quota("tax-forms-test", 1000, 5, 2),
        Quota("roads-map-production", None, 7, None),
        Quota("kube-system", 99, 99, 99),
    )
    found = summarise(Lists(namespaces=(TAX, TAX2, ROADS), quotas=quotas))
    assert found.cpu_quota_milli == {("tax", "test"): 4000}
    assert found.memory_quota_bytes == {("tax", "test"): 15, ("roads", "production"): 7}
    assert found.storage_quota_bytes == {("tax", "test"): 42}


def test_storage_of_departments_only():
    claims = (Claim("tax-portal-test", "local-path", 5), Claim("tax-forms-test", "local-path", 6), Claim("x", "y", 7))
    found = summarise(Lists(namespaces=(TAX, TAX2), claims=claims))
    assert found.storage_bytes == {("tax", "test", "local-path"): 11}


def test_claims_that_no_pod_on_a_node_mounts():
    claims = (
        Claim("tax-portal-test", "local-path", 1, "data"),
        Claim("tax-portal-test", "local-path", 1, "old"),
        Claim("tax-forms-test", "local-path", 1, "data"),
        Claim("roads-map-production", "local-path", 1, "data"),
        Claim("kube-system", "local-path", 1, "data"),
    )
    pods = (
        Pod("tax-portal-test", "n1", Amount(), Placement(claims=("data",))),
        Pod("tax-portal-test", "n2", Amount(), Placement(claims=("data", "gone"))),
        Pod("tax-forms-test", "n1", Amount(), Placement(claims=("old",))),
        Pod("roads-map-production", "n1", Amount(), Placement(claims=("data",))),
    )
    found = summarise(Lists(namespaces=(TAX, TAX2, ROADS), claims=claims, pods=pods))
    assert found.unmounted_claims == {("tax-portal-test",): 1, ("tax-forms-test",): 1, ("roads-map-production",): 0}


def test_pools_count_their_machines_by_state():
    nodes = (machine("a"), machine("b", state="not_ready"), machine("c", "gpu", "cordoned"))
    assert summarise(Lists(nodes=nodes)).pools == {
        "workers": Pool(
            installed_cpu_milli=10000,
            allocatable=Amount(8000, 16),
            nodes={"ready": 1, "not_ready": 1, "cordoned": 0},
            largest=Amount(4000, 8),
        ),
        "gpu": Pool(
            installed_cpu_milli=5000,
            allocatable=Amount(4000, 8),
            nodes={"ready": 0, "not_ready": 0, "cordoned": 1},
            largest=Amount(4000, 8),
        ),
    }


def test_the_largest_machine_of_a_pool_resource_by_resource():
    nodes = (Node("a", "workers", "ready", 9, Amount(8, 1)), Node("b", "workers", "cordoned", 9, Amount(2, 7)))
    assert summarise(Lists(nodes=nodes)).pools["workers"].largest == Amount(8, 7)


def test_limits_are_summed_like_requests_and_only_where_there_are_any():
    def limited(namespace: str, node: str, cpu_milli: int) -> Pod:
        return Pod(namespace, node, Amount(1, 1), cpu_limit_milli=cpu_milli)

    pods = (
        limited("tax-portal-test", "n1", 100),
        limited("tax-forms-test", "n1", 20),
        limited("tax-forms-test", "gone", 3),
        limited("roads-map-production", "n1", 0),
        limited("kube-system", "n1", 50),
    )
    found = summarise(Lists(namespaces=(TAX, TAX2, ROADS), nodes=(machine("n1"),), pods=pods))
    assert found.cpu_limit_milli == {("tax", "test", "workers"): 120, ("tax", "test", "unknown"): 3}


@pytest.mark.parametrize(("purpose", "folded"), [("test", 0), ("", 0), ("Mining", 1), ("te\nst", 1)])
def test_a_purpose_outside_the_list_is_folded_and_counted(purpose: str, folded: int):
    found = summarise(Lists(namespaces=(Namespace("ns", "tax", purpose, ""),)))
    assert found.owners[0].purpose == ("test" if purpose == "test" else OTHER)
    assert found.folded.get("purpose", 0) == folded


def test_departments_beyond_the_limit_are_folded_and_lose_nothing():
    count = snapshot.MAX_DEPARTMENTS + 3
    namespaces = tuple(Namespace(f"ns{number:04}", f"d{number:04}", "test", "") for number in range(count))
    pods = tuple(Pod(each.name, "n1", Amount(1, 1)) for each in namespaces)
    found = summarise(Lists(namespaces=namespaces, nodes=(machine("n1"),), pods=pods))
    assert len(found.requested) == snapshot.MAX_DEPARTMENTS + 1
    assert found.requested[OTHER, "test", "workers"] == Amount(3, 3)
    assert found.folded == {"department": 3, "group": 0}


def test_pools_beyond_the_limit_are_folded():
    nodes = tuple(machine(f"n{number:02}", f"p{number:02}") for number in range(snapshot.MAX_POOLS + 2))
    found = summarise(Lists(nodes=nodes))
    assert len(found.pools) == snapshot.MAX_POOLS + 1
    assert sum(found.pools[OTHER].nodes.values()) == 2


amounts = st.builds(Amount, st.integers(0, 10**7), st.integers(0, 2**50))
names = st.sampled_from(["a", "b", "c", "d"])
owned = st.lists(
    st.builds(Namespace, names, names, st.sampled_from([*snapshot.PURPOSES, "odd", ""]), st.just("")),
    unique_by=lambda each: each.name,
)


@given(
    namespaces=owned,
    pods=st.lists(st.builds(Pod, names, st.sampled_from(["n1", "n2", "gone"]), amounts), max_size=12),
)
def test_nothing_is_lost_or_counted_twice(namespaces: list[Namespace], pods: list[Pod]):
    nodes = (machine("n1"), machine("n2", "gpu"))
    found = summarise(Lists(namespaces=tuple(namespaces), pods=tuple(pods), nodes=nodes))
    parts = [*found.requested.values(), *found.platform_requested.values()]
    assert sum(each.cpu_milli for each in parts) == sum(each.request.cpu_milli for each in pods)
    assert sum(each.memory_bytes for each in parts) == sum(each.request.memory_bytes for each in pods)
