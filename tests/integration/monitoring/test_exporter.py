"""The exporter process against a real API server, with the rights that it will have."""

from __future__ import annotations

import functools
import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from govcloud_api import errors, labels
from govcloud_kube.cluster import Object, Ref
from govcloud_kube.real import RealCluster
from support import apiserver as servers
from support import exporter_process
from support.apiserver import ApiServer
from support.exporter_process import COMMAND, Exporter, Samples, apply_rbac, environment
from support.monitoring import Wire, condition, container, key, offering, service
from support.monitoring import namespace as namespace_of

UP = key("govcloud_source_up", source="kubernetes")
GI = 2**30
OURS = labels.API_VERSION
running = functools.partial(exporter_process.running, refresh_seconds="1")


@pytest.fixture(scope="module")
def admin(apiserver: ApiServer) -> RealCluster:
    connected = apiserver.admin()
    apply_rbac(connected)
    return connected


@pytest.fixture
def exporter(apiserver: ApiServer, admin: RealCluster, tmp_path: Path) -> Iterator[Exporter]:
    with running(exporter_process.kubeconfig(apiserver), tmp_path / "exporter.log") as started:
        yield started


def create(admin: RealCluster, wire: Wire, api_version: str, kind: str) -> Object:
    """Create an object and, where given, its status. Waits for what the API server itself must make first."""
    whole = {"apiVersion": api_version, "kind": kind} | wire
    deadline = time.monotonic() + 20
    while True:
        try:
            made = admin.create(whole)
            break
        except errors.Forbidden:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)  # a new namespace has no default service account for a moment
    if "status" in wire:
        # An update keeps the fields of status that others own, as a kubelet's or a controller's write does.
        admin.patch_status(whole, field_manager="test-kubelet")
    return made


def department(admin: RealCluster, name: str, code: str, purpose: str) -> None:
    create(admin, {"metadata": namespace_of(name, code, purpose, "portal")["metadata"]}, "v1", "Namespace")


def pod(name: str, namespace: str, node: str, phase: str, **spec: object) -> Wire:
    given = {"nodeName": node, "automountServiceAccountToken": False, "terminationGracePeriodSeconds": 0}
    return {
        "metadata": {"name": name, "namespace": namespace},
        "spec": given | spec,
        "status": {"phase": phase},
    }


