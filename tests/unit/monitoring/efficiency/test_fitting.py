"""Stranded resources and the largest pod that fits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_monitoring.efficiency.fitting import Fitting, fitting
from govcloud_monitoring.efficiency.inputs import Host, Machine, Placed, Tie
from govcloud_monitoring.kubernetes.pods import Amount


def pod(cpu_milli: int, memory_bytes: int, tie: Tie = "none") -> Placed:
    return Placed(namespace="n", node="m", request=Amount(cpu_milli, memory_bytes), tie=tie)


def host(size: Amount, *pods: Placed, max_pods: int = 9, schedulable: bool = True) -> Host:
    machine = Machine(name="m", pool="workers", allocatable=size, max_pods=max_pods, schedulable=schedulable)
    return Host(machine=machine, pods=pods)


@pytest.mark.parametrize(
    ("hosts", "stranded", "largest"),
    [
        pytest.param([], Amount(0, 0), Amount(0, 0), id="no machine"),
        # 2 bytes go with each milli-core; 4000 bytes are left, enough for 2000 of the 3000 milli-cores.
        pytest.param(
            [host(Amount(4000, 6000), pod(1000, 2000))], Amount(1000, 0), Amount(2000, 4000), id="memory ends first"
        ),
        pytest.param(
            [host(Amount(4000, 9000), pod(1000, 2000))], Amount(0, 1000), Amount(3000, 6000), id="CPU ends first"
        ),
        pytest.param(
            [host(Amount(4000, 2000), pod(1000, 2000))], Amount(3000, 0), Amount(0, 0), id="all memory is given away"
        ),
        pytest.param(
            [host(Amount(4000, 2000), pod(1000, 2000)), host(Amount(1000, 9000))],
            Amount(3000, 7000),
            Amount(1000, 2000),
            id="each machine strands its own",
        ),
        pytest.param(
            [host(Amount(4000, 8000)), host(Amount(2000, 1000))],
            Amount(1334, 2000),
            Amount(4000, 6000),
            id="no pod at all",
        ),
        pytest.param(
            [host(Amount(4000, 8000), pod(1000, 8000, "daemon"))], Amount(3000, 0), Amount(0, 0), id="daemons hold"
        ),
        pytest.param(
            [host(Amount(4000, 8000), pod(1000, 1000, "daemon"))],
            Amount(0, 1000),
            Amount(3000, 6000),
            id="and say nothing",
        ),
        pytest.param(
            [host(Amount(4000, 8000)), host(Amount(9000, 9000), pod(1000, 2000), schedulable=False)],
            Amount(0, 0),
            Amount(4000, 8000),
            id="a closed machine offers nothing but says what pods look like",
        ),
        pytest.param(
            [host(Amount(2000, 2000), pod(1000, 1000), max_pods=1)], Amount(0, 0), Amount(0, 0), id="no place for a pod"
        ),
        pytest.param([host(Amount(4000, 0))], Amount(4000, 0), Amount(0, 0), id="a machine without memory"),
        pytest.param([host(Amount(1000, 1000), pod(2000, 2000))], Amount(0, 0), Amount(0, 0), id="an overfull machine"),
    ],
)
def test_what_strands_and_what_fits(hosts: list[Host], stranded: Amount, largest: Amount):
    assert fitting(hosts) == Fitting(stranded=stranded, largest=largest)


def test_a_few_pods_with_much_memory_move_the_mean_and_not_the_median():
    ordinary, heavy = [pod(100, 100) for _ in range(5)], pod(100, 5500)
    found = fitting([host(Amount(1600, 7000), *ordinary, heavy)])
    # Free: 1000 and 1000. Mean: 10 bytes a milli-core, so 1000 bytes go with 100. Median: 1 byte a milli-core.
    assert found == Fitting(stranded=Amount(900, 0), largest=Amount(1000, 1000))


def test_pods_that_request_nothing_do_not_say_what_a_pod_looks_like():
    assert fitting([host(Amount(10, 20), pod(0, 0), pod(0, 0), pod(1, 2))]).largest == Amount(9, 18)
    assert fitting([host(Amount(10, 20), pod(0, 4))]).largest == Amount(8, 16)


amounts = st.builds(Amount, st.integers(0, 50), st.integers(0, 50))
hosts = st.lists(
    st.builds(
        lambda size, pods, max_pods, schedulable: host(size, *pods, max_pods=max_pods, schedulable=schedulable),
        amounts,
        st.lists(
            st.builds(
                lambda each, tie: pod(each.cpu_milli, each.memory_bytes, tie),
                amounts,
                st.sampled_from(["none", "daemon"]),
            ),
            max_size=4,
        ),
        st.integers(0, 6),
        st.booleans(),
    ),
    max_size=5,
)


def free(each: Host) -> Amount:
    size = each.machine.allocatable
    return Amount(
        max(0, size.cpu_milli - sum(pod.request.cpu_milli for pod in each.pods)),
        max(0, size.memory_bytes - sum(pod.request.memory_bytes for pod in each.pods)),
    )


@given(hosts=hosts)
def test_the_largest_fit_really_fits_on_a_machine_that_takes_pods(hosts: list[Host]):
    largest = fitting(hosts).largest
    if largest != Amount(0, 0):
        assert any(
            largest.cpu_milli <= free(each).cpu_milli and largest.memory_bytes <= free(each).memory_bytes
            for each in hosts
            if each.machine.schedulable and len(each.pods) < each.machine.max_pods
        )


@given(hosts=hosts)
def test_no_more_strands_than_is_free(hosts: list[Host]):
    stranded = fitting(hosts).stranded
    offered = [free(each) for each in hosts if each.machine.schedulable]
    assert 0 <= stranded.cpu_milli <= sum(each.cpu_milli for each in offered)
    assert 0 <= stranded.memory_bytes <= sum(each.memory_bytes for each in offered)


@given(hosts=hosts, data=st.data())
def test_the_order_does_not_matter(hosts: list[Host], data: st.DataObject):
    assert fitting(data.draw(st.permutations(hosts))) == fitting(hosts)
