"""What our metrics cost a Prometheus in memory, beside one that scrapes nothing.

Both have the settings, rules and alerts of a site, and run at the same time. One scrapes the exporter of a full cluster
as it does on a site; that is the only difference. What it knows of each department in the end is compared with what was
made before a figure is told.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from tests.bench import counting, population
from tests.bench.figure import Figure, figure, folder, progress
from tests.bench.population import Population
from tests.bench.reading.canned import Size

from govcloud_monitoring import prometheus
from govcloud_monitoring.prometheus_http import getter
from support import apiserver, exporter_process, promtool
from support.exporter_process import Exporter
from support.waiting import is_ready, wait

SIZE = Size(pods=5_000, nodes=100, namespaces=600, departments=200, quotas=600, claims=600)
MONITORING = Path(__file__).parents[2] / "monitoring"
JOB = "govcloud-exporter"
RUN_SECONDS, LAST_SECONDS, LOOK_SECONDS = 180, 30, 2.0
"""Memory is the most that is seen in the last seconds of the run."""
PODS_PER_SECOND = 10
LONG_SECONDS, KNOWN_SECONDS = 120, 90
GOAL_MIB = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running Prometheus."""

    url: str
    pid: int

    def asked(self, path: str) -> Any:
        """The data of an answer."""
        return json.loads(getter(self.url, timeout_seconds=10)(path, {}))["data"]

    def sums(self) -> population.Sums:
        """What it knows that departments have."""
        ask, now = prometheus.direct(self.url), datetime.now(UTC)
        found = {
            (f"govcloud_{metric}", frozenset(sample.labels.items())): sample.value
            for metric in population.METRICS
            for sample in ask(f"sum by (department) (govcloud_{metric})", now)
        }
        return population.shown(found)


def of_our_metrics() -> Iterator[Figure]:
    """Some five minutes."""
    progress(f"a cluster of {SIZE.pods:,} pods")
    with folder() as place, population.populated(place, SIZE) as (api, people), ExitStack() as stack:
        (own := place / "exporter").mkdir()
        started = exporter_process.running(exporter_process.kubeconfig(api), own / "exporter.log")
        exporter = stack.enter_context(started)
        wait(lambda: _shows(exporter, people), seconds=LONG_SECONDS)
        idle = stack.enter_context(_running(place / "idle", []))
        server = stack.enter_context(_running(place / "scraping", [scrape_job(exporter)]))
        yield from _compared(server, idle, people)


def _shows(exporter: Exporter, people: Population) -> bool:
    try:
        return population.shown(exporter.samples()) == people.sums()
    except OSError:  # nobody listens yet
        return False


def _compared(server: Server, idle: Server, people: Population) -> Iterator[Figure]:
    progress(f"both run for {RUN_SECONDS} s")
    with people.changing(PODS_PER_SECOND):
        time.sleep(RUN_SECONDS - LAST_SECONDS)
        whole, alone = _most_mib(server.pid, idle.pid)
    wait(lambda: server.sums() == people.sums(), seconds=KNOWN_SECONDS)
    _require_rules(server)
    peak, peak_alone = (max(now, counting.peak_mib(each.pid)) for now, each in ((whole, server), (alone, idle)))
    series = server.asked("/api/v1/status/tsdb")["headStats"]["numSeries"]
    version = server.asked("/api/v1/status/buildinfo")["version"]
    size = f"{SIZE.pods:,} pods, {SIZE.namespaces} environments of {SIZE.departments} departments: {series:,} series"
    how = (
        f"{size}, recorded ones included; {whole:.1f} MiB resident ({peak:.1f} at most) of Prometheus {version} after "
        f"{RUN_SECONDS} s, less {alone:.1f} MiB ({peak_alone:.1f} at most) of one "
        f"with the same rules that scrapes nothing; {people.replaced():,} pods were replaced meanwhile"
    )
    yield figure("Prometheus: memory for our metrics", whole - alone, "MiB", GOAL_MIB, how)
    how = (
        "the same process; what it takes without any series is more than the goal already, which is for the difference"
    )
    yield figure("Prometheus: memory, all of it", whole, "MiB", 0, how)


def _most_mib(*pids: int) -> tuple[float, ...]:
    most, until = [0.0 for _ in pids], time.monotonic() + LAST_SECONDS
    while time.monotonic() < until:
        most = [max(before, counting.resident_mib(pid)) for before, pid in zip(most, pids, strict=True)]
        time.sleep(LOOK_SECONDS)
    return tuple(most)


def _require_rules(server: Server) -> None:
    """None failed."""
    groups = server.asked("/api/v1/rules")["groups"]
    wrong = {rule["name"]: rule["lastError"] for group in groups for rule in group["rules"] if rule["health"] == "err"}
    if wrong or not groups:
        raise RuntimeError(f"rules do not work, so memory would mean nothing: {wrong}")


def deployed() -> dict[str, Any]:
    """Prometheus' configuration on a site."""
    manifest = yaml.safe_load((MONITORING / "deploy/31-prometheus-config.yaml").read_text())
    return dict(yaml.safe_load(manifest["data"]["prometheus.yml"]))


def arguments() -> list[str]:
    """How Prometheus is started on a site, but for places and addresses."""
    manifests = yaml.safe_load_all((MONITORING / "deploy/32-prometheus.yaml").read_text())
    [pod] = [each["spec"]["template"]["spec"] for each in manifests if each["kind"] == "StatefulSet"]
    return [each for each in pod["containers"][0]["args"] if each.startswith("--query.")]


def scrape_job(exporter: Exporter) -> dict[str, Any]:
    """The exporter's job on a site, but for the address, and where the certificates are."""
    [found] = [job for job in deployed()["scrape_configs"] if job["job_name"] == JOB]
    files = {"ca_file": "ca.crt", "cert_file": "tls.crt", "key_file": "tls.key"}
    mounted = {name: str(exporter.site.prometheus.folder / file) for name, file in files.items()}
    targets = [{"targets": [f"127.0.0.1:{exporter.port}"]}]
    return found | {"static_configs": targets, "tls_config": found["tls_config"] | mounted}


@contextmanager
def _running(place: Path, jobs: list[dict[str, Any]]) -> Iterator[Server]:
    place.mkdir()
    files = [str(MONITORING / "rules/*.yaml"), str(MONITORING / "alerts/*.yaml")]
    config = deployed() | {"rule_files": files, "scrape_configs": jobs, "alerting": {}}
    (place / "prometheus.yml").write_text(yaml.safe_dump(config))
    address = f"127.0.0.1:{apiserver.free_port()}"
    own = [
        f"--config.file={place}/prometheus.yml",
        f"--storage.tsdb.path={place}/data",
        f"--web.listen-address={address}",
    ]
    command = [str(promtool.program("prometheus", place)), *arguments(), *own]
    with apiserver.process(command, place / "prometheus.log") as child:
        wait(lambda: is_ready(f"http://{address}"))
        yield Server(url=f"http://{address}", pid=child.pid)
