"""The API server fails in every way that a proxy can play; afterwards the next object is handled, within a stated time.

Each fault has its own operator process. It is started again when it ends, as Kubernetes does, but only where its log
says why. About ten minutes, most of it the length of the faults.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from govcloud_api import labels
from govcloud_api.objects import Ref
from govcloud_kube import Cluster
from govcloud_operators.process import lease
from support import apiserver, lifecycle_operator, tenancy
from support.lifecycle_kubelet import Kubelet
from support.lifecycle_operator import Operator
from support.proxy import Exchange

FAULT_SECONDS = 80
"""Longer than the 54 s that kopf retries by itself, and than a lease lasts."""
AFTER_SECONDS = 45
"""A department is Ready this long after the end of a fault; alone on the machine it takes about 15 s."""
WATCH_SECONDS = 150
"""A watch that says nothing is given up after 70 s to 90 s; then everything is listed anew."""
SELDOM_SECONDS = 3600
"""Resync so seldom that only a watch can bring an object."""
LEASE_PATH = f"/apis/coordination.k8s.io/v1/namespaces/{labels.SYSTEM_NAMESPACE}/leases"
LEASE = Ref("coordination.k8s.io/v1", "Lease", lease.NAME, labels.SYSTEM_NAMESPACE)
ON_ITS_WAY_SECONDS = 20.0
"""A write that began before the fence may be repeated this long: four attempts and their pauses."""
_names = itertools.count()

Start = Callable[..., Operator]


@pytest.fixture
def start(server: apiserver.ApiServer, canary_address: str, request: pytest.FixtureRequest) -> Iterator[Start]:
    """Factory: an operator at work; its log is held to be clean at the end."""
    made = []

    def begin(*, resync_seconds: int = 2) -> Operator:
        log = server.folder / f"{request.node.name}.log"
        context = lifecycle_operator.running(server, log, canary_address=canary_address, resync_seconds=resync_seconds)
        made.append(context)
        return context.__enter__()

    yield begin
    for context in made:
        context.__exit__(None, None, None)


@pytest.fixture
def admin(server: apiserver.ApiServer) -> Cluster:
    return server.admin()


def ask(admin: Cluster) -> str:
    """A new department; gives its code."""
    code = f"f{next(_names):03d}"
    admin.apply(tenancy.department(code), field_manager=labels.PLATFORM_FIELD_MANAGER)
    return code


def handled(admin: Cluster, code: str, *, seconds: float = AFTER_SECONDS) -> float:
    """Seconds until the department is Ready."""
    started, ref = time.monotonic(), Ref(labels.API_VERSION, "Department", code)
    tenancy.eventually(lambda: tenancy.is_ready(admin.get(ref)), f"department {code} is Ready", seconds=seconds)
    return time.monotonic() - started


@contextmanager
def lasting(operator: Operator, seconds: float) -> Iterator[None]:
    """The fault lasts at least this long, and the operator lives through it."""
    started = time.monotonic()
    yield
    while (left := started + seconds - time.monotonic()) > 0:
        assert operator.ended is None, operator.said()[-3000:]
        time.sleep(min(left, 1.0))  # the length of the fault, not a wait for something
    assert operator.ended is None, operator.said()[-3000:]


def test_the_api_server_is_away(start: Start, admin: Cluster) -> None:
    operator = start()
    handled(admin, ask(admin))
    operator.proxy.close()
    with lasting(operator, FAULT_SECONDS):
        meanwhile = ask(admin)
    operator.proxy.open()
    after = ask(admin)
    handled(admin, after)
    handled(admin, meanwhile)
    assert operator.ended is None


def test_everything_is_forbidden(start: Start, admin: Cluster) -> None:
    async def forbid(exchange: Exchange) -> None:
        await exchange.refuse(403, "Forbidden")

    operator = start()
    handled(admin, ask(admin))
    operator.proxy.rule = forbid
    operator.proxy.drop()
    with lasting(operator, FAULT_SECONDS):
        meanwhile = ask(admin)
    operator.proxy.rule = _relay
    handled(admin, ask(admin))
    handled(admin, meanwhile)
    assert operator.ended is None


@pytest.mark.parametrize(("code", "reason"), [(500, "InternalError"), (504, "Timeout"), (410, "Expired")])
def test_watches_end_with_an_error(start: Start, admin: Cluster, code: int, reason: str) -> None:
    operator = start(resync_seconds=SELDOM_SECONDS)
    handled(admin, ask(admin))
    status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": code}
    assert operator.proxy.say({"type": "ERROR", "object": status | {"message": "the test says so"}}) >= 10
    _started_again_if_it_says_why(operator, "ERROR" if code != 410 else "")
    handled(admin, ask(admin))


def test_watches_say_nothing_any_more(start: Start, admin: Cluster) -> None:
    operator = start(resync_seconds=SELDOM_SECONDS)
    handled(admin, ask(admin))
    operator.proxy.silence(streams_only=True)
    handled(admin, ask(admin), seconds=WATCH_SECONDS)
    assert operator.ended is None


def test_connections_are_half_open(start: Start, admin: Cluster) -> None:
    operator = start(resync_seconds=SELDOM_SECONDS)
    handled(admin, ask(admin))
    operator.proxy.silence(streams_only=False)
    handled(admin, ask(admin), seconds=WATCH_SECONDS)
    assert operator.ended is None
    assert [e for e in tuple(operator.proxy.exchanges) if e.fate == "hung"], "requests were sent into dead connections"


def test_answers_are_slow(start: Start, admin: Cluster) -> None:
    async def crawl(exchange: Exchange) -> None:
        await asyncio.sleep(2)
        await exchange.relay()

    operator = start()
    handled(admin, ask(admin))
    operator.proxy.rule = crawl
    with lasting(operator, 60):
        meanwhile = ask(admin)
    operator.proxy.rule = _relay
    handled(admin, ask(admin))
    handled(admin, meanwhile)
    assert operator.ended is None
    assert "cannot renew the lease" not in operator.said()


def test_too_many_requests(start: Start, admin: Cluster) -> None:
    async def turn_away(exchange: Exchange) -> None:
        await exchange.refuse(429, "TooManyRequests", {"Retry-After": "1"})

    operator = start()
    handled(admin, ask(admin))
    operator.proxy.rule, first = turn_away, len(operator.proxy.exchanges)
    operator.proxy.drop()
    with lasting(operator, 30):
        meanwhile = ask(admin)
    asked = len(operator.proxy.exchanges) - first
    operator.proxy.rule = _relay
    handled(admin, ask(admin))
    handled(admin, meanwhile)
    assert operator.ended is None
    assert asked / 30 < 40, f"{asked} requests in 30 s: it does not spare a busy API server"


def test_each_write_meets_a_conflict_once(start: Start, admin: Cluster, server: apiserver.ApiServer) -> None:
    met: set[tuple[str, str]] = set()

    async def collide(exchange: Exchange) -> None:
        key = (exchange.method, exchange.path)
        if not exchange.writes or key in met:
            await exchange.relay()
            return
        met.add(key)
        await exchange.refuse(409, "Conflict")

    operator = start()
    operator.proxy.rule = collide
    with Kubelet(admin):
        code = ask(admin)
        handled(admin, code)
        owner = server.connect(f"{code}-owner", f"{code}:owner")
        body = tenancy.request(labels.home_namespace(code), "first", product="portal")
        tenancy.eventually(lambda: owner.create(body), "the request is made")
        environment = Ref(labels.API_VERSION, "Environment", "portal-sandbox", labels.home_namespace(code))
        tenancy.eventually(lambda: tenancy.is_ready(admin.get(environment)), "the environment is Ready")
    assert operator.ended is None
    assert len(met) >= 20
    assert any(LEASE_PATH in path for _, path in met)


def test_a_lease_that_cannot_be_renewed_stops_all_writing(start: Start, admin: Cluster) -> None:
    async def hold_back(exchange: Exchange) -> None:
        if exchange.path.startswith(LEASE_PATH) and exchange.writes:
            await exchange.refuse(503, "ServiceUnavailable")
        else:
            await exchange.relay()

    operator = start()
    handled(admin, ask(admin))
    operator.proxy.rule = hold_back
    changed = time.monotonic()
    waiting = []
    with lasting(operator, lease.DURATION_SECONDS + 20):
        while time.monotonic() < changed + lease.DURATION_SECONDS:
            waiting.append(ask(admin))  # somebody always wants something
            time.sleep(2)
    operator.proxy.rule = _relay
    back = time.monotonic()
    passed = [e for e in operator.proxy.writes() if e.status is not None and not e.path.startswith(LEASE_PATH)]
    late = [e.path for e in passed if changed + lease.FENCE_SECONDS + ON_ITS_WAY_SECONDS < e.at_seconds < back]
    assert late == []
    assert "nothing is written" in operator.said()
    for code in waiting:
        handled(admin, code)


def test_a_lease_that_another_took_ends_the_process_and_says_so(start: Start, admin: Cluster) -> None:
    operator = start()
    handled(admin, ask(admin))
    body = {"apiVersion": LEASE.api_version, "kind": LEASE.kind}
    metadata = {"name": LEASE.name, "namespace": LEASE.namespace}
    admin.apply(body | {"metadata": metadata, "spec": {"holderIdentity": "another"}}, field_manager="another")
    taken = time.monotonic()
    assert operator.wait(lease.FENCE_SECONDS + 10) == 1
    assert "another process holds the lease" in operator.said()
    late = [e for e in operator.proxy.writes() if e.at_seconds > taken + lease.FENCE_SECONDS]
    assert [e.path for e in late] == []
    admin.apply(body | {"metadata": metadata, "spec": {"holderIdentity": ""}}, field_manager="another")
    operator.start()
    handled(admin, ask(admin))


async def _relay(exchange: Exchange) -> None:
    await exchange.relay()


def _started_again_if_it_says_why(operator: Operator, word: str) -> None:
    """The design ends the process for a watch that fails for good; Kubernetes starts it again."""
    deadline = time.monotonic() + 10
    while operator.ended is None and time.monotonic() < deadline:
        time.sleep(0.1)
    if operator.ended is not None:
        assert word, operator.said()[-3000:]
        assert "the process ends to be started again" in operator.said()
        assert word in operator.said()
        operator.start()
