"""Probes on a cluster in memory, whose nodes are played: each fault shows as itself, and nothing stays behind."""

import json
import os
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from govcloud_api.errors import ApiUnavailable, Forbidden, NotReady
from govcloud_infra.health import probe_manifests as manifests
from govcloud_infra.health import probe_results, probes
from govcloud_kube import Ref
from govcloud_kube.memory import MemoryCluster

Object = dict[str, Any]
READY = {"conditions": [{"type": "Ready", "status": "True"}]}
CLASS = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {"name": "local-path", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
}


def node(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "spec": {}, "status": READY}


class World:
    """A cluster and its nodes, which do one step whenever somebody rests; `behave` says how a pod ends."""

    def __init__(self, behave: Callable[[str, Object], Object] | None = None, *, rests: int = 200) -> None:
        self.cluster = MemoryCluster([node("w1"), node("w2"), CLASS])
        self._behave = behave or well
        self._rests = rests
        # By thread: one that waits in vain must not use up the time of another. Starts anew whenever a pod moves: a
        # pool may give the thread that waited in vain to the next.
        self._used: dict[int, int] = {}
        self._over = False
        self._lock = threading.Lock()

    def rest(self) -> bool:
        with self._lock:
            for pod in self.cluster.list("v1", "Pod"):
                if "status" not in pod:
                    self._run(pod)
            used = self._used[threading.get_ident()] = self._used.get(threading.get_ident(), 0) + 1
            return not self._over and used < self._rests

    def give_up(self) -> None:
        self._over = True

    def _run(self, pod: Object) -> None:
        status = self._behave(pod["metadata"]["name"], pod)
        if status:
            self.cluster.patch_status(pod | {"status": status}, field_manager="kubelet")
            self._used.clear()

    def conditions(self) -> dict[str, tuple[str, str]]:
        found = probe_results.conditions(probes.run(self.cluster, "0.1.0", self, lambda _text: None))
        return {item.type: (item.status, item.reason) for item in found}

    def namespaces(self) -> list[str]:
        found = self.cluster.list("v1", "Namespace")
        return [item["metadata"]["name"] for item in found if item["metadata"]["name"].startswith(manifests.PREFIX)]


def ended(message: str, phase: str = "Succeeded") -> Object:
    return {"phase": phase, "containerStatuses": [{"name": "probe", "state": {"terminated": {"message": message}}}]}


def netprobe(pod: Object, failing: Callable[[str], bool] = lambda _target: False) -> Object:
    words = pod["spec"]["containers"][0]["args"]
    targets = [words[place + 1] for place, word in enumerate(words) if word in ("--allow", "--deny")]
    results = [{"target": target, "ok": not failing(target), "message": "timeout"} for target in targets]
    return ended(json.dumps({"results": results}), "Failed" if any(map(failing, targets)) else "Succeeded")


def well(name: str, pod: Object) -> Object:
    """Everything as promised."""
    if name == "server":
        return {"phase": "Running", "podIP": "10.0.0.5", **READY}
    if name == "writer":
        return ended("")
    if name == "reader":
        return ended(pod["metadata"]["namespace"])
    return netprobe(pod)


GOOD = {
    "DnsAnswers": ("True", "NamesResolve"),
    "ServicesReachable": ("True", "Answered"),
    "NetworkPolicyEnforced": ("True", "Dropped"),
    "StorageWritable": ("True", "WrittenAndRead"),
}


def test_all_is_well_and_nothing_stays_behind() -> None:
    world = World()
    assert world.conditions() == GOOD
    assert world.namespaces() == []
    made = {str(ref).split("/")[-1] for verb, ref in world.cluster.writes if verb == "apply"}
    assert {"server", "allow-1", "deny-1", "default-deny", "disk", "writer", "reader"} <= made


def test_the_policy_comes_after_the_way_was_seen_open() -> None:
    world = World()
    world.conditions()
    order = [ref.name for verb, ref in world.cluster.writes if verb == "apply" and ref.name != "writer"]
    assert order.index("allow-1") < order.index("default-deny") < order.index("deny-1")


def but(name: str, make: Callable[[Object], Object]) -> Callable[[str, Object], Object]:
    return lambda found, pod: make(pod) if found.startswith(name) else well(found, pod)


@pytest.mark.parametrize(
    ("behave", "wrong"),
    [
        (but("allow", lambda pod: netprobe(pod, lambda target: target.startswith("dns:"))),
         {"DnsAnswers": ("False", "NameNotResolved")}),
        (but("allow", lambda pod: netprobe(pod, lambda target: target.startswith("tcp:"))),
         {"ServicesReachable": ("False", "ServiceUnreachable"), "NetworkPolicyEnforced": ("Unknown", "NotMeasured")}),
        (but("deny", lambda pod: netprobe(pod, lambda _target: True)),
         {"NetworkPolicyEnforced": ("False", "NotDropped")}),
        (but("allow", lambda _pod: ended("panic: out of memory", "Failed")),
         {"DnsAnswers": ("Unknown", "ProbeFailed"), "ServicesReachable": ("Unknown", "ProbeFailed"),
          "NetworkPolicyEnforced": ("Unknown", "NotMeasured")}),
        (but("deny", lambda _pod: ended("", "Failed")), {"NetworkPolicyEnforced": ("Unknown", "ProbeFailed")}),
        (but("server", lambda _pod: {}),
         {"DnsAnswers": ("Unknown", "ProbeFailed"), "ServicesReachable": ("Unknown", "ProbeFailed"),
          "NetworkPolicyEnforced": ("Unknown", "NotMeasured")}),
        (but("writer", lambda _pod: ended("sh: can't create /probe/token: Read-only", "Failed")),
         {"StorageWritable": ("False", "NotWritten")}),
        (but("reader", lambda _pod: ended("something else")), {"StorageWritable": ("False", "NotWritten")}),
        (but("writer", lambda _pod: {}), {"StorageWritable": ("False", "NotWritten")}),
    ],
    ids=["dns", "service", "policy", "client dies", "late client dies", "server waits", "write", "read", "volume"],
)  # fmt: skip
def test_each_fault_shows_as_itself(behave: Callable[[str, Object], Object], wrong: dict[str, tuple[str, str]]) -> None:
    world = World(behave)
    assert world.conditions() == GOOD | wrong
    assert world.namespaces() == []


