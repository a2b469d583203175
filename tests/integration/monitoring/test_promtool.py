"""Metrics, rules, alerts and the scrape configuration, judged by promtool."""

from pathlib import Path

import pytest
import yaml
from prometheus_client import CollectorRegistry, generate_latest

from govcloud_monitoring.collector import ExporterCollector
from govcloud_monitoring.kubernetes.families import families
from govcloud_monitoring.source import Clock, Source, Tracker
from support import scraped
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
    service,
    turn,
)
from support.promtool import Promtool

ROOT = Path(__file__).parents[3] / "monitoring"
BACKED_UP = [condition("BackupRecent")]


def test_the_exporters_page_has_no_lint(promtool: Promtool):
    lists = {
        "namespaces": [namespace("tax-a-test", "tax", "test", "a")],
        "nodes": [node("n1")],
        "pods": [pod("p", "tax-a-test", container("c", "1", "1Gi")), pod("q", "kube-system", container("c", "1"))],
        "quotas": [quota("tax-a-test", {"requests.cpu": "1", "requests.memory": "1Gi"})],
        "claims": [claim("tax-a-test", "1Gi")],
        "offerings": [offering("postgresql", "postgresql")],
        "instances": [service("db", "tax-a-test", lastBackup="2026-05-03T12:00:00Z", conditions=BACKED_UP)],
    }
    source = Source(name="kubernetes", read=turn(reader(RawApi(lists))).read, families=families)
    tracker = Tracker(source, Clock(monotonic=lambda: 0.0, wall=lambda: 1.7e9), stale_after_seconds=1)
    tracker.refresh()
    registry = CollectorRegistry()
    registry.register(ExporterCollector([tracker], "1", "r"))
    assert promtool.check("check", "metrics", stdin=generate_latest(registry).decode()) == ""


def test_the_operators_page_about_services_has_no_lint(promtool: Promtool):
    assert promtool.check("check", "metrics", stdin=scraped.pages()["govcloud-services"]) == ""


@pytest.mark.parametrize("folder", ["rules", "alerts"])
def test_rules_are_well_formed(promtool: Promtool, folder: str):
    files = sorted(str(file) for file in (ROOT / folder).glob("*.yaml"))
    assert files
    promtool.check("check", "rules", "--lint=all", "--lint-fatal", *files)


@pytest.mark.parametrize("file", sorted((ROOT / "tests").glob("*.yaml")), ids=lambda file: file.stem)
def test_rules_and_alerts_give_what_their_tests_expect(promtool: Promtool, file: Path):
    assert "SUCCESS" in promtool.check("test", "rules", str(file), folder=file.parent)


def test_the_scrape_configuration_is_well_formed(promtool: Promtool, tmp_path: Path):
    manifest = yaml.safe_load((ROOT / "deploy/31-prometheus-config.yaml").read_text())
    config = manifest["data"]["prometheus.yml"].replace("/etc/prometheus/rules/", f"{ROOT}/rules/")
    mounted = {
        "/var/run/secrets/kubernetes.io/serviceaccount": ("ca.crt", "token"),
        "/etc/prometheus/tls": ("ca.crt", "tls.crt", "tls.key"),
    }
    for place, names in mounted.items():
        folder = tmp_path / Path(place).name
        folder.mkdir()
        for name in names:
            (folder / name).touch()
        config = config.replace(f"{place}/", f"{folder}/")
    file = tmp_path / "prometheus.yml"
    file.write_text(config)
    assert "SUCCESS" in promtool.check("check", "config", str(file))
