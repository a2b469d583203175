"""The same questions to the cluster in memory and to a real API server."""

from collections.abc import Callable
from itertools import count

import pytest

from govcloud_kube import Cluster, memory
from support.apiserver import apiserver

__all__ = ["apiserver"]

_numbers = count(1)


@pytest.fixture(params=["memory", "real"])
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """The implementation under test."""
    if request.param == "memory":
        return memory.MemoryCluster(raw_answers={"/version": b'{"gitVersion": "v1.36.3"}'})
    server = request.getfixturevalue("apiserver")
    return server.admin()


@pytest.fixture
def new_namespace(cluster: Cluster) -> Callable[[], str]:
    """Factory of namespaces that nobody else uses."""

    def make() -> str:
        name = f"contract-{next(_numbers)}"
        cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        return name

    return make


@pytest.fixture
def namespace(new_namespace: Callable[[], str]) -> str:
    """One namespace of the test's own."""
    return new_namespace()
