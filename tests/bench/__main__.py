"""`make bench`: measure what docs/benchmarks.md states, on this machine, and write that page.

    python -m tests.bench                    help, bundle and lab; the last figure of the cold bundle is kept
    python -m tests.bench cold               only the bundle from empty caches (about half an hour on two cores)

Figures are wall-clock seconds unless said. The lab is the one of the e2e tests: own name, bridge and addresses.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import page
from tests.support import lab as labs

from govcloud_infra.bundle.store import Store, default_root
from govcloud_infra.machines import cgroups
from govcloud_infra.paths import REPOSITORY

RESULTS = REPOSITORY / "docs" / "benchmarks.json"
_HELP_RUNS = 20
_REQUESTS = 3
_SETTLE_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measurement; `goal` is the most it may be, in the same unit."""

    name: str
    value: float
    unit: str
    goal: float
    how: str
    measured_on: str


def main(arguments: list[str]) -> int:
    """Measure, write, and end with 1 when a goal is missed."""
    figures = {item["name"]: Figure(**item) for item in _kept()}
    for name in arguments or ("help", "bundle", "lab"):
        for figure in _MEASURES[name]():
            sys.stderr.write(f"{figure.name}: {figure.value:.2f} {figure.unit} (at most {figure.goal:g})\n")
            figures[figure.name] = figure
    found = list(figures.values())
    RESULTS.write_text(json.dumps([asdict(item) for item in found], indent=2) + "\n")
    (REPOSITORY / "docs" / "benchmarks.md").write_text(page.page([asdict(item) for item in found], _versions()))
    return int(any(item.value > item.goal for item in found))


def command_help() -> Iterator[Figure]:
    """Start of the command line."""
    times = [_seconds(lambda: _run([labs.GOVCLOUD, "--help"])) for _ in range(_HELP_RUNS)]
    how = f"median of {_HELP_RUNS} runs of `govcloud --help`"
    yield _figure("help", statistics.median(times), "s", 0.15, how)


def bundle_again() -> Iterator[Figure]:
    """A bundle that is up to date."""
    took = _seconds(lambda: _run([labs.GOVCLOUD, "bundle", "build"]))
    yield _figure("bundle, nothing to do", took, "s", 5, "`govcloud bundle build` a second time")


def cold_bundle() -> Iterator[Figure]:
    """Everything from empty caches: no Go modules, no compiled packages, no bundle."""
    with _folder() as folder:
        go = {"GOMODCACHE": str(folder / "modules"), "GOCACHE": str(folder / "compiled")}
        environment = {**os.environ, **go, "GOVCLOUD_CACHE": str(folder / "cache")}
        took = _seconds(lambda: _run([labs.GOVCLOUD, "bundle", "build"], environment))
    how = "`govcloud bundle build` with empty GOVCLOUD_CACHE, GOMODCACHE and GOCACHE"
    yield _figure("bundle, cold", took / 60, "min", 50, how)


def lab_figures() -> Iterator[Figure]:
    """One lab from nothing to idle, with a department's requests in between."""
    with _folder() as folder:
        lab = labs.make(folder)
        try:
            took = _seconds(lambda: lab.govcloud("deploy", str(lab.site)))
            yield _figure("deploy, from nothing", took, "s", 300, "`govcloud deploy` of 1 + 2 nodes, bundle built")
            took = _seconds(lambda: lab.govcloud("deploy", str(lab.site)))
            yield _figure("deploy, nothing to do", took, "s", 60, "`govcloud deploy` again, no changes")
            yield from _requests(lab)
            time.sleep(_SETTLE_SECONDS)
            how = f"working set of the three machines' control groups, {_SETTLE_SECONDS} s after the last request"
            yield _figure("lab, idle", _working_set_bytes() / 2**30, "GiB", 4, how)
        finally:
            lab.govcloud("destroy", str(lab.site), "--confirm", labs.NAME)


def _requests(lab: labs.Lab) -> Iterator[Figure]:
    member = lab.member("tax")
    times = []
    for number in range(_REQUESTS):
        wish = ["--product", f"bench{number}", "--purpose", "sandbox", "--why", "measure"]
        arguments = ["env", "request", str(lab.site), "--kubeconfig", str(member), *wish, "--wait"]
        times.append(_seconds(lambda words=arguments: lab.govcloud(*words)))
    how = f"slowest of {_REQUESTS} runs of `govcloud env request --wait` with a member's credentials, probe included"
    yield _figure("request to Ready", max(times), "s", 15, how)


def _working_set_bytes() -> int:
    total = 0
    for node in ("cp1", "w1", "w2"):
        for hierarchy in cgroups.hierarchies():
            folder = hierarchy / f"govcloud-{labs.NAME}.{node}"
            for usage, file_key in (
                ("memory.usage_in_bytes", "total_inactive_file"),
                ("memory.current", "inactive_file"),
            ):
                if (folder / usage).exists():
                    stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
                    total += int((folder / usage).read_text()) - int(stat[file_key])
    return total


def _figure(name: str, value: float, unit: str, goal: float, how: str) -> Figure:
    today = datetime.now(UTC).date().isoformat()
    return Figure(name=name, value=round(value, 3), unit=unit, goal=goal, how=how, measured_on=today)


def _kept() -> list[dict[str, str]]:
    return list(json.loads(RESULTS.read_text())) if RESULTS.exists() else []


def _seconds(call: Callable[[], object]) -> float:
    began = time.monotonic()
    call()
    return time.monotonic() - began


def _run(command: list[object], environment: dict[str, str] | None = None) -> None:
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL, env=environment)


def _versions() -> dict[str, str]:
    return Store(default_root(os.environ)).versions()


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="govcloud-bench-"))
    try:
        yield folder
    finally:
        # Go makes the folders of its module cache read-only.
        _run(["chmod", "-R", "u+w", folder])
        shutil.rmtree(folder)


_MEASURES: dict[str, Callable[[], Iterator[Figure]]] = {
    "help": command_help,
    "bundle": bundle_again,
    "cold": cold_bundle,
    "lab": lab_figures,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
