"""A real Prometheus with our rules scrapes a small made-up cloud and answers every question of every dashboard."""

from __future__ import annotations

import json
import math
import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from support import apiserver as servers
from support import hasty, scraped
from support.dashboards import Question, boards, questions
from support.promtool import Promtool
from support.waiting import is_ready, wait

GROWING = re.compile(
    r"^((?!govcloud_)\w+(?:_total|_sum|_count)(?:\{.*\})?"
    r"|govcloud_(?:reconcile|environment_ready|api_writes)\S+) (\S+)$",
    re.MULTILINE,
)
COST = re.compile(r"^(govcloud_cost_total\{.*\}) (\S+)$", re.MULTILINE)
WINDOW_SECONDS = 20
HOUR_SECONDS = 3600
PAST_HOURS = 26
COST_OF_AN_HOUR = 0.02
"""Of what is charged altogether now."""


@dataclass(frozen=True, slots=True)
class Prometheus:
    """The HTTP API of a running Prometheus."""

    url: str

    def data(self, path: str, **parameters: Any) -> Any:
        """What it answers; fails the test with its own words when it refuses."""
        try:
            with urllib.request.urlopen(f"{self.url}{path}?{urllib.parse.urlencode(parameters)}", timeout=5) as answer:  # noqa: S310 - loopback, ours
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            pytest.fail(f"{parameters}: {error.read().decode()}")

    def values(self, question: Question) -> list[float]:
        """All values of all series, asked as Grafana asks; those that are no number left out."""
        now = time.time()
        if question.instant:
            found = self.data("/api/v1/query", query=question.asked, time=now)["result"]
            values = [each["value"][1] for each in found]
        else:
            span = {"start": now - WINDOW_SECONDS, "end": now, "step": 1}
            found = self.data("/api/v1/query_range", query=question.asked, **span)["result"]
            values = [value for each in found for _, value in each["values"]]
        return [float(value) for value in values if value != "NaN"]

    def value(self, expression: str) -> float | None:
        """Of the only series; None when there is none yet, or no Prometheus."""
        try:
            found = self.data("/api/v1/query", query=expression)["result"]
        except OSError:
            return None
        return float(found[0]["value"][1]) if found else None


@contextmanager
def cloud() -> Iterator[str]:
    """Address of a server that shows each job's page under the job's name; all counters but costs grow."""
    started = time.time()

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            passed = time.time() - started
            page = scraped.pages(time.time())[self.path.strip("/")]
            body = GROWING.sub(lambda found: f"{found[1]} {float(found[2]) * (1 + passed / 100)}", page).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def past(now_seconds: float) -> str:
    """What the ledger showed before, in OpenMetrics: each hour's charges, when the hour was closed."""
    lines = ["# TYPE govcloud_cost counter"]
    for series, value in COST.findall(scraped.pages()["govcloud-ledger"]):
        for ago_seconds in range(PAST_HOURS * HOUR_SECONDS, -1, -240):
            hours = math.ceil(ago_seconds / HOUR_SECONDS)
            lines.append(f"{series} {float(value) * (1 - hours * COST_OF_AN_HOUR)} {now_seconds - ago_seconds:.3f}")
    return "\n".join([*lines, "# EOF", ""])


def scrape(job: str, address: str) -> dict[str, Any]:
    """One target of the job, with the labels that the real configuration adds; without its filters."""
    extra = scraped.target_labels(job) - {"job", "instance"}
    target = {"targets": [address], "labels": dict.fromkeys(extra, "n1")}
    return {"job_name": job, "metrics_path": f"/{job}", "static_configs": [target]}


