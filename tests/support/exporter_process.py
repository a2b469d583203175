"""The exporter as a process of its own, with the rights it has when deployed, asked as Prometheus and a kubelet ask."""

from __future__ import annotations

import http.client
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from govcloud_api import labels
from govcloud_kube.real import RealCluster
from support import apiserver as servers
from support import kinds, mounted
from support.apiserver import ApiServer
from support.monitoring import samples
from support.mounted import Site

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]
RBAC = Path(__file__).parents[2] / "monitoring/deploy/20-exporter-rbac.yaml"
USER = f"system:serviceaccount:{labels.MONITORING_NAMESPACE}:exporter"
IS_UP, IS_DOWN = (f'govcloud_source_up{{source="kubernetes"}} {value}' for value in (1, 0))
COMMAND = [sys.executable, "-m", "govcloud_monitoring.serve"]


@dataclass(frozen=True, slots=True)
class Exporter:
    """A running exporter process."""

    port: int
    health_port: int
    site: Site
    pid: int = 0

    def get(self, path: str, accept: str = "text/plain") -> tuple[int, str]:
        """Status and body of a page."""
        connection = self._connection(path)
        try:
            connection.request("GET", path, headers={"Accept": accept})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def _connection(self, path: str) -> http.client.HTTPConnection:
        if path == "/healthz":
            return http.client.HTTPConnection("127.0.0.1", self.health_port, timeout=5)
        how = mounted.context(self.site.prometheus.folder, self.site.authority.certificate)
        how.check_hostname = False  # it is asked by its address
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=5, context=how)

    def samples(self) -> Samples:
        """The samples of one scrape."""
        return samples(self.get("/metrics")[1])

    def wait_for(self, wanted: Callable[[Samples], bool], seconds: float = 30) -> Samples:
        """The first scrape that is as wanted; fails the test when none is in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                found = self.samples()
            except OSError:
                found = {}
            if found and wanted(found):
                return found
            time.sleep(0.2)  # a real process, a real server: there is nothing to be told by
        pytest.fail(f"not within {seconds} s; last scrape: {sorted(map(str, found))}")


def environment(**given: str) -> dict[str, str]:
    """The environment of an exporter with these settings."""
    return dict(os.environ) | {f"GOVCLOUD_EXPORTER_{name.upper()}": value for name, value in given.items()}


@contextmanager
def running(kubeconfig: Path, log: Path, **settings: str) -> Iterator[Exporter]:
    """It runs until the block ends, and then ends in order."""
    site, port, health_port = Site(log.parent / "site"), servers.free_port(), servers.free_port()
    given = {
        "kubeconfig": str(kubeconfig), "host": "127.0.0.1", "port": str(port), "health_port": str(health_port),
        "tls_folder": str(site.exporter.folder),
    }  # fmt: skip
    with servers.process(COMMAND, log, environment(**given | settings)) as child:
        yield Exporter(port, health_port, site, child.pid)
    assert child.returncode == 0, "SIGTERM is an orderly end"


def apply_rbac(admin: RealCluster) -> None:
    """The kinds that it reads, its namespace, account and rights."""
    kinds.install(admin)
    metadata = {"name": labels.MONITORING_NAMESPACE}
    admin.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}, field_manager="t")
    for each in yaml.safe_load_all(RBAC.read_text()):
        admin.apply(each, field_manager=labels.PLATFORM_FIELD_MANAGER)


def kubeconfig(server: ApiServer) -> Path:
    """How it is known to the API server: by the name and the group of its account."""
    return server.kubeconfig(USER, "system:serviceaccounts")
