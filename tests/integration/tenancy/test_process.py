"""The operator as a process that is killed, doubled, stopped and misconfigured."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from govcloud_api import labels
from govcloud_kube import Ref
from govcloud_operators.process import lease
from support import apiserver, tenancy

ENVIRONMENT = Ref(labels.API_VERSION, "Environment", "portal-sandbox", "dept-crash")
PROBE = Ref("v1", "Pod", "govcloud-probe", "crash-portal-sandbox")

LEASE = Ref("coordination.k8s.io/v1", "Lease", lease.NAME, labels.SYSTEM_NAMESPACE)


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[apiserver.ApiServer]:
    """An API server without an operator of somebody else's."""
    with tenancy.platform(tmp_path_factory.mktemp("process")) as running:
        yield running


def test_killed_doubled_and_stopped(own_server: apiserver.ApiServer, canary_address: str) -> None:
    admin, folder = own_server.admin(), own_server.folder
    logs = {name: folder / f"{name}.log" for name in ("one", "two", "one-again")}
    with tenancy.operator(own_server, logs["one"], canary_address=canary_address, identity="one") as first:
        admin.apply(tenancy.department("crash"), field_manager=labels.PLATFORM_FIELD_MANAGER)
        department = Ref(labels.API_VERSION, "Department", "crash")
        tenancy.eventually(lambda: tenancy.is_ready(admin.get(department)), "the department is Ready", seconds=60)
        assert first.health() == "ok\n"
        counted = 'govcloud_reconciles_total{kind="Department"}'
        tenancy.eventually(lambda: counted in first.metrics(), "Prometheus reads what it did")
        with tenancy.operator(own_server, logs["two"], canary_address=canary_address, identity="two") as second:
            tenancy.eventually(lambda: "another operator holds" in logs["two"].read_text(), "the second waits")
            admin.create(tenancy.request("dept-crash", "first", product="portal"))
            tenancy.eventually(lambda: admin.get(ENVIRONMENT), "the environment is there")
            first.child.kill()
            first.child.wait(10)
            with tenancy.operator(
                own_server, logs["one-again"], canary_address=canary_address, identity="one"
            ) as third:
                tenancy.eventually(lambda: admin.get(PROBE), "the restarted one goes on")
                tenancy.play_kubelet(admin, "crash-portal-sandbox")
                tenancy.eventually(lambda: tenancy.is_ready(admin.get(ENVIRONMENT)), "Ready after the crash")
                assert "at work" not in logs["two"].read_text()
                third.child.terminate()
                assert third.child.wait(20) == 0, logs["one-again"].read_text()[-3000:]
            tenancy.eventually(lambda: "at work" in logs["two"].read_text(), "the second takes over", seconds=15)
            assert second.child.poll() is None
    for log in logs.values():
        assert "Traceback" not in log.read_text(), log.read_text()[-3000:]


@pytest.mark.parametrize("after_seconds", [0.0, 0.3, 0.6, 1.2])
def test_told_to_stop_just_after_its_start_it_gives_the_lease_back(
    own_server: apiserver.ApiServer, canary_address: str, after_seconds: float
) -> None:
    log = own_server.folder / f"early-{after_seconds}.log"
    with tenancy.operator(own_server, log, canary_address=canary_address, identity="early") as process:
        tenancy.eventually(lambda: "at work" in log.read_text(), "it holds the lease", seconds=40)
        time.sleep(after_seconds)  # kopf is somewhere in its own start
        process.child.terminate()
        assert process.child.wait(8) == 0, log.read_text()[-3000:]
    assert not own_server.admin().get(LEASE)["spec"].get("holderIdentity")
    assert "Traceback" not in log.read_text()


def test_taken_for_somebody_else_it_does_not_start(own_server: apiserver.ApiServer, canary_address: str) -> None:
    log = own_server.folder / "stranger.log"
    with tenancy.operator(own_server, log, canary_address=canary_address, user="stranger") as process:
        assert process.child.wait(30) == 1
    assert "takes this operator for 'stranger'" in log.read_text()


def test_wrong_settings_are_named() -> None:
    environ = {"PATH": os.environ["PATH"], "GOVCLOUD_WORKERS": "many", "KUBECONFIG": "/none"}
    command = [sys.executable, "-m", "govcloud_operators.main"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 3
    assert "GOVCLOUD_WORKERS" in done.stderr


def test_missing_credentials_are_named() -> None:
    environ = {"PATH": os.environ["PATH"], "KUBECONFIG": "/none"}
    command = [sys.executable, "-m", "govcloud_operators.main"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 3
    assert "/none" in done.stderr
