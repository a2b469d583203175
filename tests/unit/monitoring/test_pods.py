"""What a pod reserves, case by case as the scheduler counts."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_monitoring.kubernetes import parse
from govcloud_monitoring.kubernetes.pods import Amount
from govcloud_monitoring.kubernetes.values import Pod
from support.monitoring import container, page, pod

MI = 2**20


def requests(*pods: dict[str, Any]) -> list[Amount]:
    return [each.request for each in parse.pods(page(pods)).items if isinstance(each, Pod)]


def sidecar(name: str, cpu: str) -> dict[str, Any]:
    return container(name, cpu, restartPolicy="Always")


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param({"containers": [container()]}, Amount(), id="nothing asked for"),
        pytest.param(
            {"containers": [container("a", "250m", "64Mi"), container("b", "0.1", "1Gi")]},
            Amount(350, 1088 * MI),
            id="containers by sum",
        ),
        pytest.param(
            {
                "containers": [container("a", "500m")],
                "initContainers": [container("i", "300m"), container("j", "400m")],
            },
            Amount(500),
            id="small init containers do not count",
        ),
        pytest.param(
            {"containers": [container("a", "500m", "1Mi")], "initContainers": [container("i", "2", "3Mi")]},
            Amount(2000, 3 * MI),
            id="the largest init container counts",
        ),
        pytest.param(
            {"containers": [container("a", "500m", "9Mi")], "initContainers": [container("i", "2", "3Mi")]},
            Amount(2000, 9 * MI),
            id="each resource for itself",
        ),
        pytest.param(
            {"containers": [container("a", "500m")], "initContainers": [sidecar("s", "200m"), sidecar("t", "100m")]},
            Amount(800),
            id="sidecars by sum",
        ),
        pytest.param(
            {"containers": [container("a", "100m")], "initContainers": [sidecar("s", "200m"), container("i", "1")]},
            Amount(1200),
            id="an init container after a sidecar runs beside it",
        ),
        pytest.param(
            {"containers": [container("a", "100m")], "initContainers": [container("i", "1"), sidecar("s", "200m")]},
            Amount(1000),
            id="an init container before a sidecar runs alone",
        ),
        pytest.param(
            {"containers": [container("a", "100m")], "overhead": {"cpu": "50m", "memory": "10Mi"}},
            Amount(150, 10 * MI),
            id="overhead on top",
        ),
        pytest.param(
            {"containers": [container("a", "100m", "1Mi")], "resources": {"requests": {"cpu": "2"}}},
            Amount(2000, MI),
            id="pod-level requests replace the sum of that resource only",
        ),
        pytest.param(
            {
                "containers": [container("a", "100m")],
                "resources": {"requests": {"memory": "8Mi"}},
                "overhead": {"memory": "1Mi"},
            },
            Amount(100, 9 * MI),
            id="overhead on top of pod-level requests",
        ),
    ],
)
def test_request_of_a_pod(spec: dict[str, Any], expected: Amount):
    containers = spec.pop("containers")
    assert requests(pod("p", "ns", *containers, **spec)) == [expected]


@pytest.mark.parametrize(
    ("given_cpu", "allocated_cpu", "conditions", "milli"),
    [
        pytest.param("100m", "100m", [], 500, id="growing: what is wanted"),
        pytest.param("800m", "500m", [], 800, id="shrinking: what is still given"),
        pytest.param("100m", "700m", [], 700, id="allocated and not yet given"),
        pytest.param(
            "100m", "100m", [{"type": "PodResizePending", "reason": "Infeasible"}], 100, id="refused: what is given"
        ),
        pytest.param(
            "100m", "100m", [{"type": "PodResizePending", "reason": "Deferred"}], 500, id="deferred: what is wanted"
        ),
    ],
)
def test_in_place_resize(given_cpu: str, allocated_cpu: str, conditions: list[dict[str, str]], milli: int):
    resizing = pod("p", "ns", container("main", "500m"), container("other", "1"))
    resizing["status"] |= {
        "conditions": conditions,
        "containerStatuses": [
            {
                "name": "main",
                "resources": {"requests": {"cpu": given_cpu}},
                "allocatedResources": {"cpu": allocated_cpu},
            },
            {"name": "other"},
        ],
    }
    assert requests(resizing) == [Amount(milli + 1000)]


@pytest.mark.parametrize(
    ("node", "phase", "counted"),
    [
        ("n1", "Running", True),
        ("n1", "Pending", True),
        ("n1", "Unknown", True),
        ("", "Pending", False),
        ("n1", "Succeeded", False),
        ("n1", "Failed", False),
    ],
)
def test_which_pods_count(node: str, phase: str, counted: bool):
    found = requests(pod("p", "ns", container("a", "1"), node=node, phase=phase))
    assert found == ([Amount(1000)] if counted else [])


@given(st.lists(st.integers(min_value=0, max_value=10**7), min_size=1, max_size=20))
def test_sum_of_containers_is_exact(millis: list[int]):
    containers = [container(f"c{number}", f"{milli}m", f"{milli}Ki") for number, milli in enumerate(millis)]
    assert requests(pod("p", "ns", *containers)) == [Amount(sum(millis), sum(millis) * 1024)]
