"""Try the cluster out: names, the way between nodes, a policy that must bite, a volume that must keep a file.

Everything lies in one throw-away namespace, which goes whatever happens; what a killed run left goes with the next.
"""

import itertools
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from govcloud_api import conditions
from govcloud_api.errors import ApiUnavailable, Conflict, Forbidden, GovcloudError, NotFound, NotReady
from govcloud_api.labels import CLI_FIELD_MANAGER, selector
from govcloud_infra.health import probe_manifests as manifests
from govcloud_infra.health.probe_results import Outcome, Seen, last_words, seen, why_waiting
from govcloud_kube.cluster import Cluster, Object, Ref, ref_of

_ATTEMPTS = 5
_REMOVAL_SECONDS = 60
_REST_SECONDS = 0.3


class Pace(Protocol):
    """How long to go on."""

    def rest(self) -> bool:
        """Wait a moment; False when time is up, or the run was given up."""
        ...

    def give_up(self) -> None:
        """Everybody who rests stops now."""
        ...


class Deadline:
    """The pace of the real world; safe for several threads."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self._over = threading.Event()

    def rest(self) -> bool:
        """See `Pace.rest`."""
        return not self._over.wait(_REST_SECONDS) and time.monotonic() < self._end

    def give_up(self) -> None:
        """See `Pace.give_up`."""
        self._over.set()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    cluster: Cluster
    plan: manifests.Plan
    pace: Pace


def run(cluster: Cluster, version: str, pace: Pace, step: Callable[[str], None]) -> Outcome:
    """Try everything at once. Raises NotReady when no node takes pods, else the errors of `Cluster`.

    `version` is the tag of our own images, for a cluster that does not run any of them yet.
    """
    sweep(cluster, datetime.now(UTC))
    found = manifests.placement(cluster.list("v1", "Node"))
    if found is None:
        raise NotReady("no node takes pods: each is down, cordoned or tainted; `kubectl get nodes` shows why")
    plan = manifests.Plan(
        namespace=f"{manifests.PREFIX}{secrets.token_hex(4)}",
        placement=found,
        probe_image=manifests.probe_image(cluster.get(manifests.CANARY), version),
    )
    try:
        _put(cluster, manifests.namespace(plan.namespace, owner=_owner(), until=_now_seconds() + 10 * _REMOVAL_SECONDS))
        return _try_out(_Run(cluster=cluster, plan=plan, pace=pace))
    finally:
        _remove(cluster, plan.namespace, step)


def sweep(cluster: Cluster, now: datetime) -> None:
    """Remove namespaces of runs that were killed; those of a run elsewhere that may still live are left."""
    for item in cluster.list("v1", "Namespace", label_selector=selector(manifests.LABELS)):
        if _is_leftover(item["metadata"].get("annotations") or {}, now):
            cluster.delete(ref_of(item))


def _is_leftover(annotations: dict[str, str], now: datetime) -> bool:
    host, _, pid = annotations.get(manifests.OWNER, "").rpartition("/")
    if host == socket.gethostname() and pid.isdecimal():
        return not _is_alive(int(pid))
    until = annotations.get(manifests.UNTIL, "")
    return not until.isdecimal() or int(until) < now.timestamp()


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it lives, and is somebody else's
        return True
    return True


def _owner() -> str:
    return f"{socket.gethostname()}/{os.getpid()}"


def _now_seconds() -> int:
    return int(time.time())


def _try_out(this: _Run) -> Outcome:
    with ThreadPoolExecutor(max_workers=2) as pool:
        storage, network = pool.submit(_storage, this), pool.submit(_network, this)
        try:
            allowed, denied = network.result()
            fault = storage.result()
        except BaseException:
            this.pace.give_up()  # the pool waits for its threads: they must not go on to the end of their time
            raise
    where = this.plan.placement
    return Outcome(server=where.server, client=where.client, allowed=allowed, denied=denied, storage_fault=fault)


def _network(this: _Run) -> tuple[Seen, Seen]:
    service = _put(this.cluster, manifests.service(this.plan))
    server = _start(this, manifests.server(this.plan))
    while not conditions.holds(server, "Ready"):
        if not this.pace.rest():
            fault = Seen(fault=f"the probe's server does not start: {why_waiting(server)}")
            return fault, fault
        server = _look(this, server)
    targets = [f"tcp:{address}:{manifests.PORT}" for address in _addresses(service, server)]
    names = [f"dns:{name}" for name in (manifests.CLUSTER_NAME, manifests.service_name(this.plan))]
    allowed = _as_expected(this, "allow", [*names, *targets])
    if allowed.fault or allowed.failed("tcp"):
        return allowed, Seen(fault="not tried: nothing got through before the policy either")
    _put(this.cluster, manifests.default_deny(this.plan))
    return allowed, _as_expected(this, "deny", targets)


def _addresses(service: Object, server: Object) -> list[str]:
    return [address for address in (service["spec"].get("clusterIP"), server["status"].get("podIP")) if address]


def _as_expected(this: _Run, expectation: str, targets: list[str]) -> Seen:
    """Look until everything is as expected: nodes learn of a service or a policy a moment after the API server."""
    for attempt in itertools.count(1):
        pod = _start(this, manifests.client(this.plan, f"{expectation}-{attempt}", expectation, targets))
        while (found := seen(pod)) is None:
            if not this.pace.rest():
                return Seen(fault=f"the probe's client does not end: {why_waiting(pod)}")
            pod = _look(this, pod)
        if found.ok or attempt == _ATTEMPTS or not this.pace.rest():
            return found
    raise AssertionError("unreachable: the last attempt returns")


def _storage(this: _Run) -> str:
    """Why a volume does not keep a file; empty when it does."""
    if not manifests.has_default_class(this.cluster.list("storage.k8s.io/v1", "StorageClass")):
        return "there is no default storage class; `govcloud deploy` makes one"
    _put(this.cluster, manifests.claim(this.plan))
    for make, wanted in ((manifests.writer, ""), (manifests.reader, this.plan.namespace)):
        pod = _start(this, make(this.plan))
        while (words := last_words(pod)) is None:
            if not this.pace.rest():
                return f"a volume could not be used in time: {why_waiting(pod)}"
            pod = _look(this, pod)
        name = pod["metadata"]["name"]
        if pod["status"]["phase"] != "Succeeded":
            return f"the {name} of a volume failed: {words[:200] or 'no word'}"
        if words != wanted:
            return f"the {name} of a volume found {words[:60]!r} instead of what was written"
    return ""


def _start(this: _Run, pod: Object) -> Object:
    """A new namespace refuses pods until its service account is there: ask again."""
    while True:
        try:
            return _put(this.cluster, pod)
        except (Forbidden, NotFound, Conflict):
            if not this.pace.rest():
                raise


def _look(this: _Run, pod: Object) -> Object:
    """The pod as it is now; as it was when the API server does not answer, which may be a moment only."""
    try:
        found = this.cluster.get(ref_of(pod))
    except ApiUnavailable:
        return pod
    if found is None:
        raise NotFound(f"{ref_of(pod)} went away while it was waited for; did somebody delete its namespace?")
    return found


def _put(cluster: Cluster, item: Object) -> Object:
    return cluster.apply(item, field_manager=CLI_FIELD_MANAGER)


def _remove(cluster: Cluster, name: str, step: Callable[[str], None]) -> None:
    try:
        cluster.delete(Ref("v1", "Namespace", name))
    except GovcloudError as error:
        # What was seen counts more than the tidying up.
        step(f"namespace {name} is left behind ({error}); the next `govcloud health` removes it")
