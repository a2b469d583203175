"""The same questions to the cluster in memory and to a real API server."""

from collections.abc import Callable
from itertools import count

import pytest

from govcloud_kube import Cluster, memory
from govcloud_kube.mirror import Mirror, nobody
from govcloud_kube.shelf import Followed
from support.apiserver import apiserver

__all__ = ["apiserver"]

_numbers = count(1)


MIRRORED = (("v1", "Namespace"), ("v1", "ConfigMap"), ("networking.k8s.io/v1", "NetworkPolicy"))


def mirrored(cluster: memory.MemoryCluster) -> Mirror:
    """Copies of most kinds that the tests ask for; nobody watches, so all it knows are its own writes."""
    kinds = [Followed(api_version=version, kind=kind) for version, kind in MIRRORED]
    mirror = Mirror(cluster, lambda each: iter([cluster.list(each.api_version, each.kind)]), kinds)
    for shelf in mirror.shelves:
        mirror.refresh(shelf, nobody)
        shelf.ready = True
    return mirror


@pytest.fixture(params=["memory", "mirror", "real"])
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """The implementation under test."""
    if request.param == "memory":
        return memory.MemoryCluster(raw_answers={"/version": b'{"gitVersion": "v1.36.3"}'})
    if request.param == "mirror":
        return mirrored(memory.MemoryCluster(raw_answers={"/version": b'{"gitVersion": "v1.36.3"}'}))
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
