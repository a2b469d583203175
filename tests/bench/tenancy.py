"""200 departments with three environments each, on a real API server: ours, `kubectl apply`, and stock kopf handlers.

What is asked of the operator is in `docs/benchmarks.md`; what is real and what is not, in `simulated`.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass

from tests.bench import counting, departments, outcome, peers, simulated
from tests.bench.counting import Audit
from tests.bench.departments import Name, Watched
from tests.bench.figure import Figure, figure, folder

from govcloud_api import labels
from govcloud_kube import Object
from support import tenancy

DEPARTMENTS = 200
PRODUCTS = ("portal", "ledger", "archive")
RATE_PER_SECOND = 20
RATE_SECONDS = 60
ROUNDS = 3
RESYNC_SECONDS = 30
LONG_SECONDS = 900
_SIZE = f"{DEPARTMENTS} departments"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A world with the operator at work in it."""

    world: simulated.World
    operator: tenancy.OperatorProcess
    environments: Watched
    audit: Audit


def tenancy_at_scale() -> Iterator[Figure]:
    """All of it; half an hour at most, less than ten minutes when goals are met."""
    with folder() as place:
        with simulated.world(place) as world:
            ours = yield from _operator(world)
        yield from peers.compared(ours)


def _operator(world: simulated.World) -> Iterator[Figure]:
    log, audit = world.server.folder / "operator.log", Audit(world.server.audit_log)
    environments = Watched(world.admin, "Environment")
    with _running(world, "one") as operator:
        field = Field(world=world, operator=operator, environments=environments, audit=audit)
        ours = yield from _made(field)
        _at_rest(operator, len(environments.ready))
        yield from _changed_steadily(field)
        yield from _changed_at_once(field)
        how = f"VmHWM of the operator's process after everything above, {len(environments.ready)} environments"
        yield figure("operator: memory", counting.peak_mib(operator.child.pid), "MiB", 150, how)
    yield from _restarted(world, audit, len(environments.ready))
    environments.end()
    if "Traceback" in log.read_text():
        raise RuntimeError(f"the operator failed on the way; its log: {log.read_text()[-3000:]}")
    return ours


def _running(world: simulated.World, name: str) -> AbstractContextManager[tenancy.OperatorProcess]:
    log = world.server.folder / "operator.log"
    return tenancy.operator(
        world.server, log, canary_address=world.canary, identity=name, resync_seconds=RESYNC_SECONDS
    )


def _made(field: Field) -> Iterator[Figure]:
    """From nothing to 600 environments; returns what stands of the first 200, for the comparison."""
    admin, codes = field.world.admin, departments.codes(DEPARTMENTS)
    began, seen = time.monotonic(), Watched(admin, "Department")
    departments.make(admin, codes)
    seen.wait(lambda: len(seen.ready) >= DEPARTMENTS, LONG_SECONDS, "departments")
    seen.end()
    yield figure("departments", time.monotonic() - began, "s", 0, f"{_SIZE} at once, until all are Ready")
    ours = None
    for wave, product in enumerate(PRODUCTS):
        before, started = counting.durations(admin), time.monotonic()
        cpu, mark = counting.cpu_seconds(field.operator.child.pid), field.audit.mark()
        departments.ask(admin, codes, product)
        wanted = DEPARTMENTS * (wave + 1)
        field.environments.wait(lambda n=wanted: len(field.environments.ready) >= n, LONG_SECONDS, product)
        took = time.monotonic() - started
        cpu = counting.cpu_seconds(field.operator.child.pid) - cpu
        writes = sum(field.audit.writes(mark, labels.OPERATOR_USER).values())
        slow = counting.percentile_seconds(before, counting.durations(admin), 0.99)
        how = (
            f"{DEPARTMENTS} requests at once beside {wanted - DEPARTMENTS} that stand, until all are proven and Ready; "
            f"{cpu:.1f} s of the operator's processor time, {writes / DEPARTMENTS:.1f} writes an environment"
        )
        yield figure(f"200 environments at once, wave {wave + 1}", took, "s", 60, how)
        how = "upper bound of the 99th percentile of the API server's own histogram, all writers, in that time"
        yield figure(f"API server's writes meanwhile, wave {wave + 1}", slow, "s", 1, how)
        if ours is None:
            stands = outcome.of_environments(admin, product)
            ours = peers.Ours(seconds=took, cpu_seconds=cpu, writes=writes, product=product, objects=stands)
    assert ours is not None
    return ours


def _toggled(field: Field, name: Name, *, held: bool) -> tuple[float, int]:
    """Change one environment; when that began, and its generation."""
    metadata = {"namespace": name[0], "name": name[1]}
    body: Object = {"apiVersion": labels.API_VERSION, "kind": "Environment", "metadata": metadata}
    began = time.monotonic()
    changed = field.world.admin.apply(body | {"spec": {"legalHold": held}}, field_manager="bench")
    return began, int(changed["metadata"]["generation"])


