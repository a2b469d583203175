"""All figures of one moment."""

from dataclasses import replace

from govcloud_monitoring.efficiency.duplicates import MAX_GROUPS, Duplicate
from govcloud_monitoring.efficiency.figures import Inputs, PoolFigures, summarise
from govcloud_monitoring.efficiency.inputs import Machine, Placed
from govcloud_monitoring.folding import MAX_POOLS, OTHER
from govcloud_monitoring.kubernetes.pods import Amount


def machine(name: str, pool: str = "workers") -> Machine:
    return Machine(name=name, pool=pool, allocatable=Amount(4000, 8000))


def pod(node: str, department: str = "tax", image: str = "r.example/forms", use: Amount | None = None) -> Placed:
    request = Amount(1000, 2000)
    return Placed(namespace=department, node=node, request=request, department=department, images=(image,), use=use)


def test_each_pool_has_figures_of_its_own():
    found = summarise(
        Inputs(
            machines=(machine("a"), machine("b"), machine("c"), machine("g", "gpu")),
            pods=(pod("a", use=Amount(1, 1)), pod("b"), pod("g"), pod("gone")),
        )
    )
    assert found.pools == {
        "workers": PoolFigures(
            stranded=Amount(0, 0), largest_fit=Amount(4000, 8000), reclaimable_machines={"requests": 1, "use": 1}
        ),
        "gpu": PoolFigures(stranded=Amount(0, 0), largest_fit=Amount(3000, 6000), reclaimable_machines={"requests": 0}),
    }


def test_programs_are_in_the_figures():
    inputs = Inputs(pods=(pod("a"), pod("b", "roads")))
    found = summarise(replace(inputs, machines=(machine("a"), machine("b"))))
    assert found.duplicates == {
        ("r.example/forms", "image"): Duplicate(instances=2, departments=2, reclaimable_cpu_milli=750)
    }
    assert summarise(replace(inputs, platform_images=frozenset({"r.example/forms:1"}))).duplicates == {}


def test_pools_beyond_the_limit_are_folded_after_they_were_packed():
    count = MAX_POOLS + 2
    last = f"p{count - 1:02}"
    machines = tuple(machine(f"n{number:02}{letter}", f"p{number:02}") for number in range(count) for letter in "ab")
    pods = tuple(pod(each.name) for each in machines)
    found = summarise(Inputs(machines=(*machines, machine("spare", last)), pods=pods))
    assert len(found.pools) == MAX_POOLS + 1
    # Each of the two pools keeps one machine and a reserve; as one pool of five they would have kept two.
    assert found.pools[OTHER] == PoolFigures(
        stranded=Amount(0, 0), largest_fit=Amount(4000, 8000), reclaimable_machines={"requests": 1}
    )
    assert found.folded["pool"] == 2


def test_groups_beyond_their_limit_are_folded_and_lose_nothing():
    pods = tuple(
        pod("n", department, f"r.example/i{number}")
        for number in range(MAX_GROUPS + 2)
        for department in ("tax", "roads")
    )
    found = summarise(Inputs(pods=pods))
    assert found.duplicates[OTHER, "image"].groups == 2
    assert found.folded == {"group": 2}
