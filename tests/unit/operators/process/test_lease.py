"""Two operators never write at the same time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from govcloud_api import errors, labels
from govcloud_kube import Cluster, Object, Ref
from govcloud_kube.gate import Gated
from govcloud_kube.memory import MemoryCluster
from govcloud_operators.process import lease

LEASE = Ref("coordination.k8s.io/v1", "Lease", lease.NAME, labels.SYSTEM_NAMESPACE)


class Clock:
    """Monotonic seconds that move when told."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def clocks(self) -> lease.Clocks:
        start = datetime(2026, 1, 1, tzinfo=UTC)
        return lease.Clocks(monotonic=lambda: self.seconds, wall=lambda: start + timedelta(seconds=self.seconds))


def two() -> tuple[MemoryCluster, Clock, lease.Lease, lease.Lease]:
    cluster, clock = MemoryCluster(), Clock()
    cluster.seed({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": labels.SYSTEM_NAMESPACE}})
    first, second = (operator(cluster, clock, name) for name in ("one", "two"))
    return cluster, clock, first, second


def operator(cluster: Cluster, clock: Clock, name: str) -> lease.Lease:
    return lease.Lease(cluster, identity=name, namespace=labels.SYSTEM_NAMESPACE, clocks=clock.clocks())


def test_the_first_takes_it_and_keeps_it() -> None:
    _, clock, first, second = two()
    assert first.try_take()
    for _ in range(100):
        clock.seconds += lease.RENEW_SECONDS
        assert first.try_take()
        assert not second.try_take()
        assert first.held()
        assert not second.held()


def test_a_silent_holder_is_fenced_long_before_another_takes_over() -> None:
    _, clock, first, second = two()
    assert first.try_take()
    assert not second.try_take()
    both = []
    for _ in range(int(lease.DURATION_SECONDS * 2)):
        clock.seconds += 1
        second.try_take()
        both.append((first.held(), second.held()))
    assert (True, True) not in both
    assert both[-1] == (False, True)
    gap = both.index((False, True)) - both.index((False, False))
    assert gap >= 35, "a request on its way must end before another operator writes"


def test_a_released_lease_is_free_at_once() -> None:
    cluster, _, first, second = two()
    assert first.try_take()
    first.release()
    assert not first.held()
    assert second.try_take()
    found = cluster.get(LEASE)
    assert found is not None
    assert found["spec"]["leaseTransitions"] == 3


def test_only_the_holder_releases() -> None:
    cluster, _, first, second = two()
    assert first.try_take()
    second.release()
    found = cluster.get(LEASE)
    assert found is not None
    assert found["spec"]["holderIdentity"] == "one"


def test_a_restarted_process_goes_on() -> None:
    cluster, clock, first, _ = two()
    assert first.try_take()
    assert operator(cluster, clock, "one").try_take()


def test_a_race_has_one_winner() -> None:
    class Racing(MemoryCluster):
        """Another operator takes the lease between our look and our write."""

        def create(self, obj: Object, *, dry_run: bool = False) -> Object:
            super().create(obj | {"spec": obj["spec"] | {"holderIdentity": "rival"}})
            return super().create(obj, dry_run=dry_run)

    cluster = Racing()
    cluster.seed({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": labels.SYSTEM_NAMESPACE}})
    assert not operator(cluster, Clock(), "one").try_take()


def test_a_renewal_whose_answer_is_lost_is_still_ours() -> None:
    class Losing(MemoryCluster):
        """Stores an apply, and says what the API server says to its repetition: the version is an old one."""

        lost = 0

        def apply(self, obj: Object, *, field_manager: str, dry_run: bool = False, force: bool = True) -> Object:
            stored = super().apply(obj, field_manager=field_manager, dry_run=dry_run, force=force)
            self.lost += 1
            if self.lost == 1:
                raise errors.Conflict("the object has been modified")
            return stored

    cluster, clock = Losing(), Clock()
    cluster.seed({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": labels.SYSTEM_NAMESPACE}})
    held = operator(cluster, clock, "one")
    assert held.try_take()
    clock.seconds += lease.RENEW_SECONDS
    assert held.try_take()
    assert cluster.lost == 2


def test_lost_answers_without_end_are_nobody_elses_lease() -> None:
    class Losing(MemoryCluster):
        """Stores each apply, and its answer is lost."""

        def apply(self, obj: Object, *, field_manager: str, dry_run: bool = False, force: bool = True) -> Object:
            super().apply(obj, field_manager=field_manager, dry_run=dry_run, force=force)
            raise errors.Conflict("the object has been modified")

    cluster, clock = Losing(), Clock()
    cluster.seed({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": labels.SYSTEM_NAMESPACE}})
    held = operator(cluster, clock, "one")
    assert held.try_take()
    with pytest.raises(errors.Conflict, match="the next renewal tells"):
        held.try_take()
    assert held.held()


def test_after_a_time_without_an_answer_it_is_taken_again_unless_another_did() -> None:
    _, clock, first, second = two()
    assert first.try_take()
    clock.seconds += lease.DURATION_SECONDS + 20
    assert not first.held()
    assert first.try_take()
    assert first.held()
    assert not second.try_take()
    clock.seconds += lease.DURATION_SECONDS
    assert second.try_take()
    assert not first.try_take()
    assert not first.held()


def test_without_the_lease_nothing_is_written() -> None:
    cluster, clock, first, _ = two()
    fenced = Gated(cluster, first.require)
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "default"}}
    ref = Ref("v1", "ConfigMap", "a", "default")
    calls: list[Callable[[], object]] = [
        lambda: fenced.apply(obj, field_manager="x"),
        lambda: fenced.create(obj),
        lambda: fenced.patch_status(obj | {"status": {}}, field_manager="x"),
        lambda: fenced.delete(ref),
        lambda: fenced.raw("POST", "/x"),
    ]
    for call in calls:
        with pytest.raises(errors.NotReady):
            call()
    assert cluster.writes == []
    assert fenced.get(ref) is None
    assert fenced.list("v1", "ConfigMap") == []
    assert first.try_take()
    fenced.create(obj)
    clock.seconds += lease.FENCE_SECONDS
    with pytest.raises(errors.NotReady):
        fenced.delete(ref)
