"""All that Prometheus scrapes: the pages of a small made-up cloud, and which labels each series has."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from prometheus_client import CollectorRegistry, generate_latest

import govcloud_monitoring
from govcloud_api import conditions
from govcloud_monitoring import collector
from govcloud_monitoring.accountant import backups, departments, idleness, recommendations
from govcloud_monitoring.accountant import families as ledger
from govcloud_monitoring.efficiency.duplicates import Duplicate
from govcloud_monitoring.efficiency.figures import Efficiency, PoolFigures
from govcloud_monitoring.forecast.exhaustion import Exhaustion
from govcloud_monitoring.forecaster import families as forecaster
from govcloud_monitoring.forecaster.answers import Answer, Forecasts
from govcloud_monitoring.forecaster.questions import QUESTIONS
from govcloud_monitoring.kubernetes import families as kubernetes
from govcloud_monitoring.kubernetes.pods import Amount
from govcloud_monitoring.ledger.backup import Backup
from govcloud_monitoring.ledger.charge import COMPONENTS, PLATFORM
from govcloud_monitoring.ledger.sums import Costs, Totals
from govcloud_monitoring.metric import Metric
from govcloud_monitoring.source import Clock, Source, Tracker
from govcloud_monitoring.watch import families as watches
from govcloud_operators.process import metrics, page, service_figures
from govcloud_operators.process.lag import Lag
from govcloud_operators.process.queue import WorkQueue
from govcloud_operators.services.figures import Figures, Told
from support import raw_series
from support.manifests import documents
from support.monitoring import (
    RawApi,
    claim,
    condition,
    container,
    namespace,
    node,
    offering,
    pod,
    quota,
    reader,
    samples,
    service,
    turn,
    waiting_pod,
)
from support.promql import Labels, of_job, with_rules

ROOT = Path(__file__).parents[2] / "monitoring"
NOW = 1_800_000_000.0
MICROCENTS = 100_000_000
OF_PROMETHEUS: Mapping[str, Labels] = {
    "up": frozenset(),
    "scrape_duration_seconds": frozenset(),
    "scrape_samples_post_metric_relabeling": frozenset(),
}
"""What Prometheus adds to each scrape. Source: its documentation, "Jobs and instances"."""
ALERTS = {"ALERTS": frozenset({"alertname", "alertstate", "severity"})}
"""What Prometheus makes of alerts that wait or fire."""


def pages(now_seconds: float = NOW) -> dict[str, str]:
    """Text of each job's page."""
    ours = {
        "govcloud-exporter": _exporter(now_seconds),
        "govcloud-ledger": _ledger(now_seconds),
        "govcloud-forecaster": _forecaster(now_seconds),
        "govcloud-operator": _operator(),
        "govcloud-services": _services(),
    }
    node = raw_series.PAGES["node-exporter"] + _machine(now_seconds)
    return ours | raw_series.PAGES | {"node-exporter": node}


@cache
def configuration() -> dict[str, dict[str, Any]]:
    """The scrape configuration of each job."""
    (manifest,) = documents(ROOT / "deploy/31-prometheus-config.yaml")
    jobs = yaml.safe_load(manifest["data"]["prometheus.yml"])["scrape_configs"]
    return {job["job_name"]: job for job in jobs}


def kept(job: str, name: str) -> bool:
    """Whether Prometheus keeps a series of this name from the job's page; its patterns match the whole name."""
    patterns = [
        rule["regex"]
        for rule in configuration()[job].get("metric_relabel_configs", ())
        if rule.get("action") == "keep" and rule["source_labels"] == ["__name__"]
    ]
    return all(re.fullmatch(pattern, name) for pattern in patterns)


def target_labels(job: str) -> Labels:
    """Labels that all series of a job get."""
    named = {rule.get("target_label", "") for rule in configuration()[job].get("relabel_configs", ())}
    return frozenset({"job", "instance"} | {label for label in named if label and not label.startswith("__")})


def catalogue() -> dict[str, Metric]:
    """Every metric of ours that is written down: those of the exporter itself, and of each `families` module."""
    found = [*collector.METRICS]
    for module in pkgutil.walk_packages(govcloud_monitoring.__path__, "govcloud_monitoring."):
        if module.name.endswith(".families"):
            found += importlib.import_module(module.name).METRICS
    return {metric.name: metric for metric in found}


@cache
def rules() -> tuple[tuple[str, str], ...]:
    """Name and expression of every recording rule."""
    files = sorted((ROOT / "rules").glob("*.yaml"))
    groups = [group for file in files for group in documents(file)[0]["groups"]]
    return tuple((rule["record"], _labelled(rule)) for group in groups for rule in group["rules"])


def _labelled(rule: Mapping[str, Any]) -> str:
    """A rule's expression, with the labels that the rule gives to what it records."""
    expression = str(rule["expr"])
    for name, value in rule.get("labels", {}).items():
        expression = f'label_replace({expression}, "{name}", "{value}", "", "")'
    return expression


