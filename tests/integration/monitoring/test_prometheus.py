"""A real Prometheus scrapes the exporter: what it keeps, and that nothing lives on after it is gone."""

from __future__ import annotations

import functools
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from govcloud_api import errors
from govcloud_monitoring import serve
from govcloud_monitoring.kubernetes.reader import KINDS
from govcloud_monitoring.settings import Settings
from support import apiserver as servers
from support import mounted, scraping
from support.monitoring import RawApi, container, namespace, node, pod
from support.mounted import Mount, Site
from support.scraping import MONITORING
from support.waiting import wait


@contextmanager
def exporting(api: RawApi, port: int, site: Site) -> Iterator[None]:
    """The exporter in this process, on an API of the test's own."""
    own = {"port": port, "health_port": servers.free_port(), "tls_folder": site.exporter.folder}
    options = Settings(host="127.0.0.1", refresh_seconds=0.2, stale_seconds=2, **own)
    stop = threading.Event()
    thread = threading.Thread(target=serve.run, args=(api, options, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)


job = functools.partial(scraping.job, of="govcloud-exporter")


REQUESTED = "govcloud_cpu_requested_cores"


@pytest.fixture
def api() -> RawApi:
    lists = {
        "namespaces": [namespace("tax-a-test", "tax", "test"), namespace("roads-a-test", "roads", "test")],
        "nodes": [node("n1")],
        "pods": [pod(f"p-{code}", f"{code}-a-test", container("c", "350m", "1Gi")) for code in ("tax", "roads")],
    }
    return RawApi(lists).live()


def test_prometheus_keeps_what_is_there_and_nothing_that_is_gone(prometheus: Path, api: RawApi, tmp_path: Path):
    port, site = servers.free_port(), Site(tmp_path / "site")
    with exporting(api, port, site), scraping.scraping(prometheus, tmp_path, job(port, site)) as server:
        wait(lambda: server.query(REQUESTED) == {"tax": 0.35, "roads": 0.35})
        [target] = server.get("/api/v1/targets")["activeTargets"]
        assert (target["health"], target["lastError"]) == ("up", "")

        api.lists["namespaces"] = api.lists["namespaces"][:1]
        wait(lambda: server.query(REQUESTED) == {"tax": 0.35}, seconds=5)

        api.failure = errors.ApiUnavailable("the API server is gone")
        wait(lambda: server.query(REQUESTED) == {}, seconds=10)
        assert server.query("govcloud_source_up") == {"": 0}

        api.failure = None
        wait(lambda: server.query(REQUESTED) == {"tax": 0.35}, seconds=10)
        assert server.query("sum(govcloud_watch_restarts_total)") == {"": len(KINDS)}, "each kind once"
        groups = server.get("/api/v1/rules")["groups"]
        files = [
            yaml.safe_load(file.read_text())
            for file in (*MONITORING.glob("rules/*.yaml"), *MONITORING.glob("alerts/*.yaml"))
        ]
        assert {group["name"] for group in groups} == {group["name"] for file in files for group in file["groups"]}
        wait(lambda: server.query("department_purpose:govcloud_cpu_requested_cores:sum") == {"tax": 0.35}, seconds=40)
        assert {
            rule["lastError"]
            for group in server.get("/api/v1/rules")["groups"]
            for rule in group["rules"]
            if "lastError" in rule
        } <= {""}


def test_who_is_not_prometheus_scrapes_nothing(prometheus: Path, api: RawApi, tmp_path: Path):
    port, site = servers.free_port(), Site(tmp_path / "site")
    tls = job(port, site)["tls_config"]
    other = Mount(site.root / "grafana").write(site.client("grafana"), site.authority.certificate).folder
    foreign = Site(tmp_path / "foreign").prometheus.folder
    jobs = {
        "prometheus": {},
        "in the clear": {"scheme": "http", "tls_config": {}},
        "nobody": {"tls_config": {key: tls[key] for key in ("ca_file", "server_name")}},
        "another": {"tls_config": tls | {"cert_file": f"{other}/tls.crt", "key_file": f"{other}/tls.key"}},
        "of another site": {"tls_config": tls | {"cert_file": f"{foreign}/tls.crt", "key_file": f"{foreign}/tls.key"}},
        "who asks for another": {"tls_config": tls | {"server_name": "ledger.govcloud-monitoring.svc"}},
        "who believes another site": {"tls_config": tls | {"ca_file": f"{foreign}/ca.crt"}},
    }
    whys = {
        "in the clear": "EOF|reset by peer|malformed HTTP",
        "nobody": "certificate required",
        "another": "HTTP status 403",
        "of another site": "unknown certificate authority|decrypt error",
        "who asks for another": "certificate is valid for exporter.govcloud-monitoring.svc",
        "who believes another site": "certificate signed by unknown authority",
    }
    made = [job(port, site, name=name, **changes) for name, changes in jobs.items()]
    with exporting(api, port, site), scraping.scraping(prometheus, tmp_path, *made) as server:
        told: dict[str, set[tuple[str, str]]] = {name: set() for name in jobs}

        def heard(name: str) -> set[tuple[str, str]]:
            for each in (server.get("/api/v1/targets") or {"activeTargets": []})["activeTargets"]:
                told[each["labels"]["job"]].add((each["health"], each["lastError"]))
            return told[name]

        def is_refused(name: str, reason: str) -> bool:
            return any(health == "down" and re.search(reason, why) for health, why in heard(name))

        wait(lambda: ("up", "") in heard("prometheus"))
        # A connection may also be reset before its reason is read: asked every second, each tells it once.
        for name, reason in whys.items():
            wait(functools.partial(is_refused, name, reason))
    assert {health for name in whys for health, _ in told[name]} <= {"unknown", "down"}


def test_prometheus_goes_on_when_every_certificate_is_replaced(prometheus: Path, api: RawApi, tmp_path: Path):
    """Renewed ones of the same authority, and then those of another: neither program is started again."""
    port, site, other = servers.free_port(), Site(tmp_path / "site"), mounted.new_authority()
    with exporting(api, port, site), scraping.scraping(prometheus, tmp_path, job(port, site)) as server:
        wait(lambda: server.query(REQUESTED) == {"tax": 0.35, "roads": 0.35})
        for authority in (site.authority, other):
            site.prometheus.issue(mounted.PROMETHEUS, authority)
            site.exporter.issue(mounted.EXPORTER, authority)
            replaced = time.time() + 1  # a scrape that ran meanwhile met one old and one new
            wait(lambda after=replaced: server.query("min(timestamp(up == 1))").get("", 0) > after + 2)
        errors_since = server.query(f"count_over_time((up == 0)[{int(time.time() - replaced)}s:1s])")
        assert errors_since == {}
