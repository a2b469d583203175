"""A source that breaks, hangs and comes back."""

import logging
from dataclasses import dataclass, field

import pytest
from prometheus_client import CollectorRegistry

from govcloud_api import errors
from govcloud_monitoring.collector import ExporterCollector
from govcloud_monitoring.kubernetes.families import families
from govcloud_monitoring.source import Clock, Source, Tracker
from govcloud_monitoring.watch import families as watches
from support.monitoring import STALE_SECONDS, RawApi, key, namespace, node, pod, reader, scrape, turn

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
        self.reader = reader(self.api, now=lambda: 1000 + self.seconds)
        source = Source(name="kubernetes", read=self.reader.read, families=families, heard_at=self.reader.heard_at)
        clock = Clock(monotonic=lambda: 1000 + self.seconds, wall=lambda: 1_700_000_000 + self.seconds)
        self.tracker = Tracker(source, clock, stale_after_seconds=STALE_SECONDS)
        self.registry = CollectorRegistry()
        restarts = self.reader.followers[0].terms.restarts
        more = lambda: watches.families(restarts.counts())  # noqa: E731 - one line
        self.registry.register(ExporterCollector([self.tracker], "1", "r", more))

    def refresh(self) -> bool:
        """Let all watches hear what there is, then read."""
        turn(self.reader)
        return self.tracker.refresh()

    def own_names(self) -> set[str]:
        """Names of metrics on the page that come from the source."""
        about_itself = ("govcloud_source_", "govcloud_build_info", "govcloud_watch_", "govcloud_exporter_series")
        return {name for name, _ in scrape(self.registry) if not name.startswith(about_itself)}


@pytest.fixture
def world() -> World:
    return World()


def test_series_are_counted_by_source_and_a_source_that_is_down_has_none(world: World):
    counted = key("govcloud_exporter_series", collector="kubernetes")
    world.refresh()
    page = scrape(world.registry)
    of_the_source = [name for name, _ in page if name in world.own_names()]
    assert page[counted] == len(of_the_source) > 10
    world.seconds = STALE_SECONDS + 1
    assert scrape(world.registry)[counted] == 0


def test_before_all_kinds_are_listed_the_source_is_down(world: World):
    assert not world.tracker.refresh()
    world.reader.followers[0].turn()
    assert not world.tracker.refresh()
    page = scrape(world.registry)
    assert (page[UP], page[LAST]) == (0, 0)
    assert world.own_names() == set()


def test_neither_a_scrape_nor_a_refresh_asks_the_api_server(world: World):
    world.refresh()
    requests = list(world.api.requests)
    for _ in range(3):
        assert world.tracker.refresh()
        scrape(world.registry)
    assert world.api.requests == requests


def test_while_nothing_changes_the_reading_and_its_page_stay_the_same(world: World):
    world.refresh()
    reading, page = world.reader.read(), world.tracker.page()
    world.refresh()
    assert world.reader.read() is reading
    assert world.tracker.page() is page
    world.api.lists["pods"].append(pod("q", "tax-a-test"))
    world.refresh()
    assert world.reader.read() is not reading
    assert world.tracker.page() is not page


def test_a_department_that_vanished_is_gone_at_the_next_scrape(world: World):
    world.refresh()
    assert {TAX, ROADS} <= set(scrape(world.registry))
    world.api.lists["namespaces"].pop()
    world.refresh()
    page = scrape(world.registry)
    assert TAX in page
    assert not [labels for _, labels in page if ("department", "roads") in labels]


def test_an_api_server_that_is_away_for_a_moment_leaves_the_page_as_it_is(world: World):
    world.refresh()
    world.seconds, world.api.failure = STALE_SECONDS - 1, errors.ApiUnavailable("no answer")
    assert world.refresh()
    assert scrape(world.registry)[UP] == 1


def test_a_source_that_is_away_for_too_long_loses_its_series_and_keeps_its_time(world: World):
    world.refresh()
    world.seconds, world.api.failure = STALE_SECONDS + 1, errors.ApiUnavailable("no answer")
    assert not world.refresh()
    page = scrape(world.registry)
    assert (page[UP], page[LAST]) == (0, 1_700_000_000)
    assert world.own_names() == set()
    assert page[key("govcloud_watch_restarts_total", kind="Pod", reason="error")] == 1, "seen while the source is down"


def test_one_kind_that_is_refused_takes_the_whole_source_down_at_once(world: World):
    world.refresh()
    world.api.failure = errors.Forbidden("no")
    world.reader.followers[-1].turn()
    assert not world.tracker.refresh()
    assert world.own_names() == set()


def test_a_source_that_comes_back_is_shown_again(world: World):
    world.api.failure = errors.Forbidden("no")
    world.refresh()
    world.api.failure, world.seconds = None, 20
    world.refresh()
    page = scrape(world.registry)
    assert (page[UP], page[LAST]) == (1, 1_700_000_020)
    assert TAX in page


@pytest.mark.parametrize(("age_seconds", "up"), [(STALE_SECONDS, 1), (STALE_SECONDS + 0.1, 0)])
def test_a_refresh_that_hangs_does_not_freeze_the_last_values(world: World, age_seconds: float, up: int):
    world.refresh()
    world.seconds = age_seconds
    turn(world.reader)
    assert scrape(world.registry)[UP] == up
    assert bool(world.own_names()) == bool(up)


@pytest.mark.parametrize(("age_seconds", "up"), [(STALE_SECONDS, 1), (STALE_SECONDS + 0.1, 0)])
def test_between_two_refreshes_too_what_was_not_heard_of_is_not_shown(world: World, age_seconds: float, up: int):
    world.refresh()
    world.seconds = 20
    world.tracker.refresh()
    world.seconds = age_seconds
    assert scrape(world.registry)[UP] == up
    assert bool(world.own_names()) == bool(up)


def test_the_duration_of_a_refresh_is_shown(world: World):
    def slow() -> int:
        world.seconds += 2.5
        return 1

    source = Source(name="slow", read=slow, families=lambda _: ())
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
    caplog.set_level(logging.INFO, logger="govcloud_monitoring.source")
    world.refresh()
    world.api.failure = errors.Forbidden("GET /api: no")
    for _ in range(3):
        world.refresh()
    world.api.failure = None
    for _ in range(3):
        world.refresh()
    assert [record.getMessage() for record in caplog.records if record.name.endswith("source")] == [
        "source kubernetes is down, its series are dropped: Namespace: GET /api: no",
        "source kubernetes is up again",
    ]


def test_idle_time_counts_from_the_end_of_the_last_attempt(world: World):
    world.seconds = 50
    assert world.tracker.idle_seconds() == 50
    world.api.failure = errors.ApiUnavailable("down")
    world.refresh()
    assert world.tracker.idle_seconds() == 0
