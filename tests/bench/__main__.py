"""`make bench`: measure what docs/benchmarks.md states, on this machine, and write that page.

    python -m tests.bench                    everything but the cold bundle, whose last figure is kept
    python -m tests.bench cold               only the bundle from empty caches (some 45 minutes on two cores)
    python -m tests.bench tenancy            200 departments with 600 environments, on an API server without machines
    python -m tests.bench services           environments and services on a lab, as a department's people see them
    python -m tests.bench exposition         the page of metrics, beside prometheus_client's
    python -m tests.bench forecasts          a week ahead, beside predict_linear and last week
    python -m tests.bench exporter           pods read and watched, beside four other clients
    python -m tests.bench monitoring         exporter and Prometheus, 10,000 pods on an API server without machines

Figures are wall-clock seconds unless said. The labs are those of the e2e tests: own names, bridges and addresses.
"""

import json
import os
import statistics
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict

from tests.bench import exporter, exposition, forecasts, labs, monitoring, page, services, tenancy
from tests.bench.figure import Figure, end_in_order, environment, figure, folder, progress, run, seconds
from tests.support.lab import GOVCLOUD

from govcloud_infra.bundle.store import Store, default_root
from govcloud_infra.paths import REPOSITORY

RESULTS = REPOSITORY / "docs" / "benchmarks.json"
_HELP_RUNS = 20


def main(arguments: list[str]) -> int:
    """Measure, write, and end with 1 when a goal is missed. Raises when answers differ: figures would mean nothing."""
    end_in_order()
    figures = {item["name"]: Figure(**item) for item in _kept()}
    for name in arguments or tuple(name for name in _MEASURES if name != "cold"):
        progress(name)
        for found in _MEASURES[name]():
            sys.stderr.write(f"{found.name}: {found.value:.2f} {found.unit} (at most {found.goal:g})\n")
            figures[found.name] = found
            _write(list(figures.values()))
    return int(any(item.is_missed for item in figures.values()))


def command_help() -> Iterator[Figure]:
    """Start of the command line."""
    times = [seconds(lambda: run([GOVCLOUD, "--help"])) for _ in range(_HELP_RUNS)]
    how = f"median of {_HELP_RUNS} runs of `govcloud --help`"
    yield figure("help", statistics.median(times), "s", 0.15, how)


def bundle_again() -> Iterator[Figure]:
    """A bundle that is up to date."""
    took = seconds(lambda: run([GOVCLOUD, "bundle", "build"]))
    yield figure("bundle, nothing to do", took, "s", 5, "`govcloud bundle build` a second time")


def cold_bundle() -> Iterator[Figure]:
    """Everything from empty caches: no Go modules, no compiled packages, no bundle."""
    with folder() as place:
        go = {"GOMODCACHE": str(place / "modules"), "GOCACHE": str(place / "compiled")}
        settings = environment(**go, GOVCLOUD_CACHE=str(place / "cache"))
        took = seconds(lambda: run([GOVCLOUD, "bundle", "build"], settings))
    how = "`govcloud bundle build` with empty GOVCLOUD_CACHE, GOMODCACHE and GOCACHE"
    yield figure("bundle, cold", took / 60, "min", 45, how)


def _write(found: list[Figure]) -> None:
    plain = [asdict(item) for item in found]
    RESULTS.write_text(json.dumps(plain, indent=2) + "\n")
    versions = Store(default_root(os.environ)).versions()
    (REPOSITORY / "docs" / "benchmarks.md").write_text(page.page(plain, versions))


def _kept() -> list[dict[str, str]]:
    return list(json.loads(RESULTS.read_text())) if RESULTS.exists() else []


_MEASURES: dict[str, Callable[[], Iterator[Figure]]] = {
    "help": command_help,
    "bundle": bundle_again,
    "cold": cold_bundle,
    "lab": labs.one_control_plane,
    "ha": labs.three_control_planes,
    "tenancy": tenancy.tenancy_at_scale,
    "services": services.on_a_lab,
    "exposition": exposition.scrapes,
    "forecasts": forecasts.forecasts,
    "exporter": exporter.reading,
    "monitoring": monitoring.on_a_full_cluster,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