def test_a_policy_that_bites_a_moment_later_is_waited_for() -> None:
    world = World(but("deny", lambda pod: netprobe(pod, lambda _t: not pod["metadata"]["name"].endswith("-3"))))
    assert world.conditions() == GOOD


def test_a_pod_that_waits_says_why() -> None:
    waiting = {
        "phase": "Pending",
        "conditions": [{"type": "PodScheduled", "status": "False", "message": "0/2 nodes: no volume"}],
    }
    world = World(but("writer", lambda _pod: waiting), rests=40)
    found = probes.run(world.cluster, "0.1.0", world, lambda _text: None)
    assert found.storage_fault == "a volume could not be used in time: pod writer is Pending (0/2 nodes: no volume)"


def test_without_a_default_class_nothing_is_claimed() -> None:
    world = World()
    world.cluster.delete(Ref("storage.k8s.io/v1", "StorageClass", "local-path"))
    assert world.conditions()["StorageWritable"] == ("False", "NotWritten")
    assert [ref for _, ref in world.cluster.writes if ref.kind == "PersistentVolumeClaim"] == []


def test_without_a_node_that_takes_pods_nothing_is_made() -> None:
    world = World()
    for name in ("w1", "w2"):
        world.cluster.delete(Ref("v1", "Node", name))
    with pytest.raises(NotReady, match="no node takes pods"):
        world.conditions()
    assert world.namespaces() == []


def test_a_new_namespace_that_refuses_pods_for_a_moment() -> None:
    class Young(MemoryCluster):
        refusals = 3

        def apply(self, obj: Object, **named: Any) -> Object:
            if obj["kind"] == "Pod" and self.refusals:
                self.refusals -= 1
                raise Forbidden("error looking up service account default: not found")
            return super().apply(obj, **named)

    world = World()
    world.cluster = Young([node("w1"), node("w2"), CLASS])
    assert world.conditions() == GOOD


class Interrupting(World):
    """Somebody presses Ctrl-C, or the API server goes away, after some moments."""

    def __init__(self, error: BaseException, *, after: int) -> None:
        super().__init__(but("server", lambda _pod: {}))
        self._error, self._after = error, after

    def rest(self) -> bool:
        self._after -= 1
        if self._after == 0:
            raise self._error
        return super().rest()


@pytest.mark.parametrize("after", [1, 5, 20])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), ApiUnavailable("gone"), RuntimeError("a fault of ours")])
def test_whatever_happens_nothing_stays_behind(error: BaseException, after: int) -> None:
    world = Interrupting(error, after=after)
    with pytest.raises(type(error)):
        world.conditions()
    assert world.namespaces() == []


def test_what_cannot_be_removed_is_said_and_does_not_hide_what_was_seen() -> None:
    class Sticky(MemoryCluster):
        def delete(self, ref: Ref, **named: Any) -> bool:
            raise ApiUnavailable("no answer")

    world, said = World(), []
    world.cluster = Sticky([node("w1"), node("w2"), CLASS])
    found = probes.run(world.cluster, "0.1.0", world, said.append)
    assert found.storage_fault == ""
    assert "is left behind (no answer); the next `govcloud health` removes it" in said[-1]


NOW = datetime(2026, 3, 1, tzinfo=UTC)
SOON, PAST = str(int(NOW.timestamp()) + 5), str(int(NOW.timestamp()) - 5)
DEAD = 2**22 + 1  # more than any process id there is


@pytest.mark.parametrize(
    ("owner", "until", "stays"),
    [
        (f"{socket.gethostname()}/{DEAD}", SOON, False),
        (f"{socket.gethostname()}/{os.getpid()}", PAST, True),
        ("elsewhere/7", SOON, True),
        ("elsewhere/7", PAST, False),
        ("", "", False),
        ("nonsense", "soon", False),
    ],
    ids=["killed here", "runs here", "runs elsewhere", "killed elsewhere", "unsigned", "nonsense"],
)
def test_leftovers_of_killed_runs_go(owner: str, until: str, stays: bool) -> None:
    world = World()
    left = manifests.namespace(f"{manifests.PREFIX}left", owner=owner, until=0)
    left["metadata"]["annotations"] = {manifests.OWNER: owner, manifests.UNTIL: until}
    world.cluster.seed(left)
    probes.sweep(world.cluster, NOW)
    assert bool(world.namespaces()) is stays
    assert world.cluster.get(Ref("v1", "Namespace", "default")) is not None


def test_time_ends_and_may_be_given_up() -> None:
    assert not probes.Deadline(-1.0).rest()
    pace = probes.Deadline(1000.0)
    pace.give_up()
    assert not pace.rest()
