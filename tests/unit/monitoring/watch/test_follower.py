"""A follower lists, watches, goes on where it was, and lists anew only where it must."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import pytest

from govcloud_api import errors
from govcloud_kube import endings
from govcloud_monitoring.kubernetes.reader import PODS
from govcloud_monitoring.watch import follower, standing
from govcloud_monitoring.watch.ending import Reason
from govcloud_monitoring.watch.follower import Follower, Terms
from govcloud_monitoring.watch.restarts import Restarts
from support.monitoring import STALE_SECONDS, container, node, pod
from support.watched_api import BREAK, SILENCE, RawApi, Scene, error_line

PATH = "/api/v1/pods"


@dataclass
class World:
    """One follower on a clock and an API of the test's own; a watch takes the time that it is asked for."""

    api: RawApi = field(default_factory=RawApi)
    seconds: float = 1000.0
    page_objects: int = 2

    def __post_init__(self) -> None:
        self.api.passes = self.wait
        self.restarts = Restarts(["Pod"])
        terms = Terms(
            api=self.api,
            now=lambda: self.seconds,
            stale_seconds=STALE_SECONDS,
            restarts=self.restarts,
            page_objects=self.page_objects,
        )
        self.follower = Follower(PODS, terms)
        self.hold("a", "b", "c")

    def wait(self, seconds: float) -> None:
        self.seconds += seconds

    def hold(self, *names: str) -> None:
        self.api.lists["pods"] = [pod(name, "ns", container(cpu="1")) for name in names]

    def play(self, *scenes: Scene) -> None:
        self.api.scenes["pods"] = list(scenes)

    def pods(self) -> int:
        return len(self.follower.store.values())

    def lists(self) -> int:
        """How often a list was begun, those of a single object left out."""
        return sum(path == f"{PATH}?limit={self.page_objects}" for path in self.api.requests)

    def watched_from(self) -> list[int]:
        """Version of each watch."""
        queries = (parse_qs(urlsplit(path).query) for path in self.api.requests)
        return [int(query["resourceVersion"][0]) for query in queries if "watch" in query]

    def counted(self) -> dict[Reason, int]:
        return {reason: count for (_, reason), count in self.restarts.counts().items() if count}


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)


def test_it_lists_in_pages_and_watches_from_the_version_of_the_list(world: World):
    world.follower.turn()
    first, second, watch = world.api.requests
    assert first == f"{PATH}?limit=2"
    assert second.startswith(f"{PATH}?limit=2&continue=")
    query = {key: value for key, [value] in parse_qs(urlsplit(watch).query).items()}
    seconds = int(query.pop("timeoutSeconds"))
    assert query == {"watch": "1", "allowWatchBookmarks": "true", "resourceVersion": str(world.api.version)}
    assert 0 < seconds <= standing.watch_seconds(STALE_SECONDS)
    assert world.pods() == 3


def test_what_happens_is_in_the_store_with_the_next_watch_and_no_list(world: World):
    world.follower.turn()
    for names in (("a", "b", "c", "d"), ("d",), ()):
        world.hold(*names)
        world.follower.turn()
        assert world.pods() == len(names)
    assert world.lists() == 1
    assert world.counted() == {}, "a watch that ends as it was asked to is none"


def test_a_watch_goes_on_behind_the_last_event_and_the_last_bookmark(world: World):
    world.follower.turn()
    begun = world.api.version
    world.hold("a", "b", "c", "d", "e")
    world.play(Scene(events=1, end=endings.Disconnected("broke")))
    world.follower.turn()
    world.follower.turn()
    world.api.lists["nodes"] = [node("n1")]
    world.follower.turn()
    world.follower.turn()
    assert world.watched_from() == [begun, begun, begun + 1, begun + 2, begun + 3]


def test_a_pod_that_has_finished_leaves_the_store(world: World):
    world.follower.turn()
    world.api.lists["pods"][0] = pod("a", "ns", phase="Succeeded")
    world.follower.turn()
    assert world.pods() == 2


@pytest.mark.parametrize(("scene", "reason"), [(BREAK, "disconnected"), (SILENCE, "silent")])
def test_after_a_break_or_silence_it_goes_on_without_a_list(world: World, scene: Scene, reason: Reason):
    world.follower.turn()
    world.play(scene)
    world.follower.turn()
    world.hold("a")
    world.follower.turn()
    assert world.pods() == 1
    assert world.lists() == 1
    assert world.counted() == {reason: 1}


def test_a_break_between_two_events_loses_none(world: World):
    world.follower.turn()
    world.hold("b", "c", "d", "e")
    world.play(Scene(events=1, end=endings.Disconnected("broke")))
    world.follower.turn()
    world.follower.turn()
    assert world.pods() == 4
    assert world.lists() == 1


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (error_line(410), "gone"),
        (error_line(500, "etcd leader changed"), "error"),
        (b'{"type":"WHAT","object":{}}', "error"),
        (b"<html>Sign in</html>", "error"),
    ],
)
def test_after_an_error_event_it_lists_anew(world: World, end: bytes, reason: Reason):
    world.follower.turn()
    world.hold("x")
    world.play(Scene(events=0, end=end))
    pause_seconds = world.follower.turn()
    assert pause_seconds > 0, "not at once, and not all clients together"
    world.follower.turn()
    assert world.pods() == 1
    assert world.lists() == 2
    assert world.counted() == {reason: 1}