@pytest.fixture(scope="module")
def server(prometheus: Path, promtool: Promtool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    folder = tmp_path_factory.mktemp("dashboards")
    (folder / "past.txt").write_text(past(time.time()))
    promtool.check("tsdb", "create-blocks-from", "openmetrics", "--quiet", f"{folder}/past.txt", f"{folder}/data")
    with cloud() as address:
        jobs = [scrape(job, address) for job in scraped.pages()]
        config = {
            "global": {"scrape_interval": "1s"},
            "rule_files": [hasty.written(folder)],
            "scrape_configs": jobs,
        }
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        listen = f"127.0.0.1:{servers.free_port()}"
        command = [str(prometheus), f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
        with servers.process([*command, f"--web.listen-address={listen}"], folder / "prometheus.log"):
            running = Prometheus(f"http://{listen}")
            wait(lambda: is_ready(running.url))  # before, it answers 503 to every question
            wait(lambda: settled(running), seconds=40)
            yield running


def settled(server: Prometheus) -> bool:
    """When everything was scraped some times, and the rule that builds on most others has its value."""
    jobs = server.value("count(sum_over_time(up[1m]) >= 5)")
    last = server.value("cluster:dominant_share_per_entitled:jain_index and on () department:cpu_waste_cores:avg1d")
    return jobs == len(scraped.pages()) and last is not None


def test_every_question_of_every_dashboard_is_answered_with_figures(server: Prometheus):
    asked = list(questions())
    assert len(asked) > 80
    assert [question.where for question in asked if not server.values(question)] == []


def test_every_choice_has_something_to_choose_from(server: Prometheus):
    for board in boards().values():
        for choice in (each for each in board["templating"]["list"] if each["type"] == "query"):
            metric, label = choice["query"].removeprefix("label_values(").removesuffix(")").split(", ")
            assert server.data(f"/api/v1/label/{label}/values", **{"match[]": metric})


def test_no_rule_fails(server: Prometheus):
    rules = [rule for group in server.data("/api/v1/rules")["groups"] for rule in group["rules"]]
    assert {rule["health"] for rule in rules} == {"ok"}
    assert {rule.get("lastError", "") for rule in rules} == {""}


def latest(server: Prometheus, where: str) -> dict[str, float]:
    """The last value of each query of a panel, which must have one series each, by its legend."""
    found = {question.legend: server.values(question) for question in questions() if question.where[:-2] == where}
    return {legend: values[-1] for legend, values in found.items()}


def test_the_parts_of_the_installed_cores_are_all_of_them(server: Prometheus):
    parts = latest(server, "sharing: Where the installed cores are")
    installed = server.value("sum(max by (pool) (govcloud_pool_cpu_installed_cores))")
    assert installed == 20
    assert sum(parts.values()) == pytest.approx(installed)
    assert parts["kept by the machines' systems"] == 4
    assert parts["reserved by the platform"] == pytest.approx(0.1)


def test_a_department_sees_its_own_figures_only(server: Prometheus):
    cpu = latest(server, "department: CPU")
    assert (cpu["granted"], cpu["reserved"]) == (4, 2)
    memory = latest(server, "department: Memory")
    assert (memory["granted"], memory["used"]) == (8 << 30, 6e8)
    assert latest(server, "department: Storage") == {"granted": 40 << 30, "reserved": 5 << 30, "used": 3e8}
    assert latest(server, "department: Memory wasted") == {"wasted": (3 << 30) - 6e8}


def test_use_is_split_among_pools_as_reservations_are(server: Prometheus):
    [question] = [each for each in questions() if each.where == "capacity: Memory of each pool C"]
    found = server.data("/api/v1/query", query=question.asked)["result"]
    used = {each["metric"]["pool"]: float(each["value"][1]) for each in found}
    # tax-portal-test reserves alike in both pools; roads-map-test is in one; nothing is measured of tax-db-production.
    assert used == pytest.approx({"gpu": 3e8, "workers": 3e8 + 2e8})


def test_a_day_costs_what_its_hours_cost(server: Prometheus):
    [question] = [each for each in questions() if each.where.startswith("department: Cost of a day by purpose")]
    # Five components of one unit each.
    assert server.values(question)[-1] == pytest.approx(24 * COST_OF_AN_HOUR * 5)


def test_what_pools_cost_is_charged(server: Prometheus):
    assert latest(server, "health: Cost of pools that nobody was charged")["not charged"] == pytest.approx(0, abs=1e-9)
