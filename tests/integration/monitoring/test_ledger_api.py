"""Months through a real API server, which knows who asks; it shows the accountant no certificate."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from govcloud_api import errors, labels
from govcloud_cli.usage import report_source
from govcloud_kube import Object
from govcloud_kube.real import RealCluster
from govcloud_monitoring import tls, web
from govcloud_monitoring.accountant import answers
from govcloud_monitoring.accountant.month import Month
from support import apiserver, tenancy
from support.apiserver import ApiServer
from support.manifests import objects
from support.mounted import Site

READERS = Path(__file__).parents[3] / "monitoring/deploy/34-readers.yaml"
PROXY = f"/api/v1/namespaces/{labels.MONITORING_NAMESPACE}/services"
FIRST = date(2026, 11, 1)
MONTH = Month(
    first=FIRST, currency="EUR", lines=(), days=(), pools={"workers": 7}, closed_hours={}, closed_until=None,
    until=datetime(2026, 11, 3, tzinfo=UTC),
)  # fmt: skip


def own_address() -> str:
    """Of this machine; an API server passes nothing on to a loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("198.51.100.1", 9))
        except OSError:
            pytest.skip("this machine has no address but its loopback")  # then nothing can stand behind a Service
        return str(probe.getsockname()[0])


NAMESPACE: Object = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": labels.MONITORING_NAMESPACE}}
METADATA = {"name": "ledger", "namespace": labels.MONITORING_NAMESPACE}


def pod(address: str) -> Object:
    """What stands behind the Service; an API server passes on to addresses of pods alone."""
    confined = {
        "allowPrivilegeEscalation": False, "runAsNonRoot": True, "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }  # fmt: skip
    container = {"name": "accountant", "image": "x", "securityContext": confined}
    spec = {"containers": [container], "automountServiceAccountToken": False, "nodeName": "n"}
    status = {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": METADATA, "spec": spec, "status": status}


def service(address: str, ports: dict[str, int]) -> list[Object]:
    """The ledger's Service, and that it leads to the pod."""
    named = [{"name": name, "port": port, "protocol": "TCP"} for name, port in ports.items()]
    target = {"kind": "Pod", **METADATA}
    return [
        {"apiVersion": "v1", "kind": "Service", "metadata": METADATA, "spec": {"ports": named}},
        {
            "apiVersion": "v1", "kind": "Endpoints", "metadata": METADATA,
            "subsets": [{"addresses": [{"ip": address, "targetRef": target}], "ports": named}],
        },
    ]  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """With a Service ledger of this test's own."""
    with apiserver.running(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="module")
def behind(server: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealCluster]:
    """The accountant's two ports behind the Service; gives the administrator."""
    folder, address, admin = Site(tmp_path_factory.mktemp("ledger")).ledger.folder, own_address(), server.admin()
    identity = tls.Identity(folder, asks_clients=False)
    api = web.tls_server(address, 0, answers.application({"months": lambda _: MONTH}), identity)
    metrics = web.scrape_server(address, 0, folder, list)
    with web.serving(api, metrics):
        admin.apply(NAMESPACE, field_manager="test")
        tenancy.eventually(lambda: admin.apply(pod(address), field_manager="test"), "the pod is admitted")
        admin.patch_status(pod(address), field_manager="kubelet")
        for obj in [*service(address, {"api": api.server_port, "metrics": metrics.server_port}), *objects(READERS)]:
            admin.apply(obj, field_manager="test")
        yield admin


@pytest.mark.usefixtures("behind")
@pytest.mark.parametrize("group", ["platform:finance", "platform:auditor", "platform:owner", "platform:operator"])
def test_who_may_read_reads_a_month(server: ApiServer, group: str):
    assert report_source.month(server.connect("anna", group), FIRST) == MONTH


@pytest.mark.usefixtures("behind")
@pytest.mark.parametrize("group", ["platform:approver", "tax:finance", "tax:owner"])
def test_who_may_not_is_refused(server: ApiServer, group: str):
    with pytest.raises(errors.Forbidden):
        report_source.month(server.connect("bert", group), FIRST)


@pytest.mark.parametrize(
    ("service", "path", "why"),
    [
        ("http:ledger:api", "/v1/months/2026-11", "error trying to reach service"),
        ("http:ledger:metrics", "/metrics", "error trying to reach service"),
        # A connection may also be reset before its reason is read.
        ("https:ledger:metrics", "/metrics", "certificate required|reset by peer|broken pipe|EOF"),
        ("https:ledger:api", "/metrics", "ask for a month"),
        ("https:ledger:api", "/healthz", "ask for a month"),
    ],
)
def test_even_an_administrator_gets_nothing_else_on_this_way(behind: RealCluster, service: str, path: str, why: str):
    with pytest.raises((errors.ApiUnavailable, errors.NotFound), match=why):
        behind.raw("GET", f"{PROXY}/{service}/proxy{path}")
