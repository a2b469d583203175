"""A real Prometheus scrapes the exporter: what it keeps, and that nothing lives on after it is gone."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from govcloud_api import errors
from govcloud_monitoring import serve
from govcloud_monitoring.settings import Settings
from support import apiserver as servers
from support.monitoring import RawApi, container, namespace, node, pod

ROOT = Path(__file__).parents[3] / "monitoring"


@dataclass(frozen=True, slots=True)
class Prometheus:
    """The HTTP API of a running Prometheus."""

    url: str

    def get(self, path: str) -> Any:
        """The data of an answer; None while Prometheus is starting."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=5) as answer:  # noqa: S310 - loopback, ours
                return json.load(answer)["data"]
        except urllib.error.URLError:
            return None

    def query(self, expression: str) -> dict[str, float]:
        """Values of an instant query by the label department."""
        data = self.get("/api/v1/query?" + urllib.parse.urlencode({"query": expression})) or {"result": []}
        return {each["metric"].get("department", ""): float(each["value"][1]) for each in data["result"]}


def wait(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)  # a real process, a real clock


@contextmanager
def exporting(api: RawApi, port: int) -> Iterator[None]:
    """The exporter in this process, on an API of the test's own."""
    options = Settings(host="127.0.0.1", port=port, refresh_seconds=0.2)
    stop = threading.Event()
    thread = threading.Thread(target=serve.run, args=(api, options, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)


@contextmanager
def scraping(program: Path, folder: Path, exporter_port: int) -> Iterator[Prometheus]:
    job = {"job_name": "govcloud-exporter", "static_configs": [{"targets": [f"127.0.0.1:{exporter_port}"]}]}
    files = [str(ROOT / "rules/*.yaml"), str(ROOT / "alerts/*.yaml")]
    config = {"global": {"scrape_interval": "1s"}, "rule_files": files, "scrape_configs": [job]}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    url = f"127.0.0.1:{servers.free_port()}"
    command = [str(program), f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
    with servers.process([*command, f"--web.listen-address={url}"], folder / "prometheus.log"):
        yield Prometheus(f"http://{url}")


REQUESTED = "govcloud_cpu_requested_cores"


@pytest.fixture
def api() -> RawApi:
    lists = {
        "namespaces": [namespace("tax-a-test", "tax", "test"), namespace("roads-a-test", "roads", "test")],
        "nodes": [node("n1")],
        "pods": [pod(f"p-{code}", f"{code}-a-test", container("c", "350m", "1Gi")) for code in ("tax", "roads")],
    }
    return RawApi(lists)


def test_prometheus_keeps_what_is_there_and_nothing_that_is_gone(prometheus: Path, api: RawApi, tmp_path: Path):
    port = servers.free_port()
    with exporting(api, port), scraping(prometheus, tmp_path, port) as server:
        wait(lambda: server.query(REQUESTED) == {"tax": 0.35, "roads": 0.35})
        [target] = server.get("/api/v1/targets")["activeTargets"]
        assert (target["health"], target["lastError"]) == ("up", "")

        api.lists["namespaces"] = api.lists["namespaces"][:1]
        wait(lambda: server.query(REQUESTED) == {"tax": 0.35}, seconds=5)

        api.failure = errors.ApiUnavailable("the API server is gone")
        wait(lambda: server.query(REQUESTED) == {}, seconds=5)
        assert server.query("govcloud_source_up") == {"": 0}

        api.failure = None
        wait(lambda: server.query(REQUESTED) == {"tax": 0.35}, seconds=5)
        groups = server.get("/api/v1/rules")["groups"]
        files = [yaml.safe_load(file.read_text()) for file in (*ROOT.glob("rules/*.yaml"), *ROOT.glob("alerts/*.yaml"))]
        assert {group["name"] for group in groups} == {group["name"] for file in files for group in file["groups"]}
        wait(lambda: server.query("department_purpose:govcloud_cpu_requested_cores:sum") == {"tax": 0.35}, seconds=40)
        assert {
            rule["lastError"]
            for group in server.get("/api/v1/rules")["groups"]
            for rule in group["rules"]
            if "lastError" in rule
        } <= {""}
