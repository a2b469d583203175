"""Who got into which probe, and when silence counts."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Any

import pytest

from govcloud_api import errors
from govcloud_api.objects import Object, ref_of
from govcloud_kube.memory import MemoryCluster
from govcloud_operators import knocks
from govcloud_operators.knocks import Knocks
from govcloud_operators.network import Answer
from support.knocking import Here

RUNNING = {"phase": "Running", "podIP": "10.0.0.7"}


class Door:
    """A cluster with one pod, and what answers at its address."""

    def __init__(self, answer: Answer = "silent", threads: Executor | None = None) -> None:
        self.cluster: Any = MemoryCluster()
        self.asked: list[str] = []
        self.told = 0
        self.answer = answer
        self.knocks = Knocks(self.cluster, self.reach, 8080, threads or Here())
        self.pod = self.made(RUNNING)

    def made(self, status: Object) -> Object:
        metadata = {"name": "govcloud-probe", "namespace": "tax-portal-sandbox"}
        return self.cluster.seed({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "status": status})

    def reach(self, address: str) -> Answer:
        self.asked.append(address)
        return self.answer

    def knock(self, pod: Object | None = None) -> None:
        self.knocks.knock(pod or self.pod, self.then)

    def then(self) -> None:
        self.told += 1


@pytest.mark.parametrize(("answer", "entered"), [("silent", False), ("refused", True), ("open", True)])
def test_an_answer_of_any_kind_is_a_way_in(answer: Answer, entered: bool) -> None:
    door = Door(answer)
    assert door.knocks.entered(door.pod) is None
    door.knock()
    assert (door.knocks.entered(door.pod), door.told, door.asked) == (entered, 1, ["10.0.0.7:8080"])
    door.knock()
    assert (door.told, len(door.asked)) == (1, 1), "once is enough"


@pytest.mark.parametrize("status", [{}, {"phase": "Running"}, {"phase": "Succeeded", "podIP": "10.0.0.7"}])
def test_what_does_not_run_is_left_alone(status: Object) -> None:
    door = Door()
    door.knock(door.pod | {"status": status})
    assert (door.asked, door.knocks.entered(door.pod)) == ([], None)
    door.knock()
    assert door.knocks.entered(door.pod) is False


def ended(door: Door) -> None:
    door.cluster.patch_status(door.pod | {"status": {"phase": "Succeeded"}}, field_manager="kubelet")


def gone(door: Door) -> None:
    door.cluster.delete(ref_of(door.pod))


def another(door: Door) -> None:
    door.cluster.delete(ref_of(door.pod))
    door.made(RUNNING)


def unknown(door: Door) -> None:
    def fails(_ref: object) -> None:
        raise errors.ApiUnavailable("it is away")

    door.cluster.get = fails


@pytest.mark.parametrize("meanwhile", [ended, gone, another, unknown])
def test_silence_of_what_ended_meanwhile_proves_nothing(meanwhile: Any) -> None:
    door = Door()
    meanwhile(door)
    door.knock()
    assert (door.knocks.entered(door.pod), door.told) == (None, 0)


def test_it_waits_for_nobody_and_forgets_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    class Later(Executor):
        def __init__(self) -> None:
            self.kept: list[Any] = []

        def submit(self, fn: Any, /, *args: Any, **_: Any) -> Any:
            self.kept.append(lambda: fn(*args))

    monkeypatch.setattr(knocks, "KNOWN", 2)
    later = Later()
    door = Door(threads=later)
    pods = [door.pod | {"metadata": door.pod["metadata"] | {"uid": str(number)}} for number in range(3)]
    for pod in (*pods, door.pod):
        door.knock(pod)
    assert door.asked == [], "a look goes on at once"
    for task in later.kept:
        task()
    assert door.knocks.entered(door.pod) is False
    door.knock(pods[0])
    assert len(later.kept) == 5, "what is forgotten is tried again"