def test_history_that_is_gone_is_listed_anew(world: World):
    world.follower.turn()
    world.hold("x")
    world.api.compact()
    world.follower.turn()
    world.follower.turn()
    assert world.pods() == 1
    assert world.counted() == {"gone": 1}


def test_a_page_that_is_gone_begins_the_list_anew(world: World):
    class Forgetful(RawApi):
        """Forgets all that is behind the first page, once."""

        def raw(self, method: str, path: str) -> bytes:
            if "continue" in path and sum("continue" in each for each in self.requests) == 0:
                self.compact()
            return super().raw(method, path)

    world = World(Forgetful())
    world.follower.turn()
    assert not world.follower.standing.is_followed
    world.follower.turn()
    assert world.pods() == 3
    assert world.counted() == {"gone": 1}


def test_after_a_break_an_api_server_with_an_older_history_is_listed_anew(world: World):
    world.follower.turn()
    world.hold("x")
    world.api.restore(3)
    world.play(BREAK)
    for _ in range(3):
        world.follower.turn()
    assert world.pods() == 1
    assert world.counted() == {"disconnected": 1, "gone": 1}


def test_while_it_lists_anew_the_store_shows_what_it_showed(world: World):
    world.follower.turn()
    world.play(Scene(end=error_line(410)))
    world.follower.turn()
    assert world.pods() == 3
    assert world.follower.standing.is_followed
    world.api.failure = errors.ApiUnavailable("HTTP 503")
    world.follower.turn()
    assert world.pods() == 3


def test_who_may_not_watch_may_not_show(world: World):
    world.play(Scene(end=errors.Forbidden("cannot watch pods"), at_once=True))
    world.follower.turn()
    assert world.follower.standing == standing.Standing(kind="Pod", heard_at=1000, trouble="cannot watch pods")
    world.follower.turn()
    assert world.follower.standing.is_followed
    world.api.failure = errors.Forbidden("no longer")
    world.follower.turn()
    assert not world.follower.standing.is_followed


def test_it_is_heard_of_when_a_watch_opens_tells_something_or_ends(world: World):
    world.follower.turn()
    lasted = world.seconds - 1000
    assert world.follower.standing.heard_at == world.seconds
    world.play(SILENCE)
    heard_at = world.seconds
    world.follower.turn()
    assert world.seconds == heard_at + standing.silent_seconds(STALE_SECONDS)
    assert world.follower.standing.heard_at == heard_at, "when it opened"
    assert lasted < standing.silent_seconds(STALE_SECONDS)


def test_attempts_that_fail_alike_count_once_until_it_watches_again(world: World):
    world.follower.turn()
    for _ in range(2):
        world.api.failure = endings.Disconnected("refused")
        for _ in range(5):
            world.follower.turn()
        assert world.follower.standing.trouble == "refused"
        world.api.failure = None
        world.follower.turn()
        assert world.follower.standing.trouble == ""
    assert world.counted() == {"disconnected": 2}


def test_each_reason_counts(world: World):
    for failure in (endings.Disconnected("a"), errors.Forbidden("b"), endings.Disconnected("c")):
        world.api.failure = failure
        world.follower.turn()
    assert world.counted() == {"disconnected": 1, "forbidden": 1}


def test_pauses_grow_within_bounds_and_differ(world: World):
    world.api.failure = errors.ApiUnavailable("no")
    pauses = [world.follower.turn() for _ in range(40)]
    assert all(0 < each <= follower.PAUSE_MAX_SECONDS for each in pauses)
    assert max(pauses[:2]) <= 2 * 2 * follower.PAUSE_BASE_SECONDS
    assert min(pauses[10:]) >= follower.PAUSE_MAX_SECONDS / 2
    assert len(set(pauses[10:])) > 20, "a crowd must not come back together"
    world.api.failure = None
    assert world.follower.turn() == 0, "the next watch begins where the last one ended"


def test_a_watch_that_is_ended_at_once_is_not_opened_without_pause(world: World):
    world.api.passes = lambda _seconds: world.wait(0.25)
    assert world.follower.turn() == follower.LEAST_SECONDS - 0.25


def test_what_is_not_the_api_server_is_named():
    class Proxy(RawApi):
        def raw(self, method: str, path: str) -> bytes:
            return b"<html>Sign in</html>"

    world = World(Proxy())
    world.follower.turn()
    assert world.follower.standing.trouble.startswith(f"GET {PATH}: the answer is not what was asked for: ")


def test_an_unexpected_error_is_not_swallowed_and_idle_time_grows():
    class Broken(RawApi):
        def lines(self, path: str, *, silent_seconds: float) -> Iterator[bytes]:
            raise ZeroDivisionError

    world = World(Broken())
    with pytest.raises(ZeroDivisionError):
        world.follower.turn()
    world.wait(300)
    assert world.follower.idle_seconds() == 300


def test_idle_time_counts_from_what_was_last_done(world: World):
    world.follower.turn()
    world.wait(7)
    assert world.follower.idle_seconds() == 7
    world.api.failure = errors.ApiUnavailable("no")
    world.follower.turn()
    assert world.follower.idle_seconds() == 0


def test_it_ends_when_it_is_told_to(world: World):
    world.api.passes = lambda _seconds: world.follower.stop()
    world.follower.run()
    assert world.lists() == 1
