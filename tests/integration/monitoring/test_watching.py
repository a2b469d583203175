"""What is known of a real API server follows it, through everything that can happen to the watches."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from govcloud_api import errors
from govcloud_kube import real
from govcloud_kube.cluster import Ref
from govcloud_kube.real import RealCluster
from govcloud_monitoring.kubernetes.reader import KINDS, NAMESPACES, KubernetesReader
from govcloud_monitoring.watch.ending import Reason
from govcloud_monitoring.watch.follower import Api, Follower, Terms
from govcloud_monitoring.watch.restarts import Restarts
from support import kinds, proxy
from support.monitoring import namespace
from support.outages import Outages, outages

STALE_SECONDS = 4.0
SOON_SECONDS = 20.0
"""A real process on a busy machine; the bounds of the design are seconds."""


@dataclass
class Watching:
    """A reader at work in threads."""

    api: Api
    restarts: Restarts
    reader: KubernetesReader

    def departments(self) -> set[str] | None:
        """What is shown; None while nothing may be."""
        try:
            return {owner.department for owner in self.reader.read().owners}
        except errors.ApiUnavailable:
            return None

    def wait_for(self, wanted: Callable[[], bool], seconds: float = SOON_SECONDS) -> float:
        """How long it took."""
        began = time.monotonic()
        while not wanted():
            assert time.monotonic() - began < seconds, (self.departments(), self.counted())
            time.sleep(0.02)  # a real server: there is nothing to be told by
        return time.monotonic() - began

    def counted(self) -> dict[Reason, int]:
        """Restarts of all kinds, by reason."""
        found: dict[Reason, int] = {}
        for (_, reason), count in self.restarts.counts().items():
            if count:
                found[reason] = found.get(reason, 0) + count
        return found


@contextmanager
def watching(api: Api) -> Iterator[Watching]:
    restarts = Restarts(KINDS)
    terms = Terms(api=api, now=time.monotonic, stale_seconds=STALE_SECONDS, restarts=restarts, page_objects=2)
    found = Watching(api, restarts, KubernetesReader(terms))
    for follower in found.reader.followers:
        follower.start()
    try:
        yield found
    finally:
        for follower in found.reader.followers:
            follower.stop()


def put(admin: RealCluster, code: str) -> None:
    whole = {"apiVersion": "v1", "kind": "Namespace", **namespace(f"{code}-a-test", code, "test")}
    admin.apply(whole, field_manager="test")


def remove(admin: RealCluster, code: str) -> None:
    """At once: no controller is there to finish it."""
    name = f"{code}-a-test"
    admin.delete(Ref("v1", "Namespace", name))
    live = admin.get(Ref("v1", "Namespace", name))
    if live is not None:
        admin.raw("PUT", f"/api/v1/namespaces/{name}/finalize", live | {"spec": {"finalizers": []}})


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outages]:
    with outages(tmp_path_factory.mktemp("world")) as found:
        kinds.install(found.server.admin())
        yield found


@pytest.fixture
def admin(world: Outages) -> RealCluster:
    return world.server.admin()


@pytest.fixture
def through(world: Outages, tmp_path: Path) -> Iterator[tuple[proxy.Proxy, Watching]]:
    """A reader behind a proxy."""
    with (
        proxy.running(world.server.url, proxy.before(world.server, "admin", "system:masters")) as between,
        watching(real.connect(between.kubeconfig(tmp_path / "kubeconfig"))) as found,
    ):
        found.wait_for(lambda: found.departments() is not None)
        yield between, found


def asked(between: proxy.Proxy, path: str) -> list[dict[str, str]]:
    """Queries of all requests for a path."""
    return [each.query for each in tuple(between.exchanges) if each.path == path]


def lists(between: proxy.Proxy) -> int:
    """How many lists of namespaces were begun."""
    return sum(query.get("limit") == "2" and "continue" not in query for query in asked(between, NAMESPACES.path))


def test_what_is_made_changed_and_deleted_is_seen_at_once(admin: RealCluster):
    with watching(admin) as found:
        found.wait_for(lambda: found.departments() is not None)
        for code in ("tax", "roads", "ports"):
            put(admin, code)
        found.wait_for(lambda: found.departments() == {"tax", "roads", "ports"}, seconds=5)
        admin.apply(
            {"apiVersion": "v1", "kind": "Namespace", **namespace("tax-a-test", "moved", "test")}, field_manager="test"
        )
        found.wait_for(lambda: found.departments() == {"moved", "roads", "ports"}, seconds=5)
        for code in ("tax", "roads", "ports"):
            remove(admin, code)
        found.wait_for(lambda: found.departments() == set(), seconds=5)
        assert found.counted() == {}


def test_a_quiet_cluster_stays_up_and_is_neither_listed_again_nor_restarted(
    through: tuple[proxy.Proxy, Watching],
):
    between, found = through
    until = time.monotonic() + 2.5 * STALE_SECONDS
    while time.monotonic() < until:
        assert found.departments() is not None
        time.sleep(0.05)
    assert lists(between) == 1
    assert found.counted() == {}


def test_after_a_break_it_goes_on_without_a_list(through: tuple[proxy.Proxy, Watching], admin: RealCluster):
    between, found = through
    put(admin, "tax")
    found.wait_for(lambda: found.departments() == {"tax"})
    between.close()
    put(admin, "roads")
    remove(admin, "tax")
    time.sleep(0.5)
    between.open()
    found.wait_for(lambda: found.departments() == {"roads"})
    remove(admin, "roads")
    assert lists(between) == 1
    assert found.counted() == {"disconnected": len(KINDS)}


def test_a_silent_watch_is_given_up_and_goes_on(through: tuple[proxy.Proxy, Watching], admin: RealCluster):
    between, found = through
    between.silence(streams_only=True)
    put(admin, "quiet")
    found.wait_for(lambda: found.departments() is not None and "quiet" in (found.departments() or ()))
    remove(admin, "quiet")
    assert lists(between) == 1
    assert found.counted() == {"silent": len(KINDS)}


@pytest.mark.parametrize(("code", "reason"), [(410, "gone"), (500, "error")])
def test_after_an_error_event_it_lists_anew(through: tuple[proxy.Proxy, Watching], code: int, reason: Reason):
    between, found = through
    found.wait_for(lambda: len(between.watches()) == len(KINDS))
    told = between.say({"type": "ERROR", "object": {"kind": "Status", "code": code, "message": "the test says so"}})
    found.wait_for(lambda: lists(between) == 2)
    found.wait_for(lambda: found.departments() is not None)
    assert found.counted() == {reason: told}


def test_an_api_server_that_is_killed_and_started_again_is_caught_up_with(world: Outages):
    admin = world.server.admin()
    with watching(admin) as found:
        put(admin, "old")
        found.wait_for(lambda: found.departments() == {"old"})
        world.kill()
        took = found.wait_for(lambda: found.departments() is None)
        assert took > STALE_SECONDS / 4, "a moment's absence is nothing"
        world.start()
        remove(admin, "old")
        put(admin, "new")
        found.wait_for(lambda: found.departments() == {"new"})
        remove(admin, "new")
    assert found.counted()["disconnected"] == len(KINDS)


def test_an_api_server_that_hangs_is_not_believed_for_longer_than_the_bound(world: Outages):
    with watching(world.server.admin()) as found:
        found.wait_for(lambda: found.departments() is not None)
        with world.hung():
            took = found.wait_for(lambda: found.departments() is None, seconds=2 * STALE_SECONDS)
            assert took < STALE_SECONDS + 1
        found.wait_for(lambda: found.departments() is not None)
    assert found.counted()["silent"] > 0


def test_what_happened_before_history_was_compacted_is_listed_anew(world: Outages):
    follower, restarts = by_hand(world.server.admin())
    admin = world.server.admin()
    put(admin, "before")
    follower.turn()
    remove(admin, "before")
    put(admin, "after")
    world.compact()
    world.stop()
    world.start()
    for _ in range(3):
        follower.turn()
    assert departments(follower) == {"after"}
    assert restarts.counts()["Namespace", "gone"] == 1
    remove(admin, "after")


def test_an_etcd_that_was_restored_from_a_backup_is_listed_anew(world: Outages):
    put(world.server.admin(), "kept")
    saved = world.backup()
    admin = world.server.admin()
    follower, restarts = by_hand(admin)
    for number in range(20):
        put(admin, f"lost{number}")
    follower.turn()
    assert "lost19" in departments(follower)
    world.close()
    follower.turn()  # as any watch would, it notices
    world.restore(saved)
    for _ in range(3):
        follower.turn()
    assert departments(follower) == {"kept"}
    assert restarts.counts()["Namespace", "gone"] == 1


def by_hand(api: Api) -> tuple[Follower[object], Restarts]:
    """A follower of namespaces that does a turn when it is told to."""
    restarts = Restarts(KINDS)
    terms = Terms(api=api, now=time.monotonic, stale_seconds=STALE_SECONDS, restarts=restarts)
    return Follower(NAMESPACES, terms), restarts


def departments(follower: Follower[object]) -> set[str]:
    return {value.department for value in follower.store.values()}
