"""Same work, five ways: list 5,000 pods and sum by department; take 5,000 watch events into a store. Then 10,000 pods.

    python -m tests.bench.exporter

Ways: the exporter, the official client with typed objects, lightkube, kr8s, and a program of client-go's. They read the
same fake API server, see `reading.canned`, in turns, each in a process of its own. What they found is compared before a
figure is told. Figures: CPU seconds (user and system) of the reading alone, and peak memory of the whole process. The
exporter does more than is asked of the others: it reads four other kinds, and sums up memory, storage and pools.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.figure import Figure, figure, folder
from tests.bench.reading import canned, programs
from tests.bench.reading.canned import Size

PODS = 5_000
PAIRS = 5
OURS = "ours"
GOALS = {"list": (0.3, 120.0), "watch": (0.2, 120.0)}
"""CPU seconds, and MiB of the process."""
WORDS = {"list": "5,000 pods listed and summed", "watch": "5,000 events into a store"}
ONCE = {("kr8s", "watch")}
"""A minute each."""
SMALL = Size(pods=1_000, nodes=20, namespaces=100, departments=30, quotas=100, claims=100)
LARGE = Size(pods=10_000, nodes=200, namespaces=1_000, departments=300, quotas=1_000, claims=1_000)
FIRST_SECONDS, FIRST_MIB, LINEAR_TIMES = 10.0, 200.0, 12.0
_READING = Path(__file__).parent / "reading"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one process found. `seconds` are wall-clock."""

    cpu_seconds: float
    peak_mib: float
    sums: Mapping[str, int]
    seconds: float = 0.0


Runs = Mapping[str, Sequence[Run]]
"""By way."""


def reading() -> Iterator[Figure]:
    """All of it; some five minutes."""
    size = Size(pods=PODS)
    with _fake(canned.answers(size)) as config:
        yield from _compared("list", config)
    with _fake(canned.answers(Size(pods=0)), canned.events(PODS, size)) as config:
        yield from _compared("watch", config)
    yield from _whole()


def _ways() -> dict[str, list[str]]:
    others = {"kubernetes": "official", "lightkube": "by_lightkube", "kr8s": "by_kr8s"}
    python = str(programs.peers_python())
    return {
        OURS: [sys.executable, str(_READING / "ours.py")],
        **{name: [python, str(_READING / f"{module}.py")] for name, module in others.items()},
        "client-go": [str(programs.client_go())],
    }


def _compared(work: str, config: Path) -> Iterator[Figure]:
    ways = _ways()
    found: dict[str, list[Run]] = {way: [] for way in ways}
    for turn in range(PAIRS):
        for way, command in ways.items():
            if turn == 0 or (way, work) not in ONCE:
                found[way].append(_run([*command, work, str(config)]))
    _require_same(found)
    for way, runs in found.items():
        cpu_goal, mib_goal = GOALS[work] if way == OURS else (0.0, 0.0)
        yield _figure(f"{WORDS[work]}: {way}", cpu_goal, "s", [run.cpu_seconds for run in runs])
        yield _figure(f"{WORDS[work]}: {way}, memory", mib_goal, "MiB", [run.peak_mib for run in runs])


def _whole() -> Iterator[Figure]:
    """The exporter as its process works, without the server of its page, at a tenth of the size and at the whole."""
    command = [sys.executable, str(_READING / "ours.py"), "first"]
    found: dict[Size, list[Run]] = {SMALL: [], LARGE: []}
    for size, runs in found.items():
        with _fake(canned.answers(size)) as config:
            runs += [_run([*command, str(config)]) for _ in range(PAIRS)]
    _require_same({"large": found[LARGE]})
    large = f"{LARGE.nodes} nodes, {LARGE.pods} pods, {LARGE.namespaces} namespaces"
    yield _figure("exporter: first page", FIRST_SECONDS, "s", [run.seconds for run in found[LARGE]], f"{large}; wall")
    yield _figure("exporter: memory", FIRST_MIB, "MiB", [run.peak_mib for run in found[LARGE]], large)
    small_cpu, large_cpu = (statistics.median(run.cpu_seconds for run in found[size]) for size in (SMALL, LARGE))
    how = f"{large}: {large_cpu:.2f} s of processor time until the first page; a tenth of it: {small_cpu:.2f} s"
    yield figure("exporter: ten times as much", large_cpu / small_cpu, "times", LINEAR_TIMES, how)


@contextmanager
def _fake(known: canned.Answers, told: tuple[bytes, ...] = ()) -> Iterator[Path]:
    with folder() as place, canned.serving(place, known, told) as config:
        yield config


def _run(command: Sequence[str]) -> Run:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return Run(**found)


def _require_same(found: Runs) -> None:
    sums = {way: run.sums for way, runs in found.items() for run in runs}
    first = next(iter(sums.values()))
    different = [way for way, runs in found.items() if any(run.sums != first for run in runs)]
    if different or not first:
        raise RuntimeError(f"{different} found something else: figures would mean nothing")


def _figure(name: str, goal: float, unit: str, values: Sequence[float], what: str = "") -> Figure:
    spread = f"median of {len(values)} in turns, {min(values):.2f}-{max(values):.2f} {unit}"
    how = "; ".join(filter(None, [what, spread, "JSON over plain HTTP from a fake", programs.versions()]))
    return figure(name, statistics.median(values), unit, goal, how)


if __name__ == "__main__":
    for found in reading():
        sys.stdout.write(f"{found.name}: {found.value:.3f} {found.unit} (at most {found.goal:g}); {found.how}\n")
