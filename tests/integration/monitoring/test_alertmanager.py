"""A real Prometheus tells a real Alertmanager, which tells the site's receiver: of an alert, and of its end."""

from __future__ import annotations

import json
import os
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from govcloud_infra.bundle import store
from govcloud_infra.components import alerting
from support import apiserver as servers
from support.images import unpacked
from support.waiting import is_ready, wait
from support.webhook import Receiver, receiver

ALERT: dict[str, Any] = {
    "labels": {"alertname": "DepartmentQuotaAlmostUsed", "department": "tax", "severity": "warning"},
    "annotations": {"summary": "95%"},
}


@dataclass(frozen=True)
class Alertmanager:
    """A running Alertmanager that sends to `hook`."""

    url: str
    hook: Receiver

    def tell(self, *alerts: dict[str, Any]) -> None:
        """As Prometheus does."""
        body = json.dumps(alerts).encode()
        asked = urllib.request.Request(  # noqa: S310 - loopback, ours
            f"{self.url}/api/v2/alerts", body, {"Content-Type": "application/json"}
        )
        urllib.request.urlopen(asked, timeout=5).close()  # noqa: S310 - loopback, ours


def hasty(config: dict[str, Any]) -> dict[str, Any]:
    """The same with no pauses: what is sent is under test, not when."""
    route = config["route"] | {"group_wait": "0s", "group_interval": "1s"}
    return config | {"route": route}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The image that is deployed, as a folder."""
    return unpacked(store.Store(store.default_root(os.environ)), "alertmanager", tmp_path_factory.mktemp("am") / "root")


@contextmanager
def serving(root: Path, folder: Path, configuration: dict[str, Any]) -> Iterator[str]:
    """Alertmanager's address, while it runs on its own root; it never comes up with a configuration that is wrong."""
    (root / "etc/alertmanager.yml").write_text(yaml.safe_dump(configuration))
    address = f"127.0.0.1:{servers.free_port()}"
    command = ["chroot", "--userspec=65534:65534", str(root), "/usr/bin/prometheus-alertmanager"]
    command += ["--config.file=/etc/alertmanager.yml", "--storage.path=/alertmanager"]
    with servers.process(
        [*command, f"--web.listen-address={address}", "--cluster.listen-address="], folder / "alertmanager.log"
    ):
        wait(lambda: is_ready(f"http://{address}"))
        yield f"http://{address}"
    for file in (root / "alertmanager").iterdir():
        file.unlink()


@pytest.fixture
def running(root: Path, tmp_path: Path) -> Iterator[Alertmanager]:
    with receiver() as hook, serving(root, tmp_path, hasty(alerting.configuration(hook.url))) as url:
        yield Alertmanager(url, hook)


def test_an_alert_and_its_end_reach_the_receiver(running: Alertmanager):
    running.tell(ALERT)
    wait(lambda: running.hook.alerts("DepartmentQuotaAlmostUsed", department="tax") == ["firing"])
    running.tell(ALERT | {"endsAt": "2020-01-01T00:00:00Z"})
    wait(lambda: running.hook.alerts("DepartmentQuotaAlmostUsed", department="tax") == ["firing", "resolved"])


def test_what_a_receiver_refuses_is_told_again(running: Alertmanager):
    running.hook.refuse = True
    running.tell(ALERT)
    time.sleep(2)  # long enough to be refused
    running.hook.refuse = False
    wait(lambda: running.hook.alerts("DepartmentQuotaAlmostUsed") == ["firing"])


def test_figures_that_are_missing_make_no_statement_about_departments(running: Alertmanager):
    running.tell({"labels": {"alertname": "ExporterAbsent", "severity": "critical"}})
    wait(lambda: running.hook.alerts("ExporterAbsent") == ["firing"])
    running.tell(ALERT, {"labels": {"alertname": "NodeNotReady", "severity": "warning"}})
    wait(lambda: running.hook.alerts("NodeNotReady") == ["firing"])
    assert running.hook.alerts("DepartmentQuotaAlmostUsed") == []


@pytest.mark.parametrize("url", [None, "https://alerts.example:8443/a?b=c"])
def test_every_configuration_that_deploy_writes_is_accepted(root: Path, tmp_path: Path, url: str | None):
    with serving(root, tmp_path, alerting.configuration(url)):
        pass
