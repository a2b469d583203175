"""What departments have in a full cluster: made by way of a real API server, and changed all the time.

Real: every object, admission, quotas with their controller, the watches that tell of all this. Not real: machines have
no kubelet, pods no containers, claims no volumes; kwok says that pods run, and this program that claims are bound. The
rest of the platform (its kinds, policies and the operator) is not there: namespaces have the labels it would give them.
"""

from __future__ import annotations

import itertools
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from tests.bench import counting, simulated
from tests.bench.figure import progress, seconds
from tests.bench.reading import canned
from tests.bench.reading.canned import TAG, Size, Wire

from govcloud_api import quantity
from govcloud_kube import real
from support import apiserver, exporter_process, tenancy
from support.apiserver import ApiServer
from support.exporter_process import Samples

SMALL = Size(pods=1_000, nodes=20, namespaces=100, departments=30, quotas=100, claims=100)
LARGE = Size(pods=10_000, nodes=200, namespaces=1_000, departments=300, quotas=1_000, claims=1_000)
THREADS = 8
VARIABLES = 40
"""With the fields that the API server adds a pod then has 7 KB, as those of the fake have."""
CONTROLLERS = ("serviceaccount-controller", "resourcequota-controller")
CONTROLLER_REQUESTS_PER_SECOND = 500
"""Twenty by default: a minute until a thousand namespaces have their account."""
LONG_SECONDS, PAUSE_SECONDS = 1200, 1.0
"""A look at ten thousand pods is work for the API server, too."""
CALM_SECONDS, CALM_CORES = 3.0, 0.15
MERGE = "application/merge-patch+json"
CPU, MEMORY, STORAGE = "cpu_requested_cores", "memory_requested_bytes", "storage_provisioned_bytes"
QUOTAS = {
    "cpu_quota_cores": "requests.cpu",
    "memory_quota_bytes": "requests.memory",
    "storage_quota_bytes": "requests.storage",
}
METRICS = frozenset({CPU, MEMORY, STORAGE, *QUOTAS})
Sums = Mapping[tuple[str, str], int]
"""By metric without its first word, and department. Cores are counted in thousandths."""


