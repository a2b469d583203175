"""What monitoring reads from goes away and comes back: it is said within a minute, and nothing old is shown as new."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support import load, questions, sandboxes
from support.lab import Lab, eventually
from support.sandboxes import TAX

pytestmark = pytest.mark.e2e
SEEN_SECONDS = 60
"""Within which a source that is gone is shown as gone."""
BACK_SECONDS = 240
CPU_MILLI = 200
USED = f'namespace:container_cpu_usage_seconds:rate5m{{namespace="{TAX}"}}'
REQUESTED = 'sum(govcloud_cpu_requested_cores{department="tax"})'
MONITORING = "govcloud-monitoring"
MANIFEST = "/etc/kubernetes/manifests/kube-apiserver.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A lab whose tax office runs a known load on machine `node` at `address`."""

    lab: Lab
    owner: Path
    prometheus: str
    node: str
    address: str
    control_plane: str

    def value(self, expression: str) -> float | None:
        """The value of the only series; None when there is none."""
        return questions.value(self.prometheus, expression)

    def sees(self, what: str, condition: Callable[[], Any], seconds: float = SEEN_SECONDS) -> None:
        """Within the time."""
        eventually(condition, seconds, what)

    def stale(self) -> list[str]:
        """What `govcloud top` says that it cannot read."""
        found = json.loads(self.lab.govcloud("top", str(self.lab.site), "-o", "json"))
        return list(found["staleSources"])

    def is_whole(self) -> bool:
        """All is read, and the load is seen."""
        used, requested = self.value(USED), self.value(REQUESTED)
        return used is not None and used > 0 and requested == CPU_MILLI / 1000 and not self.stale()


def begin(lab: Lab, owner: Path) -> None:
    """Let the load run, in the place of one that has ended."""
    lab.kubectl("-n", TAX, "delete", "pod", "load", "--ignore-not-found", kubeconfig=owner)
    load.start(lab, TAX, owner, cpu_milli=CPU_MILLI, memory_mib=100, disk_mib=10)


@pytest.fixture(scope="module")
def watched(deployed: Lab) -> Watched:
    owner = deployed.member("tax")
    sandboxes.ask(deployed, owner, "forms")
    begin(deployed, owner)
    node = deployed.get("pod", "load", "-n", TAX)["spec"]["nodeName"]
    addresses = {
        item["metadata"]["name"]: next(a["address"] for a in item["status"]["addresses"] if a["type"] == "InternalIP")
        for item in deployed.get("nodes")["items"]
    }
    status = json.loads(deployed.govcloud("status", str(deployed.site), "-o", "json"))
    return Watched(
        lab=deployed, owner=owner, prometheus=status["endpoints"]["prometheus"], node=node,
        address=addresses[node], control_plane=addresses["cp1"],
    )  # fmt: skip


@pytest.fixture(autouse=True)
def whole(watched: Watched) -> None:
    """Every story begins when all is well. A pod that its machine lost is not replaced by anybody."""
    asked = ("-n", TAX, "get", "pods", "load", "--ignore-not-found")
    if "Running" not in watched.lab.kubectl(*asked, kubeconfig=watched.owner):
        begin(watched.lab, watched.owner)
    eventually(watched.is_whole, BACK_SECONDS, "all is read, and the load is seen")


@contextmanager
def without(lab: Lab, address: str, stop: str, start: str) -> Iterator[None]:
    """While something on a machine does not run."""
    lab.ssh(address, stop)
    try:
        yield
    finally:
        lab.ssh(address, start)


@contextmanager
def scaled(lab: Lab, what: str, replicas: int) -> Iterator[None]:
    """While there are so many of what is one otherwise."""
    lab.kubectl("-n", MONITORING, "scale", what, f"--replicas={replicas}")
    try:
        yield
    finally:
        lab.kubectl("-n", MONITORING, "scale", what, "--replicas=1")


def answers(lab: Lab) -> bool:
    """Does the API server?"""
    return lab.try_kubectl("--request-timeout=3s", "get", "--raw", "/readyz").returncode == 0


def test_a_kubelet_that_is_silent_is_named_and_its_figures_are_gone(watched: Watched) -> None:
    with without(watched.lab, watched.address, "systemctl stop kubelet", "systemctl start kubelet"):
        watched.sees("no use is shown", lambda: watched.value(USED) is None)
        watched.sees("top names it", lambda: f"kubelet-resource of {watched.node}" in watched.stale())
        assert watched.value(REQUESTED) == CPU_MILLI / 1000, "what is reserved is known all the same"
    watched.sees("all is as before", watched.is_whole, BACK_SECONDS)