@cache
def known() -> Mapping[str, Labels]:
    """Labels of every series there can be, by its name."""
    ours = {name: frozenset(metric.labels) | target_labels("govcloud-exporter") for name, metric in catalogue().items()}
    made = {name: labels | {"job", "instance"} for name, labels in OF_PROMETHEUS.items()}
    each = {
        of_job(name, job): labels | target_labels(job)
        for name, labels in OF_PROMETHEUS.items()
        for job in configuration()
    }
    return with_rules(dict(_shown()) | ours | made | each | ALERTS, rules())


def _shown() -> Iterator[tuple[str, Labels]]:
    """From pages that no catalogue describes. A series that only some jobs show has what all of them give it."""
    found: dict[str, Labels] = {}
    for job, text in pages().items():
        for name, labels in samples(text):
            if kept(job, name):
                all_labels = frozenset(label for label, _ in labels) | target_labels(job)
                found[name] = found.get(name, all_labels) & all_labels
    return iter(found.items())


def _text(sources: Sequence[Source[Any]], now_seconds: float) -> str:
    clock = Clock(monotonic=lambda: 0.0, wall=lambda: now_seconds)
    trackers = [Tracker(source, clock, stale_after_seconds=1) for source in sources]
    assert all([tracker.refresh() for tracker in trackers])
    registry = CollectorRegistry()
    registry.register(collector.ExporterCollector(trackers, "1.2.3", "abc"))
    return generate_latest(registry).decode()


def _exporter(now_seconds: float) -> str:
    read = turn(reader(_cloud(now_seconds))).read
    sources: list[Source[Any]] = [
        Source(name="kubernetes", read=lambda: replace(read(), efficiency=_efficiency()), families=kubernetes.families),
        Source(name="watches", read=lambda: {("pods", "gone"): 2}, families=watches.families),
    ]
    return _text(sources, now_seconds)


def _cloud(now_seconds: float) -> RawApi:
    """Two departments of different size, the platform, two pools; one machine is gone, one database has no backup."""
    ago = {hours: conditions.timestamp(datetime.fromtimestamp(now_seconds - hours * 3600, UTC)) for hours in (1, 9)}
    spaces = (
        ("tax-portal-test", "tax", "portal"),
        ("tax-db-production", "tax", "db"),
        ("roads-map-test", "roads", "map"),
    )
    return RawApi(
        {
            "namespaces": [namespace(name, owner, name.rpartition("-")[2], product) for name, owner, product in spaces],
            "nodes": [node("n1"), node("n2", pool="gpu"), node("n3", ready="False"), node("n4", pool="control-plane")],
            "pods": [
                pod("web-0", "tax-portal-test", container("web", "1", "1Gi")),
                pod("gpu-0", "tax-portal-test", container("web", "500m", "1Gi"), node="n2"),
                pod("db-0", "tax-db-production", container("db", "500m", "1Gi", limits={"cpu": "1"})),
                pod("web-0", "roads-map-test", container("web", "500m", "512Mi")),
                waiting_pod("big-0", "roads-map-test"),
                pod("agent", "kube-system", container("agent", "100m", "128Mi")),
            ],
            "quotas": [
                quota(name, {"requests.cpu": "2", "requests.memory": "4Gi", "requests.storage": "20Gi"})
                for name, _, _ in spaces
            ],
            "claims": [claim("tax-portal-test", "5Gi"), claim("roads-map-test", "1Gi")],
            "offerings": [offering("postgresql", "postgresql"), offering("redis", "valkey")],
            "instances": [
                service("db", "tax-db-production", lastBackup=ago[9], conditions=[condition("BackupRecent")]),
                service("db", "roads-map-test", lastBackup=ago[1], conditions=[condition("BackupRecent")]),
                service(
                    "new",
                    "tax-portal-test",
                    conditions=[condition("BackupRecent", "False"), condition("Provisioned", since=ago[1])],
                ),
                service("cache", "tax-portal-test", "redis", ready="False", reason="Starting"),
            ],
        }
    )


def _efficiency() -> Efficiency:
    pool = PoolFigures(
        stranded=Amount(350, 0), largest_fit=Amount(2000, 1 << 30), reclaimable_machines={"requests": 1, "use": 2}
    )
    group = Duplicate(instances=4, departments=2, reclaimable_cpu_milli=750)
    return Efficiency(
        pools={"workers": pool, "gpu": pool},
        duplicates={("nginx", "image"): group, ("postgresql-16-small", "service"): group},
        folded={},
    )


