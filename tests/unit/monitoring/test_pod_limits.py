"""What a pod may use at most, case by case as the scheduler's library counts."""

from typing import Any

import pytest

from govcloud_monitoring.kubernetes import parse
from govcloud_monitoring.kubernetes.values import Pod
from support.monitoring import Wire, container, page, pod


def limited(name: str, cpu: str, **more: Any) -> Wire:
    return container(name, "1m", limits={"cpu": cpu}, **more)


def limit(wire: Wire) -> int:
    [found] = parse.pods(page([wire])).items
    assert isinstance(found, Pod)
    return found.cpu_limit_milli


@pytest.mark.parametrize(
    ("spec", "milli"),
    [
        pytest.param({"containers": [container("a", "2")]}, 0, id="no limit, whatever it reserves"),
        pytest.param({"containers": [limited("a", "250m"), limited("b", "0.1")]}, 350, id="containers by sum"),
        pytest.param({"containers": [limited("a", "1"), container("b", "2")]}, 1000, id="one of two is limited"),
        pytest.param(
            {"containers": [limited("a", "500m")], "initContainers": [limited("i", "2"), limited("j", "1")]},
            2000,
            id="the largest init container counts",
        ),
        pytest.param(
            {
                "containers": [limited("a", "100m")],
                "initContainers": [limited("s", "200m", restartPolicy="Always"), limited("i", "1")],
            },
            1200,
            id="an init container after a sidecar runs beside it",
        ),
        pytest.param(
            {
                "containers": [limited("a", "1")],
                "initContainers": [limited("i", "1"), limited("s", "200m", restartPolicy="Always")],
            },
            1200,
            id="sidecars by sum",
        ),
        pytest.param(
            {"containers": [limited("a", "1")], "resources": {"limits": {"cpu": "3"}}},
            3000,
            id="a limit of the pod replaces the sum",
        ),
        pytest.param({"containers": [limited("a", "1")], "overhead": {"cpu": "50m"}}, 1050, id="overhead on top"),
        pytest.param({"containers": [container("a", "1")], "overhead": {"cpu": "50m"}}, 0, id="overhead is no limit"),
    ],
)
def test_limit_of_a_pod(spec: dict[str, Any], milli: int):
    containers = spec.pop("containers")
    assert limit(pod("p", "ns", *containers, **spec)) == milli


@pytest.mark.parametrize(
    ("given_cpu", "reason", "milli"),
    [
        pytest.param("100m", "", 500, id="growing: what is wanted"),
        pytest.param("800m", "", 800, id="shrinking: what is still given"),
        pytest.param("100m", "Infeasible", 100, id="refused: what is given"),
    ],
)
def test_in_place_resize(given_cpu: str, reason: str, milli: int):
    resizing = pod("p", "ns", limited("main", "500m"), limited("other", "1"))
    resizing["status"] |= {
        "conditions": [{"type": "PodResizePending", "reason": reason}] if reason else [],
        "containerStatuses": [{"name": "main", "resources": {"limits": {"cpu": given_cpu}}}, {"name": "other"}],
    }
    assert limit(resizing) == milli + 1000
