"""All figures of one moment."""

from dataclasses import replace

from govcloud_monitoring.efficiency.duplicates import MAX_GROUPS, Duplicate
from govcloud_monitoring.efficiency.figures import Inputs, PoolFigures, summarise
from govcloud_monitoring.efficiency.idle import WINDOW_SECONDS, Use, Workload
from govcloud_monitoring.efficiency.inputs import Machine, Placed
from govcloud_monitoring.folding import OTHER
from govcloud_monitoring.kubernetes.pods import Amount
from govcloud_monitoring.kubernetes.snapshot import MAX_DEPARTMENTS, MAX_POOLS

NOW = 1_800_000_000
NOTHING = Use(observed_seconds=WINDOW_SECONDS, mean_cpu_micro=0, p95_cpu_micro=0)


def machine(name: str, pool: str = "workers") -> Machine:
    return Machine(name=name, pool=pool, allocatable=Amount(4000, 8000))


def pod(node: str, department: str = "tax", image: str = "r.example/forms", use: Amount | None = None) -> Placed:
    request = Amount(1000, 2000)
    return Placed(namespace=department, node=node, request=request, department=department, images=(image,), use=use)


def workload(department: str) -> Workload:
    return Workload(department=department, created_seconds=0, cpu_request_milli=1, use=NOTHING)


def test_each_pool_has_figures_of_its_own():
    found = summarise(
        Inputs(
            machines=(machine("a"), machine("b"), machine("c"), machine("g", "gpu")),
            pods=(pod("a", use=Amount(1, 1)), pod("b"), pod("g"), pod("gone")),
        ),
        NOW,
    )
    assert found.pools == {
        "workers": PoolFigures(
            stranded=Amount(0, 0), largest_fit=Amount(4000, 8000), reclaimable_machines={"requests": 1, "use": 1}
        ),
        "gpu": PoolFigures(stranded=Amount(0, 0), largest_fit=Amount(3000, 6000), reclaimable_machines={"requests": 0}),
    }


def test_programs_and_idle_workloads_are_in_the_figures():
    inputs = Inputs(pods=(pod("a"), pod("b", "roads")), workloads=(workload("tax"), workload("tax")))
    found = summarise(replace(inputs, machines=(machine("a"), machine("b"))), NOW)
    assert found.duplicates == {
        ("r.example/forms", "image"): Duplicate(instances=2, departments=2, reclaimable_cpu_milli=750)
    }
    assert found.idle == {("tax", "no_cpu"): 2}
    assert summarise(replace(inputs, platform_images=frozenset({"r.example/forms:1"})), NOW).duplicates == {}


def test_pools_beyond_the_limit_are_folded_after_they_were_packed():
    count = MAX_POOLS + 2
    last = f"p{count - 1:02}"
    machines = tuple(machine(f"n{number:02}{letter}", f"p{number:02}") for number in range(count) for letter in "ab")
    pods = tuple(pod(each.name) for each in machines)
    found = summarise(Inputs(machines=(*machines, machine("spare", last)), pods=pods), NOW)
    assert len(found.pools) == MAX_POOLS + 1
    # Each of the two pools keeps one machine and a reserve; as one pool of five they would have kept two.
    assert found.pools[OTHER] == PoolFigures(
        stranded=Amount(0, 0), largest_fit=Amount(4000, 8000), reclaimable_machines={"requests": 1}
    )
    assert found.folded["pool"] == 2


def test_departments_and_groups_beyond_their_limits_are_folded_and_lose_nothing():
    workloads = tuple(workload(f"d{number:04}") for number in range(MAX_DEPARTMENTS + 3))
    pods = tuple(
        pod("n", department, f"r.example/i{number}")
        for number in range(MAX_GROUPS + 2)
        for department in ("tax", "roads")
    )
    found = summarise(Inputs(workloads=workloads, pods=pods), NOW)
    assert len(found.idle) == MAX_DEPARTMENTS + 1
    assert found.idle[OTHER, "no_cpu"] == 3
    assert found.duplicates[OTHER, "image"].groups == 2
    assert found.folded == {"department": 3, "group": 2}


def test_a_department_that_left_is_gone():
    inputs = Inputs(workloads=(workload("tax"), workload("roads")))
    assert ("roads", "no_cpu") in summarise(inputs, NOW).idle
    assert ("roads", "no_cpu") not in summarise(replace(inputs, workloads=inputs.workloads[:1]), NOW).idle
