"""One measurement in a process of its own: `python WAY.py list|watch KUBECONFIG` prints one JSON line.

`list` reads all pods in pages of 500 and sums their CPU requests by department. `watch` keeps the CPU request of each
pod by namespace and name, from version 1 to the pod `LAST`, and sums in the end. Both give milli-cores by department.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

PAGE_PODS = 500
LAST = "last"
"""Name of the pod with which the stream of events ends: some clients watch for ever."""
Sums = Mapping[str, int]
Work = Callable[[], Sums]


def measured(ways: Mapping[str, Callable[[Path], Work]]) -> None:
    """Do what the command line asks for. What a way does before it returns its work is not measured."""
    work = ways[sys.argv[1]](Path(sys.argv[2]))
    before = time.process_time()
    sums = work()
    found = {"cpu_seconds": time.process_time() - before, "peak_mib": peak_mib(), "sums": sums}
    print(json.dumps(found))  # noqa: T201 - its answer


def peak_mib() -> float:
    """Peak memory of this process. Not getrusage: its figure begins with the parent's memory at the fork."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def department(namespace: str) -> str:
    """The fake's namespaces are called tax-p7-test, and belong to d7."""
    return "d" + namespace.split("-")[1][1:]


def cpu_milli(quantity: str) -> int:
    """The fake's pods ask for whole milli-cores: `350m`."""
    return int(quantity.removesuffix("m"))


def by_department(store: Mapping[tuple[str, str], int]) -> Sums:
    """Sums of what is kept by namespace and name."""
    sums: Counter[str] = Counter()
    for (namespace, _), milli in store.items():
        sums[department(namespace)] += milli
    return sums