def _ledger(now_seconds: float) -> str:
    owners = (("tax", "test"), ("roads", "test"), (PLATFORM, ""))
    costs = {(*owner, component): MICROCENTS for owner in owners for component in COMPONENTS}
    accrued = Costs(departments=costs, pools={"workers": len(costs) * MICROCENTS})
    corrections = Costs(departments={("tax", "test", "cpu"): -MICROCENTS}, pools={"workers": -MICROCENTS})
    books = ledger.Books(
        totals=Totals(accrued=accrued, corrections=corrections),
        currency="EUR",
        closed_until_seconds=now_seconds - 1800,
        departments_until_seconds=now_seconds - 1800,
        month_microcents={"tax": MICROCENTS, "roads": MICROCENTS},
    )
    counts: idleness.Counts = {("tax", "no_cpu"): 2, ("roads", "no_cpu"): 1}
    agreed = departments.Departments(
        budgets={"tax": 200}, weights={"tax": 3, "roads": 1}, environments={("tax", "expired"): 1, ("roads", "soon"): 2}
    )
    proposed = recommendations.Recommendations(
        counts={("tax", "resize", "open"): 2, ("roads", "remove", "open"): 1, ("tax", "remove", "met"): 1},
        cpu_milli={"tax": 3000, "roads": 1000},
        saved_cpu_milli={"tax": 4000},
    )
    kept = Backup(last_backup=datetime.fromtimestamp(now_seconds - 3600, UTC), waiting_seconds=30)
    sources: list[Source[Any]] = [
        Source(name="advice", read=lambda: proposed, families=recommendations.families),
        Source(name="ledger", read=lambda: books, families=ledger.families),
        Source(name="idle", read=lambda: counts, families=idleness.families),
        Source(name="departments", read=lambda: agreed, families=departments.families),
        Source(name="backup", read=lambda: kept, families=backups.families),
    ]
    return _text(sources, now_seconds)


def _forecaster(now_seconds: float) -> str:
    """Everything that may be forecast, a subject each: it is full in 30 days with a chance of a half."""
    made_at = datetime.fromtimestamp(now_seconds, UTC)
    p10, p50, p90 = (made_at + timedelta(days=days) for days in (10, 30, 60))
    shown = Answer(state="shown", dates=Exhaustion(p10=p10, p50=p50, p90=p90), error_ratio=0.7)
    names = {"pool": "workers", "department": "tax", "disk": "n1"}
    found = Forecasts(made_at=made_at, answers={each.subject(names[each.kind]): shown for each in QUESTIONS})
    return _text([Source(name="forecast", read=lambda: found, families=forecaster.families)], now_seconds)


def _machine(now_seconds: float) -> str:
    """What a control plane and a deploy add to the page of node-exporter."""
    return f"""\
govcloud_volume_used_bytes{{namespace="tax-portal-test",persistentvolumeclaim="data-db-0"}} 3e+08
govcloud_volume_used_bytes{{namespace="roads-map-test",persistentvolumeclaim="tiles"}} 1e+08
govcloud_volume_measured_in_part{{namespace="roads-map-test",persistentvolumeclaim="tiles"}} 1
govcloud_volumes_not_shown 0
govcloud_certificate_expiry_timestamp_seconds{{certificate="apiserver"}} {now_seconds + 300 * 86400}
govcloud_certificate_expiry_timestamp_seconds{{certificate="registry"}} {now_seconds + 800 * 86400}
govcloud_etcd_snapshot_timestamp_seconds {now_seconds - 7200}
govcloud_etcd_snapshot_size_bytes 2e+07
govcloud_machine_metrics_timestamp_seconds {now_seconds - 30}
govcloud_provision_last_success_timestamp_seconds {now_seconds - 86400}
govcloud_provision_changed_tasks 3
govcloud_provision_phase_duration_seconds{{phase="cluster"}} 80
govcloud_provision_phase_duration_seconds{{phase="health"}} 2
govcloud_bundle_info{{digest="{64 * "a"}"}} 1
"""


def _operator() -> str:
    queue, lag = WorkQueue(lambda _key: None, now=lambda: 0.0), Lag(lambda: 0.0)
    for reason in ("", "conflict"):
        queue.counts.add("Environment", 0.25, reason)
    lag.note(0.01)
    readings = metrics.Readings(queue=queue, lease_held=lambda: True, lag=lag)
    readings.ready_times.add("standard", 4)
    readings.writes.add("Environment", "patch_status")
    return generate_latest(page.registry(readings)).decode()


def _services() -> str:
    full = (
        Told(department="tax", driver="postgresql", figures=Figures(connections=40, connections_allowed=51)),
        Told(department="roads", driver="postgresql", figures=Figures(stored_bytes=3 << 30)),
        Told(department="tax", driver="valkey", figures=Figures(connections=7, connections_allowed=1000)),
        Told(department="tax", driver="nats", figures=Figures(stored_bytes=1 << 20)),
    )
    return "\n".join(service_figures.lines(full)) + "\n"
