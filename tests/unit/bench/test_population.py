"""The full cluster: what a page is compared with is what departments have, and one wrong pod is seen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from prometheus_client import CollectorRegistry

from bench import population
from bench.population import Population
from bench.reading import canned
from govcloud_kube import real
from govcloud_monitoring.collector import ExporterCollector
from govcloud_monitoring.kubernetes.families import families
from govcloud_monitoring.kubernetes.reader import KINDS, KubernetesReader
from govcloud_monitoring.source import Clock, Source, Tracker
from govcloud_monitoring.watch.follower import Terms
from govcloud_monitoring.watch.restarts import Restarts
from support.exporter_process import Samples
from support.monitoring import scrape, turn

SIZE = canned.Size(pods=300, nodes=6, namespaces=30, departments=9, quotas=30, claims=30)


def page(config: Path) -> Samples:
    """What the exporter shows of an API server."""
    terms = Terms(api=real.connect(config), now=lambda: 0.0, stale_seconds=25, restarts=Restarts(KINDS))
    source = Source(name="kubernetes", read=turn(KubernetesReader(terms)).read, families=families)
    tracker = Tracker(source, Clock(monotonic=lambda: 0.0, wall=lambda: 0.0), stale_after_seconds=25)
    assert tracker.refresh()
    registry = CollectorRegistry()
    registry.register(ExporterCollector([tracker], "1", "a"))
    return scrape(registry)


def test_the_exporter_shows_what_was_made_and_one_pod_less_is_seen(tmp_path: Path):
    with canned.serving(tmp_path, canned.answers(SIZE)) as config:
        shown, admin = population.shown(page(config)), real.connect(config)
    assert shown == Population(admin, SIZE).sums()
    assert {metric for metric, _ in shown} == population.METRICS
    assert shown != Population(admin, replace(SIZE, pods=SIZE.pods - 1)).sums()


def test_a_full_cluster_is_ten_times_the_small_one():
    for name in ("pods", "nodes", "namespaces", "departments", "quotas", "claims"):
        assert getattr(population.LARGE, name) == 10 * getattr(population.SMALL, name)
