"""Whatever happens to a follower, in the end its store holds what a fresh list shows."""

import logging
from collections import deque
from collections.abc import Callable, Iterable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govcloud_api import errors
from govcloud_kube import endings
from govcloud_monitoring.kubernetes.reader import PODS
from govcloud_monitoring.kubernetes.values import Pod
from govcloud_monitoring.watch.follower import Follower, Terms
from govcloud_monitoring.watch.restarts import Restarts
from support.monitoring import container, pod
from support.watched_api import BREAK, SILENCE, RawApi, Scene, error_line

Step = Callable[["Stirred"], None]
NAMES = [f"p{number}" for number in range(6)]


class Stirred(RawApi):
    """Somebody changes an object before each page, and before each watch."""

    def __init__(self) -> None:
        super().__init__(version=10**9)
        self.pods: dict[str, tuple[int, str]] = {}
        self.pending: deque[Step] = deque()

    def put(self, name: str, cpu_milli: int, phase: str) -> None:
        self.pods[name] = (cpu_milli, phase)
        self._show()

    def remove(self, name: str) -> None:
        self.pods.pop(name, None)
        self._show()

    def next_watch(self, scene: Scene) -> None:
        self.scenes.setdefault("pods", []).append(scene)

    def raw(self, method: str, path: str) -> bytes:
        if self.pending:
            self.pending.popleft()(self)
        return super().raw(method, path)

    def _show(self) -> None:
        self.lists["pods"] = [
            pod(name, "ns", container(cpu=f"{cpu_milli}m"), phase=phase)
            for name, (cpu_milli, phase) in self.pods.items()
        ]


def put(name: str, cpu_milli: int, phase: str) -> Step:
    return lambda api: api.put(name, cpu_milli, phase)


def remove(name: str) -> Step:
    return lambda api: api.remove(name)


def watch(scene: Scene) -> Step:
    return lambda api: api.next_watch(scene)


def restored(api: Stirred) -> None:
    """An API server that was restored has new connections, too."""
    api.restore(api.version // 2)
    api.scenes["pods"] = [BREAK]


ends = st.one_of(
    st.just(None),
    st.sampled_from([error_line(410), error_line(500), b"{}", b'{"type":"ADDED","object":{"metadata":{}}}']),
    st.sampled_from([endings.Disconnected("broke"), errors.ApiUnavailable("HTTP 500"), errors.Forbidden("no")]),
)
scenes = st.one_of(
    st.sampled_from([BREAK, SILENCE]),
    st.builds(lambda events, end: Scene(events=events, end=end), st.integers(0, 3), ends),
    st.builds(lambda end: Scene(end=end, at_once=True), ends),
)
changes = st.one_of(
    st.builds(put, st.sampled_from(NAMES), st.integers(1, 3), st.sampled_from(["Running", "Succeeded"])),
    st.builds(remove, st.sampled_from(NAMES)),
)
steps = st.one_of(changes, changes, st.builds(watch, scenes), st.sampled_from([RawApi.compact, restored]))


def followed(api: RawApi, page_objects: int) -> Follower[Pod]:
    terms = Terms(api=api, now=lambda: 0.0, stale_seconds=25, restarts=Restarts(["Pod"]), page_objects=page_objects)
    return Follower(PODS, terms)


def held(follower: Follower[Pod]) -> list[str]:
    return sorted(map(str, follower.store.values()))


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    rounds=st.lists(st.tuples(st.lists(steps, max_size=4), st.lists(changes, max_size=3))),
    page_objects=st.integers(1, 4),
)
def test_the_store_ends_as_a_fresh_list(rounds: Iterable[tuple[list[Step], list[Step]]], page_objects: int):
    api = Stirred()
    follower = followed(api, page_objects)
    for before, between_pages in rounds:
        for step in before:
            step(api)
        api.pending = deque(between_pages)
        follower.turn()
    api.scenes.clear()
    api.pending.clear()
    for _ in range(3):  # the last fault is noticed, then what is behind it, then all is told
        follower.turn()
    fresh = followed(api, 500)
    fresh.turn()
    assert held(follower) == held(fresh)
    assert follower.standing.is_followed
