"""Services by department, purpose and driver."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from govcloud_monitoring.services import families
from govcloud_monitoring.services.parse import Instance, Offering
from govcloud_monitoring.services.summary import DRIVERS, Services, summarise
from govcloud_operators.process import service_figures
from support import scraped
from support.monitoring import RawApi, namespace, offering, reader, samples, service, turn

TENANCY = {"tax-a-test": ("tax", "test"), "tax-b-test": ("tax", "test"), "roads-a-production": ("roads", "production")}
OFFERINGS = (Offering("postgresql", "postgresql"), Offering("redis", "valkey"), Offering("odd", "cobol"))
TAX_DATABASES = ("tax", "test", "postgresql")


def test_counted_by_group_and_the_oldest_of_each():
    found = summarise(
        (
            Instance("tax-a-test", "postgresql", "ready", 500),
            Instance("tax-b-test", "postgresql", "not_ready", 300),
            Instance("tax-b-test", "postgresql", "suspended"),
            Instance("tax-b-test", "postgresql", "ready", None, 700),
            Instance("tax-a-test", "postgresql", "ready", None, 600),
            Instance("roads-a-production", "redis", "ready"),
            Instance("kube-system", "postgresql", "not_ready", 1),
        ),
        OFFERINGS,
        TENANCY,
    )
    assert found == Services(
        instances={TAX_DATABASES: 5, ("roads", "production", "valkey"): 1},
        not_ready={TAX_DATABASES: 1},
        oldest_backup={TAX_DATABASES: 300},
        awaited_since={TAX_DATABASES: 600},
    )


def test_what_a_department_writes_never_becomes_a_label():
    orders = [Instance("tax-a-test", f"whatever-{number}", "not_ready") for number in range(100)]
    found = summarise([*orders, Instance("tax-a-test", "odd", "not_ready")], OFFERINGS, TENANCY)
    assert found.instances == {("tax", "test", "other"): 101}


def test_no_services_are_families_without_series():
    made = list(families.families(Services()))
    assert [family.name for family in made] == [metric.name for metric in families.METRICS]
    assert [family.samples for family in made] == [[], [], [], []]


INSTANCES = st.builds(
    Instance,
    st.sampled_from([*TENANCY, "kube-system"]),
    st.sampled_from(["postgresql", "redis", "odd", "gone"]),
    st.sampled_from(["ready", "not_ready", "suspended"]),
    st.none() | st.integers(0, 10**9),
    st.none() | st.integers(0, 10**9),
)


@given(st.lists(INSTANCES))
def test_every_instance_of_a_department_is_in_exactly_one_group(instances: list[Instance]):
    found = summarise(instances, OFFERINGS, TENANCY)
    assert sum(found.instances.values()) == sum(each.namespace in TENANCY for each in instances)
    assert {driver for _, _, driver in found.instances} <= {*DRIVERS, "other"}
    for few in (found.not_ready, found.oldest_backup, found.awaited_since):
        assert set(few) <= set(found.instances)
    backups = {each.last_backup for each in instances}
    assert set(found.oldest_backup.values()) <= backups


def test_a_deleted_instance_is_gone_from_the_next_reading():
    api = RawApi(
        {
            "namespaces": [namespace("tax-a-test", "tax", "test")],
            "offerings": [offering("postgresql", "postgresql")],
            "instances": [service("one", "tax-a-test"), service("two", "tax-a-test", ready="False")],
        }
    )
    watching = turn(reader(api))
    assert watching.read().services.instances == {TAX_DATABASES: 2}
    api.lists["instances"].pop()
    assert turn(watching).read().services == Services(instances={TAX_DATABASES: 1})
    api.lists["offerings"].clear()
    assert turn(watching).read().services.instances == {("tax", "test", "other"): 1}
    api.lists["instances"].clear()
    assert turn(watching).read().services == Services()


def test_the_operators_page_shows_what_is_written_down_of_it():
    page = scraped.pages()["govcloud-services"]
    shown = {name: {label for label, _ in labels} for name, labels in samples(page)}
    assert shown == {metric.name: set(metric.labels) for metric in service_figures.METRICS}
    types = [line.split()[2:] for line in page.splitlines() if line.startswith("# TYPE")]
    assert types == [[metric.name, "gauge"] for metric in service_figures.METRICS]
