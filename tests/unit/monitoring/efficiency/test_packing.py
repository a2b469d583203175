"""Machines that could be given up."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from govcloud_monitoring.efficiency.first_fit import Load
from govcloud_monitoring.efficiency.inputs import Host, Machine, Placed, UseRatio, by_pool, total, with_use
from govcloud_monitoring.efficiency.packing import fewest, plan, reclaimable
from govcloud_monitoring.kubernetes.pods import Amount

TEN = Amount(10, 10)


def machine(name: str, size: Amount = TEN, *, max_pods: int = 9, schedulable: bool = True) -> Machine:
    return Machine(name=name, pool="workers", allocatable=size, max_pods=max_pods, schedulable=schedulable)


def pod(cpu_milli: int, memory_bytes: int | None = None, **more: object) -> Placed:
    """Twice as much of one number when the other is not given; its node is set by `host`."""
    request = Amount(cpu_milli, cpu_milli if memory_bytes is None else memory_bytes)
    return structs.replace(Placed(namespace="tax-portal-test", node="", request=request), **more)


def host(name: str, *pods: Placed, size: Amount = TEN, max_pods: int = 9, schedulable: bool = True) -> Host:
    placed = tuple(structs.replace(each, node=name) for each in pods)
    return Host(machine=machine(name, size, max_pods=max_pods, schedulable=schedulable), pods=placed)


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        pytest.param([], 0, id="no machine"),
        pytest.param([host("a")], 0, id="the only machine is the reserve"),
        pytest.param([host("a"), host("b"), host("c")], 2, id="three empty machines"),
        pytest.param([host("a", pod(3)), host("b", pod(3)), host("c", pod(3))], 1, id="three thirds fit on one"),
        pytest.param([host("a", pod(6)), host("b", pod(6)), host("c", pod(6))], 0, id="nothing goes together"),
        pytest.param([host("a", pod(10)), host("b", pod(10))], 0, id="full machines without a reserve"),
        pytest.param([host("a", pod(6)), host("b", pod(6)), host("c"), host("d")], 1, id="as it stands, one spare"),
        pytest.param([host("a", pod(5, 1)), host("b", pod(1, 5)), host("c")], 1, id="unlike pods share a machine"),
        pytest.param([host("a", pod(1, 6)), host("b", pod(1, 6)), host("c")], 0, id="memory alone forbids it"),
        pytest.param([host("a", pod(0), pod(0), max_pods=2), host("b", pod(0), max_pods=2), host("c")], 0, id="places"),
        pytest.param([host(n, pod(1, tie="daemon")) for n in "abc"], 2, id="daemons hold no machine"),
        pytest.param(
            [host(n, pod(4, tie="daemon"), pod(4)) for n in "abc"], 0, id="a daemon counts on every machine that stays"
        ),
        pytest.param(
            [host("a", pod(1, tie="machine")), host("b"), host("c")], 1, id="a local volume holds its machine"
        ),
        pytest.param([host(n, pod(1, tie="machine")) for n in "abc"], 0, id="all machines are held"),
        pytest.param(
            [host("a", pod(1, tie="machine")), host("b", pod(1)), host("c", pod(1))],
            1,
            id="a held machine takes others",
        ),
        pytest.param([host("a", schedulable=False), host("b"), host("c", pod(1))], 0, id="a closed machine"),
        pytest.param(
            [host("a", pod(8), schedulable=False), host("b"), host("c", pod(2)), host("d")], 1, id="its pods find room"
        ),
        pytest.param([host("a", pod(9), schedulable=False), host("b"), host("c", pod(2)), host("d")], 0, id="or not"),
        pytest.param([host(n, pod(1, apart="db")) for n in "abc"], 0, id="replicas that stand apart"),
        pytest.param([*(host(n, pod(1, apart="db")) for n in "abc"), host("d")], 0, id="they leave only the reserve"),
    ],
)
def test_machines_that_could_go(hosts: list[Host], expected: int):
    assert reclaimable(hosts) == expected


def test_the_reserve_is_the_largest_where_machines_differ():
    large = Amount(20, 20)
    found = plan([host("a", pod(5)), host("b", pod(5), size=large), host("c", pod(5), size=large), host("d")])
    assert found is not None
    assert found.loads == {"c": Load(amount=Amount(15, 15), pods=3)}
    assert (found.reserve, found.reclaimable_machines) == ("b", 2)


def test_a_machine_is_not_filled_beyond_what_the_reserve_could_take_over():
    wide, tall, both = Amount(16, 6), Amount(5, 20), Amount(16, 16)
    hosts = [
        host("a", pod(10, 1), size=both),
        host("b", pod(1, 9), size=tall),
        host("c", pod(1, 9), size=tall),
        host("d", pod(1), size=wide),
        host("e", size=tall),
    ]
    found = plan(hosts)
    assert found is not None
    # One tall machine has room for both tall pods, but then nothing could stand in for it.
    assert {name: load.amount for name, load in found.loads.items()} == {
        "b": Amount(1, 9),
        "c": Amount(1, 9),
        "d": Amount(11, 2),
    }
    assert (found.reserve, found.reclaimable_machines) == ("a", 1)


def test_sizes_of_empty_machines_do_not_change_how_the_others_are_packed():
    wide, tall = Amount(16, 6), Amount(5, 20)
    hosts = [
        host("a", pod(0), pod(3, 0, tie="daemon"), size=tall),
        host("b", pod(3, 2), size=tall, max_pods=3),
        host("c", pod(1, 5), size=wide),
    ]
    assert reclaimable(hosts) == 0
    assert reclaimable([*hosts, host("d", size=wide, max_pods=1)]) == 1


def test_by_use_more_machines_could_go_than_by_requests():
    hosts = [host(name, pod(8, use=Amount(2, 2))) for name in "abcd"]
    assert (reclaimable(hosts, "requests"), reclaimable(hosts, "use")) == (0, 2)


def test_a_pod_whose_use_is_not_known_counts_with_its_request():
    hosts = [host("a", pod(8, use=Amount(1, 1))), host("b", pod(8)), host("c", pod(8))]
    assert reclaimable(hosts, "use") == 0
    assert reclaimable([*hosts, host("d", pod(8, use=Amount(1, 1)))], "use") == 1


def test_without_any_figure_of_use_there_is_no_answer_for_it():
    assert reclaimable([host("a", pod(8)), host("b")], "use") is None
    assert reclaimable([host("a", pod(8, use=Amount(0, 0))), host("b")], "use") == 0


def test_use_can_come_from_the_ratio_of_the_namespace_and_rounds_up():
    ratios = {"tax-portal-test": UseRatio(cpu_permille=250, memory_permille=1500)}
    measured, other = pod(8, use=Amount(1, 1)), pod(8, namespace="roads-map-test")
    assert [each.use for each in with_use([pod(10, 3), measured, other], ratios)] == [Amount(3, 5), Amount(1, 1), None]


def test_pods_are_sorted_into_the_pools_of_their_machines():
    machines = [replace(machine("b"), pool="gpu"), machine("c"), machine("a")]
    pods = [pod(1, node="b"), pod(2, node="a"), pod(3, node="gone")]
    found = by_pool(machines, pods)
    assert list(found) == ["gpu", "workers"]
    assert [(each.machine.name, each.pods) for each in found["workers"]] == [("a", (pods[1],)), ("c", ())]
    assert found["gpu"] == (Host(machine=machines[0], pods=(pods[0],)),)


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        pytest.param([], 0, id="nothing"),
        pytest.param([host(n, pod(5, 1)) for n in "abcd"], 2, id="by CPU"),
        pytest.param([host(n, pod(1, 6)) for n in "abcd"], 3, id="by memory"),
        pytest.param([host(n, pod(1), pod(1), pod(1), max_pods=4) for n in "abcd"], 3, id="by places"),
        pytest.param([host("a", pod(10)), host("b", pod(10), size=Amount(20, 20))], 1, id="the largest first"),
        pytest.param([host("a", pod(1, tie="machine")), host("b", pod(9))], 1, id="held machines are there anyway"),
        pytest.param([host("a", pod(1, tie="machine")), host("b", pod(10))], 2, id="but may not be enough"),
    ],
)
def test_the_bound_that_no_packing_can_beat(hosts: list[Host], expected: int):
    assert fewest(hosts) == expected


shapes = st.sampled_from([Amount(8, 8), Amount(8, 8), Amount(16, 16), Amount(16, 6), Amount(5, 20)])
open_or_closed = st.sampled_from([True] * 5 + [False])
machines = st.lists(st.tuples(shapes, st.integers(2, 7), open_or_closed), min_size=3, max_size=7)
pods = st.builds(
    lambda cpu, memory, tie, apart, use: pod(cpu, memory, tie=tie, apart=apart, use=use),
    st.integers(0, 5),
    st.integers(0, 5),
    st.sampled_from(["none"] * 8 + ["daemon", "machine"]),
    st.sampled_from(["", "", "", "x", "y"]),
    st.none() | st.builds(Amount, st.integers(0, 7), st.integers(0, 7)),
)


@st.composite
def pools(draw: st.DrawFn) -> list[Host]:
    """Machines with pods on them as a scheduler could have put them: nothing is overfilled."""
    hosts = [
        host(f"m{number}", size=size, max_pods=places, schedulable=schedulable)
        for number, (size, places, schedulable) in enumerate(draw(machines))
    ]
    for each, wish in draw(st.lists(st.tuples(pods, st.integers(0, 6)), min_size=2, max_size=16)):
        number = wish % len(hosts)
        fuller = replace(hosts[number], pods=(*hosts[number].pods, structs.replace(each, node=f"m{number}")))
        hosts[number] = fuller if is_sound(fuller) else hosts[number]
    return hosts


def is_sound(each: Host) -> bool:
    held, size = total(pod.request for pod in each.pods), each.machine.allocatable
    keys = [pod.apart for pod in each.pods if pod.apart]
    return (
        held.cpu_milli <= size.cpu_milli
        and held.memory_bytes <= size.memory_bytes
        and len(each.pods) <= each.machine.max_pods
        and len(keys) == len(set(keys))
    )


def staying(each: Host) -> Load:
    tied = [pod for pod in each.pods if pod.tie != "none"]
    return Load(
        amount=total(pod.request for pod in tied),
        pods=len(tied),
        apart=frozenset(pod.apart for pod in tied if pod.apart),
    )


@given(hosts=pools())
def test_a_plan_fits_into_the_machines_and_loses_no_pod(hosts: list[Host]):
    found = plan(hosts)
    if found is None:
        return
    by_name = {each.machine.name: each for each in hosts if each.machine.schedulable}
    for name, load in found.loads.items():
        fixed, size = staying(by_name[name]), by_name[name].machine
        both = fixed.plus(load)
        assert both.amount.cpu_milli <= size.allocatable.cpu_milli
        assert both.amount.memory_bytes <= size.allocatable.memory_bytes
        assert both.pods <= size.max_pods
        assert fixed.apart.isdisjoint(load.apart)
    moving = [pod for each in hosts for pod in each.pods if pod.tie == "none"]
    assert total(load.amount for load in found.loads.values()) == total(pod.request for pod in moving)
    assert sum(load.pods for load in found.loads.values()) == len(moving)
    # A key as often as pods have it, and at most once a machine: no two of them share one.
    assert Counter(key for load in found.loads.values() for key in load.apart) == Counter(
        pod.apart for pod in moving if pod.apart
    )


@given(hosts=pools())
def test_a_plan_keeps_held_machines_and_uses_none_that_is_empty_now(hosts: list[Host]):
    found = plan(hosts)
    if found is not None:
        schedulable = [each for each in hosts if each.machine.schedulable]
        held = {each.machine.name for each in schedulable if any(pod.tie == "machine" for pod in each.pods)}
        used = {each.machine.name for each in schedulable if any(pod.tie != "daemon" for pod in each.pods)}
        assert held <= set(found.loads) <= used
        assert found.reclaimable_machines == len(schedulable) - len(found.loads) - 1
        assert len(found.loads) >= fewest(hosts)


@given(hosts=pools())
def test_the_reserve_can_take_over_from_any_one_machine(hosts: list[Host]):
    found = plan(hosts)
    if found is not None:
        assert found.reserve not in found.loads
        reserve = next(each for each in hosts if each.machine.name == found.reserve)
        assert reserve.machine.schedulable
        for load in found.loads.values():
            both = staying(reserve).plus(load)
            assert both.amount.cpu_milli <= reserve.machine.allocatable.cpu_milli
            assert both.amount.memory_bytes <= reserve.machine.allocatable.memory_bytes
            assert both.pods <= reserve.machine.max_pods


@given(hosts=pools(), basis=st.sampled_from(["requests", "use"]))
def test_the_number_is_never_negative_and_leaves_one_machine(hosts: list[Host], basis: str):
    count = reclaimable(hosts, basis)
    schedulable = sum(each.machine.schedulable for each in hosts)
    assert count is None or 0 <= count <= max(0, schedulable - 1)


@given(hosts=pools(), basis=st.sampled_from(["requests", "use"]), data=st.data())
def test_the_order_of_machines_and_pods_does_not_matter(hosts: list[Host], basis: str, data: st.DataObject):
    shuffled = [
        replace(each, pods=tuple(data.draw(st.permutations(each.pods)))) for each in data.draw(st.permutations(hosts))
    ]
    assert plan(shuffled, basis) == plan(hosts, basis)


@given(hosts=pools(), basis=st.sampled_from(["requests", "use"]), size=shapes, places=st.integers(1, 6))
def test_one_more_empty_machine_never_makes_it_fewer(hosts: list[Host], basis: str, size: Amount, places: int):
    before = reclaimable(hosts, basis)
    # Names decide between equals, so the new machine is tried at both ends.
    for name in ("a", "z"):
        after = reclaimable([*hosts, host(name, size=size, max_pods=places)], basis)
        assert (after is None) == (before is None)
        assert (after or 0) >= (before or 0)
        if before is not None and plan(hosts, basis) is not None:
            assert (after or 0) >= before + 1
