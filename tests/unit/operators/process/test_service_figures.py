"""The page about tenants' services: sums, the fullest, and nothing that is not true any more."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import generate_latest

from govcloud_api import labels
from govcloud_api.objects import Ref
from govcloud_operators.process import metrics, service_figures
from govcloud_operators.process import page as own_page
from govcloud_operators.process.lag import Lag
from govcloud_operators.process.queue import WorkQueue
from govcloud_operators.process.service_figures import KEPT_SECONDS, MAX_DEPARTMENTS, ServiceFigures, lines
from govcloud_operators.services.figures import Figures, Told
from support.monitoring import key, samples

GI = 2**30


def ref(name: str) -> Ref:
    return Ref(labels.API_VERSION, "ServiceInstance", name, "tax-portal-dev")


def told(
    department: str = "tax",
    driver: str = "postgresql",
    opened: int | None = None,
    allowed: int | None = None,
    stored: int | None = None,
) -> Told:
    figures = Figures(connections=opened, connections_allowed=allowed, stored_bytes=stored)
    return Told(department=department, driver=driver, figures=figures)


class Clock:
    def __init__(self) -> None:
        self.now, self.held = 1000.0, True

    def page(self) -> ServiceFigures:
        return ServiceFigures(lambda: self.now, lambda: self.held)


def shown(*found: Told) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return samples("\n".join(lines(found)) + "\n")


TAX = {"department": "tax", "driver": "postgresql"}


def test_sums_and_the_fullest_of_a_department_and_driver():
    page = shown(
        told(opened=10, allowed=100, stored=GI),
        told(opened=45, allowed=50, stored=9_007_199_254_740_993),
        told(driver="valkey", opened=1, allowed=1000, stored=5),
        told("roads", opened=0, allowed=50, stored=7),
    )
    assert page == {
        key("govcloud_service_connections", **TAX): 55,
        key("govcloud_service_connections", department="tax", driver="valkey"): 1,
        key("govcloud_service_connections", department="roads", driver="postgresql"): 0,
        key("govcloud_service_connections_used_ratio", **TAX): 0.9,
        key("govcloud_service_connections_used_ratio", department="tax", driver="valkey"): 0.001,
        key("govcloud_service_connections_used_ratio", department="roads", driver="postgresql"): 0,
        key("govcloud_service_stored_bytes", **TAX): 9_007_199_254_740_993 + GI,
        key("govcloud_service_stored_bytes", department="tax", driver="valkey"): 5,
        key("govcloud_service_stored_bytes", department="roads", driver="postgresql"): 7,
        key("govcloud_service_folded_instances"): 0,
    }


def test_what_nobody_could_say_has_no_series_and_is_not_nothing():
    page = shown(told(opened=3), told(stored=None, allowed=50), told(driver="nats", stored=8))
    assert page == {
        key("govcloud_service_connections", **TAX): 3,
        key("govcloud_service_stored_bytes", department="tax", driver="nats"): 8,
        key("govcloud_service_folded_instances"): 0,
    }
    assert set(shown(told(opened=3, allowed=0))) == {
        key("govcloud_service_connections", **TAX),
        key("govcloud_service_folded_instances"),
    }


def test_departments_beyond_the_limit_are_one_and_none_is_lost():
    found = [told(f"d{number:04}", opened=1, allowed=number + 1) for number in range(MAX_DEPARTMENTS + 3)]
    page = shown(*found)
    assert page[key("govcloud_service_connections", department="other", driver="postgresql")] == 3
    assert page[key("govcloud_service_folded_instances")] == 3
    connections = {labels: value for (name, labels), value in page.items() if name == "govcloud_service_connections"}
    assert len(connections) == MAX_DEPARTMENTS + 1
    assert sum(connections.values()) == MAX_DEPARTMENTS + 3
    assert shown(*found[::-1]) == page, "whatever was looked at first"


def test_what_was_not_looked_at_lately_is_not_shown():
    clock = Clock()
    page = clock.page()
    page.note(ref("old"), told(opened=1))
    clock.now += KEPT_SECONDS
    page.note(ref("new"), told(opened=2))
    assert samples(page.text())[key("govcloud_service_connections", **TAX)] == 3
    clock.now += 1
    assert samples(page.text())[key("govcloud_service_connections", **TAX)] == 2
    clock.now += KEPT_SECONDS
    assert set(samples(page.text())) == {key("govcloud_service_folded_instances")}


def test_an_instance_that_says_nothing_any_more_is_forgotten_at_once():
    page = Clock().page()
    page.note(ref("main"), told(opened=1))
    page.note(ref("main"), told(opened=4))
    assert samples(page.text())[key("govcloud_service_connections", **TAX)] == 4
    page.note(ref("main"), None)
    page.note(ref("never-there"), None)
    assert set(samples(page.text())) == {key("govcloud_service_folded_instances")}


def test_without_the_lease_nothing_is_shown_and_nothing_comes_back_with_it():
    clock = Clock()
    page = clock.page()
    page.note(ref("main"), told(opened=1))
    clock.held = False
    assert page.text() == ""
    clock.held = True
    assert set(samples(page.text())) == {key("govcloud_service_folded_instances")}
    page.note(ref("main"), told(opened=2))
    assert samples(page.text())[key("govcloud_service_connections", **TAX)] == 2


def test_a_large_government_stays_within_the_promised_number_of_series():
    """300 departments with two databases and two caches each."""
    drivers = ("postgresql", "valkey")
    found = [told(f"d{n % 300}", drivers[n // 300 % 2], n % 50, 50, n) for n in range(1200)]
    page = shown(*found)
    assert len(page) == 300 * 2 * 3 + 1
    assert {label for _, labels in page for label, _ in labels} == {"department", "driver"}


def test_it_is_a_page_of_its_own_beside_the_operators():
    figures = Clock().page()
    figures.note(ref("main"), told(opened=3))
    queue = WorkQueue(lambda _key: None, now=lambda: 0.0)
    readings = metrics.Readings(queue=queue, lease_held=lambda: True, lag=Lag(lambda: 0.0))
    own = generate_latest(own_page.registry(readings)).decode()
    assert samples(figures.text())[key("govcloud_service_connections", **TAX)] == 3
    assert "govcloud_service" not in own


NUMBERS = st.none() | st.integers(0, 2**50)


@given(
    st.lists(
        st.builds(
            told, st.sampled_from(["tax", "roads", "parks"]), st.sampled_from(["a", "b"]), NUMBERS, NUMBERS, NUMBERS
        )
    )
)
def test_every_connection_is_in_exactly_one_sum(found: list[Told]):
    page = shown(*found)
    total = sum(value for (name, _), value in page.items() if name == "govcloud_service_connections")
    assert total == sum(each.figures.connections or 0 for each in found)
    assert service_figures.OTHER not in {value for _, labels in page for _, value in labels}