def _changed_steadily(field: Field) -> Iterator[Figure]:
    names = sorted(field.environments.ready)
    turns = itertools.chain.from_iterable(
        [(name, True) for name in names] + [(n, False) for n in names] for _ in range(99)
    )
    asked: list[tuple[Name, float, int]] = []
    cpu, started = counting.cpu_seconds(field.operator.child.pid), time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        futures = []
        for number in range(RATE_PER_SECOND * RATE_SECONDS):
            time.sleep(max(0.0, started + number / RATE_PER_SECOND - time.monotonic()))
            name, held = next(turns)
            futures.append((name, pool.submit(_toggled, field, name, held=held)))
        asked = [(name, *future.result()) for name, future in futures]
    _all_looked_at(field, [(name, generation) for name, _, generation in asked])
    cores = (counting.cpu_seconds(field.operator.child.pid) - cpu) / (time.monotonic() - started)
    took = sorted(_seen_at(field, name, generation) - began for name, began, generation in asked)
    how = (
        f"{RATE_PER_SECOND} environments changed a second for {RATE_SECONDS} s; 99th percentile from the change to a "
        f"status that says so; median {statistics.median(took):.3f} s; the operator used {cores:.2f} cores"
    )
    yield figure("one change among 20 a second", took[int(len(took) * 0.99)], "s", 1, how)


def _changed_at_once(field: Field) -> Iterator[Figure]:
    names = sorted(field.environments.ready)
    _change_all(field, names, held=False)  # from here on every write is a change
    cpu, mark = counting.cpu_seconds(field.operator.child.pid), field.audit.mark()
    for held in itertools.islice(itertools.cycle((True, False)), ROUNDS):
        _change_all(field, names, held=held)
    changes = len(names) * ROUNDS
    cpu = counting.cpu_seconds(field.operator.child.pid) - cpu
    writes = field.audit.writes(mark, labels.OPERATOR_USER)
    how = f"{changes} changes of {len(names)} environments; user and system time of the whole process; {_told(writes)}"
    yield figure("operator: processor time a change", cpu * 1000 / changes, "ms", 0.75, how)
    how = f"writes of the operator's user in the API server's audit log: {_told(writes)}"
    yield figure("operator: writes a change", sum(writes.values()) / changes, "writes", 1, how)


def _change_all(field: Field, names: list[Name], *, held: bool) -> None:
    with ThreadPoolExecutor(departments.ASKING_THREADS) as pool:
        asked = list(pool.map(lambda name: (name, _toggled(field, name, held=held)[1]), names))
    _all_looked_at(field, asked)


def _restarted(world: simulated.World, audit: Audit, environments: int) -> Iterator[Figure]:
    mark, began = audit.mark(), time.monotonic()
    with _running(world, "one") as operator:
        _at_rest(operator, environments)
        took = time.monotonic() - began
        time.sleep(RESYNC_SECONDS * 1.5)  # a whole resync must write nothing, too
        writes = audit.writes(mark, labels.OPERATOR_USER)
        how = f"operator stopped and started, until it looked at all {environments} environments and nothing waits"
        yield figure("operator: restart to steady", took, "s", 30, how)
        how = f"in that time and one resync: {_told(writes) or 'none'}; its memory afterwards "
        how += f"{counting.peak_mib(operator.child.pid):.0f} MiB"
        yield figure("operator: writes after a restart", sum(writes.values()), "writes", 0.5, how)


def _at_rest(operator: tenancy.OperatorProcess, environments: int) -> None:
    """Wait until it looked at everything and nothing waits."""
    tenancy.eventually(lambda: _is_steady(operator, environments), "it comes to rest", seconds=LONG_SECONDS)


def _is_steady(operator: tenancy.OperatorProcess, environments: int) -> bool:
    lines = operator.metrics().splitlines()
    if not lines:
        return False
    values = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    seen = {
        kind: sum(
            float(value)
            for name, value in values.items()
            if name.startswith(f'govcloud_reconciles_total{{kind="{kind}"')
        )
        for kind in ("Environment", "Department")
    }
    whole = seen["Environment"] >= environments and seen["Department"] >= DEPARTMENTS
    return whole and float(values.get("govcloud_queue_depth", "1")) == 0


def _all_looked_at(field: Field, asked: list[tuple[Name, int]]) -> None:
    field.environments.wait(
        lambda: all(_seen_at(field, *each) != float("inf") for each in asked), LONG_SECONDS, "all changes"
    )


def _seen_at(field: Field, name: Name, generation: int) -> float:
    """When a generation was first said to be looked at; a later one stands for it."""
    known = field.environments.looked_at
    return min(known.get((name, later), float("inf")) for later in range(generation, generation + 4))


def _told(writes: Counter[str]) -> str:
    return ", ".join(f"{count} {what}" for what, count in writes.most_common(6))