class Population:
    """Everything of a size, in one API server. One thread at a time may change it."""

    def __init__(self, admin: real.RealCluster, size: Size) -> None:
        self.size = size
        self._admin = admin
        self._cpu_milli = {number: number % 900 + 1 for number in range(size.pods)}
        self._generations: Counter[int] = Counter()
        """A pod that takes another's place has another name, as that of a Deployment has: kwok deletes by name."""
        self._others = canned.others(size)
        self._owners = {
            each["metadata"]["name"]: each["metadata"]["labels"][f"{TAG}/department"]
            for each in self._others["Namespace"]
        }

    def make(self) -> None:
        """All of it. Quotas come last: who makes ten thousand pods under them waits for each other."""
        for kind in ("Namespace", "Node"):
            self._create(kind)
        _until(self._have_accounts, "every namespace has its account")
        progress(f"{self.size.pods} pods")
        _each(range(self.size.pods), self._create_pod)
        for kind in ("PersistentVolumeClaim", "ResourceQuota"):
            self._create(kind)
        # One is enough to know; all of them at once are work for everybody.
        waiting = "pods?fieldSelector=status.phase!=Running&limit=1"
        _until(lambda: not self._list(waiting), "all pods run")
        _until(self._are_quotas_counted, "quotas are counted")

    @contextmanager
    def changing(self, pods_per_second: int) -> Iterator[None]:
        """Pods are deleted, and made again with another request, until the block ends; fewer if that takes longer."""
        stop = threading.Event()
        with ThreadPoolExecutor(1) as one:
            done = one.submit(self._change, pods_per_second, stop)
            try:
                yield
            finally:
                stop.set()
            done.result()

    def replaced(self) -> int:
        """How many pods took the place of another so far."""
        return self._generations.total()

    def sums(self) -> Sums:
        """What departments have now."""
        found: Counter[tuple[str, str]] = Counter()
        for number, cpu_milli in self._cpu_milli.items():
            pod = canned.pod(number, self.size, cpu_milli)
            owner = self._owners[pod["metadata"]["namespace"]]
            found[CPU, owner] += cpu_milli
            [container] = pod["spec"]["containers"]
            found[MEMORY, owner] += quantity.size_bytes(container["resources"]["requests"]["memory"])
        for quota in self._others["ResourceQuota"]:
            for metric, name in QUOTAS.items():
                counted = quantity.cpu_millicores if metric.endswith("cores") else quantity.size_bytes
                found[metric, self._owner(quota)] += counted(quota["spec"]["hard"][name])
        for claim in self._others["PersistentVolumeClaim"]:
            found[STORAGE, self._owner(claim)] += quantity.size_bytes(claim["status"]["capacity"]["storage"])
        return found

    def _owner(self, obj: Wire) -> str:
        return self._owners[obj["metadata"]["namespace"]]

    def _create(self, kind: str) -> None:
        progress(f"{len(self._others[kind])} {canned.PATHS[kind]}")
        _each(self._others[kind], partial(self._create_one, kind))

    def _create_one(self, kind: str, obj: Wire) -> None:
        whole = {"apiVersion": "v1", "kind": kind} | obj
        if kind == "Node":
            simulated.make_node(self._admin, whole)
            return
        path = _path(obj, canned.PATHS[kind])
        self._admin.raw("POST", path, whole)
        if "status" in obj:
            name = obj["metadata"]["name"]
            self._admin.raw("PATCH", f"{path}/{name}/status", {"status": obj["status"]}, MERGE)

    def _create_pod(self, number: int) -> None:
        whole = canned.pod(number, self.size, self._cpu_milli[number], variable_count=VARIABLES)
        metadata = {"name": self._name(number), "namespace": whole["metadata"]["namespace"]}
        body = whole | {"metadata": metadata, "status": {}}
        # Quotas refuse what they count at the same moment as their controller; whoever makes pods asks again.
        tenancy.eventually(partial(self._admin.raw, "POST", _path(whole, "pods"), body), f"{metadata} is made")

    def _delete_pod(self, number: int) -> None:
        path = _path(canned.pod(number, self.size, 0), "pods")
        self._admin.raw("DELETE", f"{path}/{self._name(number)}", {"gracePeriodSeconds": 0})

    def _name(self, number: int) -> str:
        return f"pod-{number}-{self._generations[number]}"

    def _change(self, pods_per_second: int, stop: threading.Event) -> None:
        dice, began = random.Random(1), time.monotonic()  # noqa: S311 - not a secret, and the same every time
        for turn in itertools.count(1):
            number = dice.randrange(self.size.pods)
            self._delete_pod(number)
            self._generations[number] += 1
            self._cpu_milli[number] = dice.randrange(1, 600)
            self._create_pod(number)
            if stop.wait(max(0.0, began + turn / pods_per_second - time.monotonic())):
                return

    def _have_accounts(self) -> bool:
        return len(self._list("serviceaccounts?fieldSelector=metadata.name=default")) >= self.size.namespaces

    def _are_quotas_counted(self) -> bool:
        return all(each["status"].get("used") for each in self._list("resourcequotas"))

    def _list(self, what: str) -> list[Wire]:
        return list(json.loads(self._admin.raw("GET", f"/api/v1/{what}"))["items"])


@contextmanager
def populated(folder: Path, size: Size) -> Iterator[tuple[ApiServer, Population]]:
    """An API server that is full; ended in the end, whatever happens. It tells what the exporter asks of it."""
    with ExitStack() as stack:
        started = apiserver.running(folder, controllers=(), audited_readers=[exporter_process.USER])
        server = stack.enter_context(started)
        rate = CONTROLLER_REQUESTS_PER_SECOND
        stack.enter_context(apiserver.controller_manager(server, CONTROLLERS, requests_per_second=rate))
        stack.enter_context(simulated.kubelets(server))
        exporter_process.apply_rbac(server.admin())
        population = Population(server.admin(), size)
        took = seconds(population.make)
        progress(f"all of it runs after {took:.0f} s")
        took = seconds(lambda: _until(lambda: _is_calm(server), "the API server has nothing to do"))
        progress(f"the API server came to rest {took:.0f} s later")
        yield server, population


def _is_calm(server: ApiServer) -> bool:
    before = counting.cpu_seconds(server.pid)
    time.sleep(CALM_SECONDS)
    return counting.cpu_seconds(server.pid) - before < CALM_CORES * CALM_SECONDS


def shown(page: Samples) -> Sums:
    """What a page says that departments have."""
    found: Counter[tuple[str, str]] = Counter()
    for (name, tags), value in page.items():
        metric, owner = name.removeprefix("govcloud_"), dict(tags).get("department")
        if owner is not None and metric in METRICS:
            found[metric, owner] += round(value * 1000) if metric.endswith("cores") else int(value)
    return found


def _path(obj: Wire, plural: str) -> str:
    space = obj["metadata"].get("namespace")
    return f"/api/v1/namespaces/{space}/{plural}" if space else f"/api/v1/{plural}"


def _each(of: Iterable[Any], do: Callable[[Any], None]) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(do, of))


def _until(look: Callable[[], bool], what: str) -> None:
    tenancy.eventually(look, what, seconds=LONG_SECONDS, pause_seconds=PAUSE_SECONDS)