def machine(admin: RealCluster, name: str, pool: str) -> None:
    node = {
        "metadata": {"name": name, "labels": {f"{labels.GROUP}/pool": pool}},
        "status": {
            "capacity": {"cpu": "4", "memory": "16Gi", "pods": "110"},
            "allocatable": {"cpu": "3920m", "memory": "15Gi", "pods": "110"},
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }
    create(admin, node, "v1", "Node")


def furnish(admin: RealCluster) -> None:
    """Department tax with pods of every kind on one machine."""
    machine(admin, "exporter-n1", "exporter-pool")
    department(admin, "tax-portal-production", "tax", "production")
    department(admin, "dept-tax", "tax", "")
    create(admin, {"metadata": {"name": "nobodys"}}, "v1", "Namespace")
    runtime = {
        "metadata": {"name": "kata"},
        "handler": "kata",
        "overhead": {"podFixed": {"cpu": "50m", "memory": "1Gi"}},
    }
    create(admin, runtime, "node.k8s.io/v1", "RuntimeClass")
    init = [container("side", "200m", "1Gi", restartPolicy="Always"), container("init", "1500m", "512Mi")]
    pods = {
        "plain": ({"containers": [container("a", "250m", "1Gi"), container("b", "100m")]}, "Running"),
        "starting": ({"containers": [container("a", "100m", "1Gi")], "initContainers": init}, "Pending"),
        "heavy": ({"containers": [container("a", "100m", "1Gi")], "runtimeClassName": "kata"}, "Running"),
        "done": ({"containers": [container("a", "3", "4Gi")]}, "Succeeded"),
        "unscheduled": ({"containers": [container("a", "3", "4Gi")], "nodeName": ""}, "Pending"),
    }
    for name, (spec, phase) in pods.items():
        create(admin, pod(name, "tax-portal-production", "exporter-n1", phase, **spec), "v1", "Pod")
    create(admin, pod("p", "nobodys", "exporter-n1", "Running", containers=[container("a", "10m", "1Gi")]), "v1", "Pod")
    hard = {"requests.cpu": "16", "requests.memory": "32Gi", "limits.cpu": "32"}
    quota = {"metadata": {"name": "quota", "namespace": "tax-portal-production"}, "spec": {"hard": hard}}
    create(admin, quota, "v1", "ResourceQuota")
    claim = {
        "metadata": {"name": "data", "namespace": "tax-portal-production"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "local-path",
            "resources": {"requests": {"storage": "1Gi"}},
        },
        "status": {"phase": "Bound", "capacity": {"storage": "2Gi"}},
    }
    create(admin, claim, "v1", "PersistentVolumeClaim")


TENANT = {"department": "tax", "purpose": "production"}
PLATFORM = "govcloud_platform"
# plain 350m; starting max(100m + 200m, 200m + 1500m) = 1700m; heavy 100m + 50m.
EXPECTED = {
    key("govcloud_cpu_requested_cores", **TENANT, pool="exporter-pool"): 2.2,
    key("govcloud_memory_requested_bytes", **TENANT, pool="exporter-pool"): 5 * GI,
    key("govcloud_platform_cpu_requested_cores", pool="exporter-pool"): 0.01,
    key("govcloud_cpu_quota_cores", **TENANT): 16,
    key("govcloud_memory_quota_bytes", **TENANT): 32 * GI,
    key("govcloud_storage_provisioned_bytes", **TENANT, storage_class="local-path"): 2 * GI,
    key("govcloud_namespace_owner_info", **TENANT, namespace="tax-portal-production", project="portal", tier=""): 1,
    key(
        "govcloud_namespace_owner_info",
        department="tax",
        purpose="other",
        namespace="dept-tax",
        project="portal",
        tier="",
    ): 1,
    key("govcloud_pool_cpu_allocatable_cores", pool="exporter-pool"): 3.92,
    key("govcloud_pool_cpu_installed_cores", pool="exporter-pool"): 4,
    key("govcloud_pool_memory_allocatable_bytes", pool="exporter-pool"): 15 * GI,
    key("govcloud_pool_nodes", pool="exporter-pool", state="ready"): 1,
    UP: 1,
}


def test_the_page_shows_what_the_cluster_holds(
    apiserver: ApiServer, admin: RealCluster, exporter: Exporter, tmp_path: Path
):
    furnish(admin)
    found = exporter.wait_for(lambda page: EXPECTED.items() <= page.items())
    assert not [labels for _, labels in found if ("namespace", "nobodys") in labels]
    assert exporter.get("/healthz")[0] == 200
    assert exporter.get("/metrics", "application/openmetrics-text;version=1.0.0")[1].endswith("# EOF\n")
    cpu, memory = described_node(apiserver, tmp_path)
    for of_tenants in ("govcloud", "govcloud_namespace"):  # both ways to sum departments' pods give the whole
        names = [(f"{part}_cpu_requested_cores", f"{part}_memory_requested_bytes") for part in (of_tenants, PLATFORM)]
        sums = [sum(value for (name, _), value in found.items() if name in pair) for pair in zip(*names, strict=True)]
        assert (round(sums[0] * 1000), sums[1]) == (cpu, memory)


def test_a_department_that_left_is_gone_from_the_page(admin: RealCluster, exporter: Exporter):
    machine(admin, "exporter-n2", "roads-pool")
    department(admin, "roads-map-production", "roads", "production")
    given = pod("p", "roads-map-production", "exporter-n2", "Running", containers=[container("a", "10m", "1Gi")])
    create(admin, given, "v1", "Pod")
    quota = {"metadata": {"name": "q", "namespace": "roads-map-production"}, "spec": {"hard": {"requests.cpu": "1"}}}
    create(admin, quota, "v1", "ResourceQuota")
    exporter.wait_for(lambda page: len(of_department(page, "roads")) == 4)
    assert admin.delete(Ref("v1", "Namespace", "roads-map-production"))
    page = exporter.wait_for(lambda page: not of_department(page, "roads"))
    assert page[UP] == 1


def test_services_are_counted_and_a_deleted_one_is_gone_with_the_next_page(admin: RealCluster, exporter: Exporter):
    department(admin, "parks-map-test", "parks", "test")
    listed = offering("postgresql", "postgresql")
    listed["spec"] |= {
        "plans": [{"name": "small", "cpu": "1", "memory": "1Gi", "storage": "1Gi"}],
        "versions": [{"version": "15.20", "image": "registry.govcloud.internal/postgresql:15.20", "default": True}],
    }
    create(admin, {part: listed[part] for part in ("metadata", "spec")}, OURS, "ServiceOffering")
    since = {"lastBackup": "2026-05-03T12:00:00Z"}
    states: dict[str, Wire] = {
        "old": service("old", "parks-map-test", **since, conditions=[condition("BackupRecent", "False")]),
        "new": service("new", "parks-map-test", conditions=[condition("Provisioned"), condition("BackupRecent")]),
        "cache": service("cache", "parks-map-test", "not-in-the-catalogue", ready="False"),
    }
    for wire in states.values():
        del wire["spec"]["web"]
        for told in wire["status"]["conditions"]:
            told |= {"reason": told["reason"] or "Because", "message": "", "observedGeneration": 1}
        create(admin, wire, OURS, "ServiceInstance")
    tenant = {"department": "parks", "purpose": "test"}
    expected = {
        key("govcloud_service_instances", **tenant, driver="postgresql"): 2,
        key("govcloud_service_instances", **tenant, driver="other"): 1,
        key("govcloud_service_not_ready", **tenant, driver="other"): 1,
        key("govcloud_service_backup_oldest_timestamp_seconds", **tenant, driver="postgresql"): 1_777_809_600,
        key("govcloud_service_backup_awaited_timestamp_seconds", **tenant, driver="postgresql"): 1_777_809_600,
    }
    exporter.wait_for(lambda page: services_of(page, "parks") == expected)
    assert admin.delete(Ref(OURS, "ServiceInstance", "old", "parks-map-test"))
    expected[key("govcloud_service_instances", **tenant, driver="postgresql")] = 1
    del expected[key("govcloud_service_backup_oldest_timestamp_seconds", **tenant, driver="postgresql")]
    exporter.wait_for(lambda page: services_of(page, "parks") == expected, seconds=10)
    for name in ("new", "cache"):
        assert admin.delete(Ref(OURS, "ServiceInstance", name, "parks-map-test"))
    page = exporter.wait_for(lambda page: not services_of(page, "parks"), seconds=10)
    assert page[UP] == 1


def services_of(page: Samples, code: str) -> Samples:
    return {
        (name, labels): value
        for (name, labels), value in page.items()
        if name.startswith("govcloud_service_") and ("department", code) in labels
    }


def of_department(page: Samples, code: str) -> list[str]:
    return sorted(name for name, labels in page if ("department", code) in labels)


def described_node(apiserver: ApiServer, folder: Path) -> tuple[int, int]:
    """Requests of the machine as `kubectl describe node` sums them: milli-cores and bytes."""
    command = [str(servers.binary("kubectl")), f"--kubeconfig={apiserver.kubeconfig('admin', 'system:masters')}"]
    command += ["describe", "node", "exporter-n1"]
    env = {"HOME": str(folder), "PATH": os.environ["PATH"]}
    text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, env=env).stdout
    cpu = re.search(r"^  cpu +(\d+)m ", text, re.MULTILINE)
    memory = re.search(r"^  memory +(\d+)(Gi|Mi) ", text, re.MULTILINE)
    assert cpu, text
    assert memory, text
    return int(cpu[1]), int(memory[1]) * (GI if memory[2] == "Gi" else 2**20)


