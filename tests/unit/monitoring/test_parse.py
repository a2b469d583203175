"""Pages of lists to values."""

import json
from collections.abc import Callable

import pytest

from govcloud_monitoring.kubernetes import parse
from govcloud_monitoring.kubernetes.pods import Amount
from govcloud_monitoring.kubernetes.values import Claim, Namespace, Node, Quota
from govcloud_monitoring.watch.wire import Change, Page
from support.monitoring import Wire, claim, namespace, node, page, pod, quota

GI = 2**30


def test_only_the_operators_label_says_who_owns_a_namespace():
    foreign = namespace("dept-roads")
    foreign["metadata"]["labels"] = {"department": "roads", "example.org/department": "roads"}
    foreign["metadata"]["annotations"] = {"govcloud.internal/department": "roads"}
    found = parse.namespaces(page([namespace("tax-portal-test", "tax", "test", "portal"), foreign, namespace("x")]))
    assert found == Page(((("", "tax-portal-test"), Namespace("tax-portal-test", "tax", "test", "portal")),), "7")


def test_a_home_namespace_has_a_department_and_no_purpose():
    assert parse.namespaces(page([namespace("dept-tax", "tax")])).items == (Namespace("dept-tax", "tax", "", ""),)


RESERVED = [{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}]
SOFT = [{"key": "node-role.kubernetes.io/control-plane", "effect": "PreferNoSchedule"}]


@pytest.mark.parametrize(
    ("wire", "pool", "state"),
    [
        (node("n"), "workers", "ready"),
        (node("n", pool="gpu"), "gpu", "ready"),
        (node("n", taints=RESERVED), "control-plane", "ready"),
        (node("n", taints=RESERVED, pool="masters"), "masters", "ready"),
        (node("n", taints=SOFT), "workers", "ready"),
        (node("n", ready="False"), "workers", "not_ready"),
        (node("n", ready="Unknown", unschedulable=True), "workers", "not_ready"),
        (node("n", unschedulable=True), "workers", "cordoned"),
    ],
)
def test_nodes(wire: Wire, pool: str, state: str):
    assert parse.nodes(page([wire])).items == (Node("n", pool, state, 5000, Amount(4000, 8 * GI)),)


def test_a_node_that_has_just_registered_is_not_ready_and_offers_nothing():
    fresh: Wire = {"metadata": {"name": "n"}, "spec": {}, "status": {}}
    assert parse.nodes(page([fresh])).items == (Node("n", "workers", "not_ready", 0, Amount()),)


@pytest.mark.parametrize(
    ("hard", "limits"),
    [
        ({"requests.cpu": "4", "requests.memory": "8Gi"}, (4000, 8 * GI, None)),
        ({"cpu": "4", "memory": "8Gi"}, (4000, 8 * GI, None)),
        ({"cpu": "4", "requests.cpu": "3", "limits.cpu": "1"}, (3000, None, None)),
        ({"pods": "20", "requests.storage": "5Gi"}, (None, None, 5 * GI)),
        ({"requests.cpu": "0"}, (0, None, None)),
    ],
)
def test_cpu_and_requests_cpu_are_one_limit(hard: dict[str, str], limits: tuple[int | None, int | None, int | None]):
    assert parse.quotas(page([quota("ns", hard)])).items == (Quota("ns", *limits),)


def test_a_quota_with_a_scope_does_not_limit_the_namespace():
    selector = {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["high"]}]}
    scoped = [quota("ns", {"cpu": "1"}, scopes=["Terminating"]), quota("ns", {"cpu": "1"}, scopeSelector=selector)]
    assert parse.quotas(page(scoped)).items == ()


def test_claims_count_once_bound_with_what_they_got():
    found = parse.claims(page([claim("ns", "5Gi"), claim("ns", "7Gi", phase="Pending"), claim("ns", "3Gi", "")]))
    assert found.items == (Claim("ns", "local-path", 5 * GI, "c"), Claim("ns", "", 3 * GI, "c"))


def test_the_version_of_the_list_and_the_token_of_the_next_page_are_handed_on():
    assert parse.pods(page([], token="abc=", version=9)) == Page((), "9", "abc=")


@pytest.mark.parametrize(
    "body",
    [b"", b"Forbidden", b"{}", b"[]", b'{"metadata": {}, "items": [{}]}', b'{"kind": "Status", "code": 500}', b"\xff"],
)
def test_what_is_not_a_list_is_refused(body: bytes):
    with pytest.raises(ValueError, match=r".+"):
        parse.pods(body)


def test_a_list_without_items_is_empty():
    assert parse.pods(b'{"metadata": {}, "items": null}') == Page(())


def test_a_malformed_quantity_is_refused_and_named():
    broken = pod("p", "ns", {"name": "a", "resources": {"requests": {"cpu": "lots"}}})
    with pytest.raises(ValueError, match="'lots' is not a Kubernetes quantity"):
        parse.pods(page([broken]))


PENDING = claim("ns", "7Gi", phase="Pending")
SCOPED = quota("ns", {"cpu": "1"}, scopes=["Terminating"])


@pytest.mark.parametrize(
    ("read", "wire"),
    [
        (parse.namespace, namespace("x")),
        (parse.pod, pod("p", "ns", node="")),
        (parse.pod, pod("p", "ns", phase="Succeeded")),
        (parse.quota, SCOPED),
        (parse.claim, PENDING),
    ],
)
def test_an_event_about_what_does_not_count_takes_away_what_counted_before(
    read: Callable[[bytes], Change[object]], wire: Wire
):
    key = (wire["metadata"].get("namespace", ""), wire["metadata"]["name"])
    assert read(event("MODIFIED", wire)) == Change("8", key, None)


def test_an_event_and_a_page_give_the_same_values():
    wires = {
        parse.namespaces: (parse.namespace, namespace("tax-portal-test", "tax", "test", "portal")),
        parse.nodes: (parse.node, node("n", pool="gpu", taints=RESERVED)),
        parse.quotas: (parse.quota, quota("ns", {"cpu": "4"})),
        parse.claims: (parse.claim, claim("ns", "5Gi")),
        parse.pods: (parse.pod, pod("p", "ns")),
    }
    for listed, (told, wire) in wires.items():
        [entry] = listed(page([wire])).entries
        found = told(event("ADDED", wire))
        assert (found.key, found.value) == entry


def event(type_: str, wire: Wire) -> bytes:
    versioned = wire | {"metadata": wire["metadata"] | {"resourceVersion": "8"}}
    return json.dumps({"type": type_, "object": versioned}).encode()
