"""Which pods wait for room: the scheduler says so, and for no other reason."""

from __future__ import annotations

import pytest

from govcloud_monitoring.kubernetes import parse
from govcloud_monitoring.kubernetes.values import Namespace, Waiting
from support.monitoring import RawApi, Wire, namespace, page, pod, reader, turn, waiting_pod

TAX = "tax-portal-test"


@pytest.mark.parametrize(
    ("wire", "waits"),
    [
        pytest.param(waiting_pod("p", TAX), True, id="no memory left"),
        pytest.param(
            waiting_pod("p", TAX, "0/1 nodes are available: 1 Too many pods."),
            True,
            id="as many pods as a machine takes",
        ),
        pytest.param(
            waiting_pod("p", TAX, "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector."),
            False,
            id="no such machine",
        ),
        pytest.param(waiting_pod("p", TAX, "persistentvolumeclaim 'x' not found"), False, id="a volume is missing"),
        pytest.param(waiting_pod("p", TAX, reason="SchedulingGated"), False, id="held back on purpose"),
        pytest.param(pod("p", TAX, node="", phase="Pending"), False, id="not looked at yet"),
    ],
)
def test_a_pod_waits_for_room_when_machines_are_full(wire: Wire, waits: bool):
    assert parse.pods(page([wire])).items == ((Waiting(TAX),) if waits else ())


def test_a_pod_that_got_its_machine_waits_no_longer():
    [found] = parse.pods(page([waiting_pod("p", TAX, node="n1")])).items
    assert not isinstance(found, Waiting)


def test_waiting_pods_are_counted_by_department_and_hold_nothing():
    pods = [waiting_pod("p", TAX), waiting_pod("q", TAX), waiting_pod("agent", "kube-system")]
    api = RawApi({"namespaces": [namespace(TAX, "tax", "test")], "pods": pods})
    found = turn(turn(reader(api))).read()
    assert found.waiting_pods == {("tax",): 2}
    assert (found.requested, found.platform_requested) == ({}, {})
    assert Namespace(TAX, "tax", "test", "") in found.owners