def test_without_the_api_server_nothing_is_shown_for_true_and_after_it_all_is(watched: Watched) -> None:
    away = f"mv {MANIFEST} /root/kube-apiserver.yaml"
    with without(watched.lab, watched.control_plane, away, f"mv /root/kube-apiserver.yaml {MANIFEST}"):
        eventually(lambda: not answers(watched.lab), 150, "the kubelet ends it")
        watched.sees("it is down", lambda: watched.value('max(up{job="kubernetes-api"}) or vector(0)') == 0)
        watched.sees("the source is down", lambda: watched.value('govcloud_source_up{source="kubernetes"}') == 0)
        assert watched.value(REQUESTED) is None
        told = watched.lab.govcloud_refused("top", str(watched.lab.site), "-o", "json", code=9)
        assert watched.control_plane in told
    eventually(lambda: answers(watched.lab), 150, "the API server answers")
    watched.sees("all is as before", watched.is_whole, BACK_SECONDS)


def test_prometheus_that_starts_again_remembers(watched: Watched) -> None:
    began = time.time()
    watched.lab.kubectl("-n", MONITORING, "delete", "pod", "prometheus-0", "--grace-period=0", "--force")
    watched.sees("it works again", watched.is_whole, BACK_SECONDS)
    assert questions.value(watched.prometheus, USED, at_seconds=began) is not None
    oldest = 'min(timestamp(up{job=~"govcloud-.*"}))'
    watched.sees("all is read anew", lambda: (watched.value(oldest) or 0) > began, BACK_SECONDS)


def test_a_ledger_whose_database_is_killed_is_said_to_be_down_and_loses_nothing(watched: Watched) -> None:
    def month() -> dict[str, Any]:
        return dict(json.loads(watched.lab.govcloud("report", str(watched.lab.site), "-o", "json")))

    before = month()
    with scaled(watched.lab, "statefulset/ledger", 0):
        watched.sees("it is down", lambda: watched.value('max(up{job="govcloud-ledger"})') == 0)
        watched.sees("it says nothing", lambda: watched.value('govcloud_source_up{source="ledger"}') is None)
        assert "ledger" in watched.lab.govcloud_refused("report", str(watched.lab.site), code=9)
    watched.sees("it is up", lambda: watched.value('govcloud_source_up{source="ledger"}') == 1, BACK_SECONDS)
    after = month()
    assert {line["environment"] for line in before["lines"]} <= {line["environment"] for line in after["lines"]}
    assert sum(after["pools"].values()) == sum(line["cost_microcents"] for line in after["lines"])


def test_two_exporters_at_once_double_nothing(watched: Watched) -> None:
    rule = 'sum(department_purpose:govcloud_cpu_requested_cores:sum{department="tax"})'
    with scaled(watched.lab, "deployment/exporter", 2):
        watched.lab.kubectl("-n", MONITORING, "rollout", "status", "deployment/exporter", "--timeout=120s")
        until = time.monotonic() + 100
        seen = set()
        while time.monotonic() < until:
            seen.add(watched.value(rule))
            time.sleep(5)
    assert seen == {CPU_MILLI / 1000}


def test_a_machine_without_power_is_gone_and_back_and_counters_that_begin_anew_are_no_use(watched: Watched) -> None:
    watched.lab.cut_power(watched.node)
    watched.sees("no use is shown", lambda: watched.value(USED) is None, 90)
    gone = f'max(up{{job="node-exporter",node="{watched.node}"}})'
    watched.sees("the machine is down", lambda: watched.value(gone) in (0, None))
    watched.lab.govcloud("deploy", str(watched.lab.site))
    begin(watched.lab, watched.owner)
    watched.sees("the load is seen again", watched.is_whole, BACK_SECONDS)
    time.sleep(60)  # windows of which the first part is from before
    most = watched.value("max(max_over_time(namespace:container_cpu_usage_seconds:rate5m[30m]))")
    assert most is not None
    assert 0 < most < (os.cpu_count() or 1), "what began anew at 0 is no use of hours at once"
    assert watched.value("min(min_over_time(namespace:container_cpu_usage_seconds:rate5m[30m]))") >= 0


def test_the_series_of_a_department_that_is_removed_end(watched: Watched) -> None:
    lab = watched.lab
    assert watched.value('count({department="tax",job="govcloud-exporter"})')
    words = ["--confirm", "forms-sandbox", "--why", "the department is closed", "--wait"]
    lab.govcloud("env", "delete", "forms-sandbox", str(lab.site), "--kubeconfig", str(watched.owner), *words)
    lab.kubectl("delete", "department", "tax", "--wait=false")
    watched.sees(
        "its series end", lambda: watched.value('count({department="tax",job="govcloud-exporter"})') is None, 300
    )
