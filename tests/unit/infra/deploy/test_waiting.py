"""Waiting ends at once when all is well, and with a reason when its time is up. Nothing sleeps here."""

from pathlib import Path
from typing import Any

import pytest

from govcloud_api.errors import ApiUnavailable, Forbidden, Unhealthy
from govcloud_infra import inventory
from govcloud_infra.deploy import waiting
from govcloud_infra.health import health
from govcloud_infra.paths import SitePaths
from govcloud_kube.memory import MemoryCluster

Object = dict[str, Any]
PATHS = SitePaths(state=Path("/s"), cache=Path("/c"))
# Nobody can answer there: it is every machine's address, and TCP has none such.
NOWHERE = "255.255.255.255"


def named(api_version: str, kind: str, name: str, **fields: Any) -> Object:
    namespace = {"namespace": "kube-system"} if kind == "Deployment" else {}
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, **namespace}, **fields}


READY = {"conditions": [{"type": "Ready", "status": "True"}]}
WELL = [
    named("v1", "Node", "w1", status=READY),
    named("apps/v1", "Deployment", "coredns", spec={}, status={"readyReplicas": 1, "updatedReplicas": 1,
                                                               "observedGeneration": 9}),
    named("apiextensions.k8s.io/v1", "CustomResourceDefinition", "departments.govcloud.internal"),
    named(health.GROUP, "Department", "tax", spec={}, status={**READY, "observedGeneration": 1}),
]  # fmt: skip
EXPECTED = health.Expected(
    nodes=("w1",), workloads=frozenset({"deployment kube-system/coredns"}), departments=frozenset({"tax"})
)


@pytest.fixture(autouse=True)
def _no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its time is up after the first look."""
    monkeypatch.setattr(waiting, "_HEALTH_SECONDS", -1.0)
    monkeypatch.setattr(waiting, "_SSH_SECONDS", -1.0)


def test_a_healthy_site_is_not_waited_for() -> None:
    said: list[str] = []
    waiting.wait_healthy(MemoryCluster(WELL), EXPECTED, said.append)
    assert said == []


@pytest.mark.parametrize(
    ("index", "missing"),
    [(0, "not ready: w1"), (1, "nothing is installed yet"), (2, "not ready: tax"), (3, "not ready: tax")],
    ids=["node", "workload", "kind", "department"],
)
def test_whatever_is_missing_is_the_reason(index: int, missing: str) -> None:
    cluster = MemoryCluster([item for place, item in enumerate(WELL) if place != index])
    with pytest.raises(Unhealthy, match=f"applied, but not healthy after .*: {missing}"):
        waiting.wait_healthy(cluster, EXPECTED, lambda _text: None)


class Silent(MemoryCluster):
    """An API server that fails whoever asks."""

    def __init__(self, error: Exception) -> None:
        super().__init__([])
        self._error = error

    def list(self, *_arguments: Any, **_named: Any) -> list[Object]:
        raise self._error


def test_a_silent_api_server_is_waited_for_until_time_is_up() -> None:
    with pytest.raises(Unhealthy, match=r"not healthy after .*: no answer from x"):
        waiting.wait_healthy(Silent(ApiUnavailable("no answer from x")), EXPECTED, lambda _text: None)


def test_credentials_that_are_refused_are_not_waited_for() -> None:
    with pytest.raises(Forbidden, match="not yours"):
        waiting.wait_healthy(Silent(Forbidden("not yours")), EXPECTED, lambda _text: None)


def test_a_machine_that_does_not_come_up_is_named_with_its_log() -> None:
    said: list[str] = []
    host = inventory.Host(name="w1", role="worker", address=NOWHERE, host_key="ssh-ed25519 A")
    with pytest.raises(ApiUnavailable, match=f"machine w1 does not answer on {NOWHERE}:22 .*; see /s/run/w1.log"):
        waiting.wait_ssh(inventory.Inventory(site="lab", hosts=(host,)), PATHS, said.append)
    assert said == [f"wait for SSH on w1 ({NOWHERE})"]


def test_a_machine_that_exists_is_asked_on_its_own_port_and_has_no_log_here() -> None:
    host = inventory.Host(
        name="m1", role="worker", address=NOWHERE, host_key="ssh-ed25519 A", provider="static", port=2222
    )
    with pytest.raises(ApiUnavailable, match=rf"does not answer on {NOWHERE}:2222 .*; is it on, does sshd run"):
        waiting.wait_ssh(inventory.Inventory(site="lab", hosts=(host,)), PATHS, lambda _text: None)
