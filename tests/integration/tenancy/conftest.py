"""A real API server with the tenancy part installed, and the people who use it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from govcloud_api import labels
from govcloud_kube import Cluster, Ref
from support import apiserver, places, tenancy


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[apiserver.ApiServer]:
    """API server with CRDs, policies and roles."""
    with tenancy.platform(tmp_path_factory.mktemp("tenancy")) as running:
        yield running


@pytest.fixture(scope="package")
def admin(server: apiserver.ApiServer) -> Cluster:
    """The platform team."""
    return server.admin()


@pytest.fixture(scope="package")
def as_operator(server: apiserver.ApiServer) -> Cluster:
    """The operator's own rights, without the operator."""
    return server.connect(labels.OPERATOR_USER, *tenancy.SERVICE_ACCOUNT_GROUPS)


@pytest.fixture(scope="package")
def operator_name(server: apiserver.ApiServer) -> Cluster:
    """The operator's name with every right: what is refused to it, admission refuses."""
    return places.operator(server)


@pytest.fixture(scope="package")
def acme(server: apiserver.ApiServer) -> places.Place:
    """A department as the operator leaves it, with nobody who looks after it."""
    return places.make(server, "acme")


@pytest.fixture(scope="package")
def bolt(server: apiserver.ApiServer) -> places.Place:
    """Another one."""
    return places.make(server, "bolt")


@pytest.fixture(scope="package")
def owner_of(server: apiserver.ApiServer) -> Callable[[str], Cluster]:
    """Factory: the connection of a department's owner; the user is `<code>-owner`."""
    known: dict[str, Cluster] = {}

    def connect(code: str) -> Cluster:
        if code not in known:
            known[code] = server.connect(f"{code}-owner", f"{code}:owner")
        return known[code]

    return connect


@pytest.fixture(scope="package")
def canary_address() -> Iterator[str]:
    """A listener that stands in for the canary: connections to it succeed."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        stop = threading.Event()
        thread = threading.Thread(target=_accept, args=(listener, stop))
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        stop.set()
        thread.join()


@pytest.fixture(scope="package")
def operator(server: apiserver.ApiServer, canary_address: str) -> Iterator[Path]:
    """The operator as a process of its own, with its own rights; gives its log."""
    with tenancy.steady_operator(server, canary_address) as log:
        yield log


@pytest.fixture(scope="package")
def new_department(admin: Cluster, operator: Path) -> Callable[..., str]:
    """Factory: a department that is Ready; gives its home namespace."""

    return partial(tenancy.ready_department, admin)


@pytest.fixture(scope="package")
def tax(new_department: Callable[..., str]) -> str:
    """Home namespace of the tax department."""
    return new_department("tax")


@pytest.fixture(scope="package")
def health(new_department: Callable[..., str]) -> str:
    """Home namespace of the health department."""
    return new_department("health")


@pytest.fixture(scope="package")
def workplace(tax: str, admin: Cluster, as_operator: Cluster) -> str:
    """A namespace of the tax department as the operator makes them, with the owner's rights in it."""
    name = "tax-admission-test"
    metadata = {
        "name": name,
        "labels": {
            labels.DEPARTMENT: "tax",
            labels.MANAGED_BY: labels.MANAGER,
            labels.PSA_ENFORCE: "restricted",
            labels.PSA_ENFORCE_VERSION: labels.PSA_VERSION,
        },
        "annotations": {labels.OWNER_UID: "somebody"},
    }
    as_operator.create({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "govcloud:environment-owner", "namespace": name},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": "govcloud:environment-owner",
        },
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "tax:owner"}],
    }
    as_operator.create(binding)
    account = Ref("v1", "ServiceAccount", "default", name)
    tenancy.eventually(lambda: admin.get(account), "the default service account is there")
    return name


def _accept(listener: socket.socket, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            continue
        connection.close()
