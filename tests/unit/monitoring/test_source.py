"""A source that breaks, hangs and comes back."""

import logging
from dataclasses import dataclass, field

import pytest
from prometheus_client import CollectorRegistry

from govcloud_api import errors
from govcloud_monitoring.collector import ExporterCollector
from govcloud_monitoring.kubernetes.families import families
from govcloud_monitoring.kubernetes.fetch import KubernetesReader
from govcloud_monitoring.source import Clock, Source, Tracker
from support.monitoring import RawApi, key, namespace, node, pod, scrape

STALE_SECONDS = 25
UP = key("govcloud_source_up", source="kubernetes")
LAST = key("govcloud_source_last_success_timestamp_seconds", source="kubernetes")
TAX = key(
    "govcloud_namespace_owner_info", namespace="tax-a-test", department="tax", purpose="test", project="", tier=""
)
ROADS = key(
    "govcloud_namespace_owner_info", namespace="roads-a-test", department="roads", purpose="test", project="", tier=""
)


@dataclass
class World:
    """An exporter on a clock and an API of the test's own."""

    api: RawApi = field(default_factory=RawApi)
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.api.lists = {
            "namespaces": [namespace("tax-a-test", "tax", "test"), namespace("roads-a-test", "roads", "test")],
            "nodes": [node("n1")],
            "pods": [pod("p", "tax-a-test")],
        }
        source = Source(name="kubernetes", read=KubernetesReader(self.api).read, families=families)
        clock = Clock(monotonic=lambda: 1000 + self.seconds, wall=lambda: 1_700_000_000 + self.seconds)
        self.tracker = Tracker(source, clock, stale_after_seconds=STALE_SECONDS)
        self.registry = CollectorRegistry()
        self.registry.register(ExporterCollector([self.tracker], "1", "r"))

    def own_names(self) -> set[str]:
        """Names of metrics on the page that come from the source."""
        about_itself = ("govcloud_source_", "govcloud_build_info")
        return {name for name, _ in scrape(self.registry) if not name.startswith(about_itself)}


@pytest.fixture
def world() -> World:
    return World()


def test_before_the_first_refresh_the_source_is_down(world: World):
    page = scrape(world.registry)
    assert (page[UP], page[LAST]) == (0, 0)
    assert world.own_names() == set()


def test_a_scrape_never_reads_the_source(world: World):
    world.tracker.refresh()
    requests = list(world.api.requests)
    for _ in range(3):
        scrape(world.registry)
    assert world.api.requests == requests


def test_a_department_that_vanished_is_gone_at_the_next_scrape(world: World):
    world.tracker.refresh()
    assert {TAX, ROADS} <= set(scrape(world.registry))
    world.api.lists["namespaces"].pop()
    world.tracker.refresh()
    page = scrape(world.registry)
    assert TAX in page
    assert not [labels for _, labels in page if ("department", "roads") in labels]


def test_a_source_that_fails_loses_its_series_and_keeps_its_time(world: World):
    world.tracker.refresh()
    world.seconds = 10
    world.api.failure = errors.ApiUnavailable("no answer")
    assert not world.tracker.refresh()
    page = scrape(world.registry)
    assert (page[UP], page[LAST]) == (0, 1_700_000_000)
    assert world.own_names() == set()


def test_a_source_that_comes_back_is_shown_again(world: World):
    world.api.failure = errors.Forbidden("no")
    world.tracker.refresh()
    world.api.failure, world.seconds = None, 20
    world.tracker.refresh()
    page = scrape(world.registry)
    assert (page[UP], page[LAST]) == (1, 1_700_000_020)
    assert TAX in page


@pytest.mark.parametrize(("age_seconds", "up"), [(STALE_SECONDS, 1), (STALE_SECONDS + 0.1, 0)])
def test_a_refresh_that_hangs_does_not_freeze_the_last_values(world: World, age_seconds: float, up: int):
    world.tracker.refresh()
    world.seconds = age_seconds
    assert scrape(world.registry)[UP] == up
    assert bool(world.own_names()) == bool(up)


def test_the_duration_of_a_refresh_is_shown(world: World):
    class Slow:
        def raw(self, method: str, path: str) -> bytes:
            world.seconds += 0.5
            return world.api.raw(method, path)

    source = Source(name="slow", read=KubernetesReader(Slow()).read, families=families)
    tracker = Tracker(source, Clock(monotonic=lambda: world.seconds, wall=lambda: 1.0), stale_after_seconds=9)
    tracker.refresh()
    assert tracker.health().refresh_duration_seconds == 2.5


def test_an_unexpected_error_is_not_swallowed(world: World):
    def broken() -> int:
        raise ZeroDivisionError

    source = Source(name="broken", read=broken, families=lambda _: ())
    tracker = Tracker(source, Clock(monotonic=lambda: 0.0, wall=lambda: 0.0), stale_after_seconds=1)
    with pytest.raises(ZeroDivisionError):
        tracker.refresh()


def test_a_change_is_logged_once(world: World, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    world.tracker.refresh()
    world.api.failure = errors.ApiUnavailable("GET /api: no answer")
    for _ in range(3):
        world.tracker.refresh()
    world.api.failure = None
    for _ in range(3):
        world.tracker.refresh()
    assert caplog.messages == [
        "source kubernetes is down, its series are dropped: GET /api: no answer",
        "source kubernetes is up again",
    ]


def test_idle_time_counts_from_the_end_of_the_last_attempt(world: World):
    world.seconds = 50
    assert world.tracker.idle_seconds() == 50
    world.api.failure = errors.ApiUnavailable("down")
    world.tracker.refresh()
    assert world.tracker.idle_seconds() == 0
