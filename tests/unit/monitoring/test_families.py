"""What the page shows."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics

from govcloud_monitoring.collector import ExporterCollector
from govcloud_monitoring.kubernetes import families as kubernetes
from govcloud_monitoring.kubernetes.pods import Amount
from govcloud_monitoring.kubernetes.snapshot import Lists, summarise
from govcloud_monitoring.kubernetes.values import Claim, Namespace, Node, Pod, Quota, Waiting
from govcloud_monitoring.metric import Metric
from govcloud_monitoring.services.parse import Instance, Offering
from govcloud_monitoring.source import Clock, Source, Tracker
from support.monitoring import key, scrape

TAX = Namespace("tax-portal-test", "tax", "test", "portal", "standard")
CLOCK = Clock(monotonic=lambda: 100.0, wall=lambda: 1_700_000_000.0)


def registry(lists: Lists) -> CollectorRegistry:
    source = Source(name="kubernetes", read=lambda: summarise(lists), families=kubernetes.families)
    tracker = Tracker(source, CLOCK, stale_after_seconds=25)
    assert tracker.refresh()
    found = CollectorRegistry()
    found.register(ExporterCollector([tracker], "1.2.3", "abc"))
    return found


def test_values_are_in_base_units_and_exact():
    lists = Lists(
        namespaces=(TAX,),
        nodes=(Node("n1", "workers", "ready", 4000, Amount(3920, 268_435_456)),),
        pods=(
            Pod("tax-portal-test", "n1", Amount(350, 9_007_199_254_740_991), cpu_limit_milli=700),
            Pod("kube-system", "n1", Amount(100, 1)),
        ),
        waiting=(Waiting("tax-portal-test"),),
        quotas=(Quota("tax-portal-test", 1, 2, 3),),
        claims=(Claim("tax-portal-test", "local-path", 1, "data"),),
    )
    found = scrape(registry(lists))
    tenant = {"department": "tax", "purpose": "test"}
    assert found[key("govcloud_cpu_requested_cores", **tenant, pool="workers")] == 0.35
    assert found[key("govcloud_memory_requested_bytes", **tenant, pool="workers")] == 9_007_199_254_740_991
    assert found[key("govcloud_cpu_quota_cores", **tenant)] == 0.001
    assert found[key("govcloud_memory_quota_bytes", **tenant)] == 2
    assert found[key("govcloud_storage_quota_bytes", **tenant)] == 3
    assert found[key("govcloud_platform_cpu_requested_cores", pool="workers")] == 0.1
    assert found[key("govcloud_pool_cpu_allocatable_cores", pool="workers")] == 3.92
    assert found[key("govcloud_pool_cpu_installed_cores", pool="workers")] == 4
    assert found[key("govcloud_pool_memory_allocatable_bytes", pool="workers")] == 268_435_456
    assert found[key("govcloud_pool_largest_node_cores", pool="workers")] == 3.92
    assert found[key("govcloud_pool_largest_node_bytes", pool="workers")] == 268_435_456
    assert found[key("govcloud_cpu_limit_cores", **tenant, pool="workers")] == 0.7
    assert found[key("govcloud_department_unscheduled_pods", department="tax")] == 1
    assert found[key("govcloud_namespace_unmounted_claims", namespace="tax-portal-test")] == 1
    assert found[key("govcloud_pool_nodes", pool="workers", state="ready")] == 1
    assert found[key("govcloud_pool_nodes", pool="workers", state="cordoned")] == 0
    place = {"namespace": "tax-portal-test", "pool": "workers"}
    assert found[key("govcloud_namespace_cpu_requested_cores", **place)] == 0.35
    assert found[key("govcloud_namespace_memory_requested_bytes", **place)] == 9_007_199_254_740_991
    owner = {"namespace": "tax-portal-test", "project": "portal", "tier": "standard"}
    assert found[key("govcloud_namespace_owner_info", **tenant, **owner)] == 1
    assert found[key("govcloud_build_info", version="1.2.3", revision="abc")] == 1
    assert found[key("govcloud_source_up", source="kubernetes")] == 1
    assert found[key("govcloud_source_last_success_timestamp_seconds", source="kubernetes")] == 1_700_000_000


def test_no_sample_has_a_time_of_its_own():
    assert all(
        sample.timestamp is None for family in registry(Lists(namespaces=(TAX,))).collect() for sample in family.samples
    )


def test_every_metric_is_in_the_catalogue_and_in_its_order():
    found = [family.name for family in kubernetes.families(summarise(Lists()))]
    assert found == [metric.name for metric in kubernetes.METRICS]


HOSTILE = [
    'a"} 1\nfake_metric{x="',
    "back\\slash",
    "{}",
    "line\nbreak",
    "ü漢",
    "\x00",
    " ",
    'govcloud_source_up{a="b"} 9',
]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_label_value_stays_a_label_value(value: str):
    lists = Lists(namespaces=(Namespace(value, value, "test", value, value),))
    found = registry(lists)
    free = dict.fromkeys(("namespace", "department", "project", "tier"), value)
    expected = key("govcloud_namespace_owner_info", purpose="test", **free)
    page = scrape(found)
    assert page[expected] == 1
    assert {name for name, _ in page if not name.startswith("govcloud_")} == set()
    assert page[key("govcloud_source_up", source="kubernetes")] == 1


@settings(max_examples=50)
@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_any_label_value_survives_both_formats(value: str):
    found = registry(Lists(namespaces=(Namespace("ns", value, "test", ""),)))
    wanted = [s for f in found.collect() for s in f.samples if s.name == "govcloud_namespace_owner_info"]
    text = openmetrics.generate_latest(found).decode()
    shown = [s for f in parse_openmetrics(text) for s in f.samples if s.name == "govcloud_namespace_owner_info"]
    assert [each.labels for each in shown] == [each.labels for each in wanted]


def test_the_page_is_the_same_whatever_the_order_of_the_lists():
    namespaces = tuple(Namespace(f"ns{number}", f"d{number}", "test", "") for number in range(5))
    backwards = Lists(namespaces=namespaces[::-1])
    assert generate_latest(registry(Lists(namespaces=namespaces))) == generate_latest(registry(backwards))


MAX_SERIES = 10_000
"""For 300 departments with two environments each, a database and a cache in each, while all wait for room: where the
alert begins.
"""


def test_a_large_government_stays_within_the_promised_number_of_series():
    purposes = ("production", "test")
    spaces = tuple(
        Namespace(f"d{n % 300}-p{n}", f"d{n % 300}", purposes[n // 300], f"p{n}", "standard") for n in range(600)
    )
    lists = Lists(
        namespaces=spaces,
        nodes=tuple(Node(f"n{n}", "workers", "ready", 64000, Amount(63000, 1 << 38)) for n in range(200)),
        pods=tuple(
            Pod(spaces[n % 600].name, f"n{n % 200}", Amount(100, 1 << 28), cpu_limit_milli=200) for n in range(10_000)
        ),
        quotas=tuple(Quota(space.name, 1000, 1 << 30, 1 << 30) for space in spaces),
        waiting=tuple(Waiting(space.name) for space in spaces),
        claims=tuple(Claim(space.name, "local-path", 1 << 30) for space in spaces),
        offerings=(Offering("postgresql", "postgresql"), Offering("redis", "valkey")),
        instances=(
            *(Instance(space.name, "postgresql", "ready", 1_700_000_000) for space in spaces),
            *(Instance(space.name, "redis", "ready") for space in spaces),
            *(Instance(space.name, f"anything-{n}", "not_ready") for n in range(40) for space in spaces[:1]),
        ),
    )
    page = scrape(registry(lists))
    assert 600 < len(page) <= MAX_SERIES
    assert len([name for name, _ in page if name.startswith("govcloud_service_")]) == 1_802
    assert not {"pod", "container", "uid", "user"} & {label for _, labels in page for label, _ in labels}


def test_a_wrong_number_of_labels_is_refused():
    metric = Metric(name="govcloud_x", help="x", labels=("a",))
    with pytest.raises(ValueError, match="govcloud_x has the labels"):
        metric.family([(("1", "2"), 1)])