def test_a_stopped_api_server_empties_the_page_and_not_the_exporter(tmp_path: Path):
    folder = tmp_path / "server"
    folder.mkdir()
    with servers.running(folder, controllers=()) as server:
        admin = server.admin()
        apply_rbac(admin)
        department(admin, "tax-portal-test", "tax", "test")
        started = running(exporter_process.kubeconfig(server), tmp_path / "exporter.log", stale_seconds="4")
        exporter = started.__enter__()
        shown = exporter.wait_for(lambda page: page[UP] == 1)
        assert [name for name, labels in shown if ("department", "tax") in labels]
    try:
        page = exporter.wait_for(lambda page: page[UP] == 0)
        assert [name for name, _ in page if not re.match("govcloud_(source|build|watch|exporter)_", name)] == []
        assert page[key("govcloud_watch_restarts_total", kind="Pod", reason="disconnected")] == 1
        assert page[key("govcloud_source_last_success_timestamp_seconds", source="kubernetes")] > 1.7e9
        assert exporter.get("/healthz")[0] == 200, "a restart of the exporter would not bring the API server back"
    finally:
        started.__exit__(None, None, None)
    assert "source kubernetes is down, its series are dropped: " in (tmp_path / "exporter.log").read_text()


def test_without_the_right_to_list_the_source_is_down(apiserver: ApiServer, tmp_path: Path):
    with running(apiserver.kubeconfig("nobody"), tmp_path / "exporter.log") as exporter:
        exporter.wait_for(lambda page: page[UP] == 0)
        assert exporter.get("/healthz")[0] == 200


def kubeconfig_of(url: str, folder: Path) -> Path:
    document = {
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "users": [{"name": "u", "user": {}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(document))
    return path


def test_a_refresh_that_stands_still_asks_for_a_restart(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        kubeconfig = kubeconfig_of(f"http://127.0.0.1:{silent.getsockname()[1]}", tmp_path)
        with running(kubeconfig, tmp_path / "exporter.log", hang_seconds="1.5") as exporter:
            page = exporter.wait_for(lambda page: page[UP] == 0)
            assert page[key("govcloud_source_last_success_timestamp_seconds", source="kubernetes")] == 0
            deadline = time.monotonic() + 10
            while exporter.get("/healthz")[0] == 200:
                assert time.monotonic() < deadline
                time.sleep(0.1)  # a real process waits for a silent server
            assert exporter.get("/healthz")[0] == 503
            assert exporter.get("/metrics")[0] == 200, "a scrape does not wait for the source"


def test_without_certificates_it_does_not_start(tmp_path: Path):
    given = {"kubeconfig": str(kubeconfig_of("http://127.0.0.1:9", tmp_path)), "tls_folder": str(tmp_path)}
    done = subprocess.run(COMMAND, env=environment(**given), capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, "mount the Secret" in done.stderr) == (3, True)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"port": "http"}, "GOVCLOUD_EXPORTER_PORT: "),
        ({"kubeconfig": "/nonexistent"}, "cannot read credentials from /nonexistent"),
    ],
)
def test_a_wrong_environment_ends_the_process_with_code_3(settings: dict[str, str], message: str):
    done = subprocess.run(COMMAND, env=environment(**settings), capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 3
    assert message in done.stderr
    assert "Traceback" not in done.stderr
