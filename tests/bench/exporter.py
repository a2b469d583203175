"""Same work, five ways: list 5,000 pods and sum by department; take 5,000 watch events into a store.

    python -m tests.bench.exporter

Ways: the exporter, the official client with typed objects, lightkube, kr8s, and a program of client-go's. They read the
same fake API server, see `reading.canned`, in turns, each in a process of its own. What they found is compared before a
figure is told. Figures: CPU seconds (user and system) of the reading alone, and peak memory of the whole process. The
exporter does more than is asked of the others: it reads six other kinds, and sums up memory, storage and pools.
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

from tests.bench.figure import Figure, end_in_order, figure, folder, progress
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
_READING = Path(__file__).parent / "reading"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one process found."""

    cpu_seconds: float
    peak_mib: float
    sums: Mapping[str, int]


Runs = Mapping[str, Sequence[Run]]
"""By way."""


def reading() -> Iterator[Figure]:
    """All of it; some five minutes, most of them kr8s'."""
    size = Size(pods=PODS)
    with _fake(canned.answers(size)) as config:
        yield from _compared("list", config)
    with _fake(canned.answers(Size(pods=0)), canned.events(PODS, size)) as config:
        yield from _compared("watch", config)


def named(work: str, way: str) -> str:
    """What the figure of processor time is called."""
    return f"{WORDS[work]}: {way}"


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
                progress(f"{WORDS[work]}: {way}, {turn + 1} of {PAIRS}")
                found[way].append(_run([*command, work, str(config)]))
    _require_same(found)
    for way, runs in found.items():
        cpu_goal, mib_goal = GOALS[work] if way == OURS else (0.0, 0.0)
        yield _figure(named(work, way), cpu_goal, "s", [run.cpu_seconds for run in runs])
        yield _figure(f"{named(work, way)}, memory", mib_goal, "MiB", [run.peak_mib for run in runs])


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


def _figure(name: str, goal: float, unit: str, values: Sequence[float]) -> Figure:
    spread = f"median of {len(values)} in turns, {min(values):.2f}-{max(values):.2f} {unit}"
    how = f"{spread}; JSON over plain HTTP from a fake; {programs.versions()}"
    return figure(name, statistics.median(values), unit, goal, how)


if __name__ == "__main__":
    end_in_order()
    for found in reading():
        sys.stdout.write(f"{found.name}: {found.value:.3f} {found.unit} (at most {found.goal:g}); {found.how}\n")
