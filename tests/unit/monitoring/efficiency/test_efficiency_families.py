"""What the page shows of the efficiency figures."""

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from govcloud_monitoring.collector import ExporterCollector
from govcloud_monitoring.efficiency.duplicates import Duplicate, Instance, duplicates
from govcloud_monitoring.efficiency.families import METRICS, families
from govcloud_monitoring.efficiency.figures import Efficiency, Inputs, PoolFigures, summarise
from govcloud_monitoring.efficiency.inputs import Machine, Placed
from govcloud_monitoring.kubernetes.pods import Amount
from govcloud_monitoring.source import Clock, Source, Tracker
from support.monitoring import key, samples

NOTHING = Efficiency(pools={}, duplicates={}, folded={})


def page(efficiency: Efficiency) -> str:
    source = Source(name="efficiency", read=lambda: efficiency, families=families)
    tracker = Tracker(source, Clock(monotonic=lambda: 1.0, wall=lambda: 1.0), stale_after_seconds=25)
    assert tracker.refresh()
    registry = CollectorRegistry()
    registry.register(ExporterCollector([tracker], "1.2.3", "abc"))
    return generate_latest(registry).decode()


def own(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    names = {metric.name for metric in METRICS}
    return {sample: value for sample, value in samples(text).items() if sample[0] in names}


def test_values_are_in_base_units_and_exact():
    found = own(
        page(
            Efficiency(
                pools={
                    "workers": PoolFigures(
                        stranded=Amount(350, 7),
                        largest_fit=Amount(3920, 268_435_456),
                        reclaimable_machines={"requests": 2, "use": 5},
                    )
                },
                duplicates={
                    ("postgresql-16-small", "service"): Duplicate(
                        instances=9, departments=4, reclaimable_cpu_milli=1001
                    )
                },
                folded={},
            )
        )
    )
    group = {"group": "postgresql-16-small", "kind": "service"}
    assert found == {
        key("govcloud_pool_cpu_stranded_cores", pool="workers"): 0.35,
        key("govcloud_pool_largest_fit_cores", pool="workers"): 3.92,
        key("govcloud_pool_largest_fit_bytes", pool="workers"): 268_435_456,
        key("govcloud_pool_reclaimable_nodes", pool="workers", basis="requests"): 2,
        key("govcloud_pool_reclaimable_nodes", pool="workers", basis="use"): 5,
        key("govcloud_duplicate_instances", **group): 9,
        key("govcloud_duplicate_departments", **group): 4,
        key("govcloud_duplicate_reclaimable_cpu_cores", **group): 1.001,
    }


def test_every_metric_is_in_the_catalogue_and_in_its_order():
    assert [family.name for family in families(NOTHING)] == [metric.name for metric in METRICS]


def test_a_unit_is_the_end_of_the_name_and_every_metric_says_what_it_is():
    for metric in METRICS:
        assert metric.name.endswith(f"_{metric.unit}") if metric.unit else True
        assert metric.help.endswith(".")


def test_however_much_there_is_the_page_stays_small():
    machines = tuple(Machine(name=f"n{n}", pool=f"p{n}", allocatable=Amount(9, 9)) for n in range(40))
    pods = tuple(
        Placed(
            namespace=department,
            node=f"n{number % 40}",
            request=Amount(1, 1),
            department=department,
            images=(f"registry.example:5000/{'x' * number}/app",),
            use=Amount(1, 1),
        )
        for number in range(1, 120)
        for department in ("tax", "roads")
    )
    figures = summarise(Inputs(machines=machines, pods=pods))
    found = own(page(figures))
    # 21 pools x (3 + 2 bases), 51 groups x 3 metrics of one kind.
    assert len(found) == 21 * 5 + 51 * 3
    assert all(len(value) <= 63 for _, labels in found for _, value in labels)


def test_no_two_samples_have_the_same_labels():
    instances = [
        Instance(group=group, kind=kind, department=department, identity=("n", "a"), cpu_request_milli=1)
        for group in ("a", "b")
        for kind in ("image", "service")
        for department in ("tax", "roads")
    ]
    text = page(Efficiency(pools={}, duplicates=duplicates(instances), folded={}))
    shown = [
        (sample.name, *sorted(sample.labels.items()))
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    ]
    assert len(shown) == len(set(shown))
    assert len(own(text)) == 4 * 3
