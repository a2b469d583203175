"""Kubelets that answer nonsense, nothing, too late or without end: their own figures are gone, nobody else's."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from govcloud_monitoring.accountant.evidence import witnesses
from support import apiserver as servers
from support import hasty, questions
from support.scraped import ROOT
from support.waiting import is_ready, wait

USED = "namespace:container_cpu_usage_seconds:rate5m"
MEMORY = "namespace:container_memory_working_set_bytes:sum"
SCRAPE_SECONDS = 1
GONE_SECONDS = 20
CORES = 0.5


def page(namespace: str, seconds: float) -> bytes:
    """A container that uses half a core. The times are the kubelet's own, in milliseconds."""
    labels, now = f'container="web",namespace="{namespace}",pod="web-0"', round(time.time() * 1000)
    return (
        f"container_cpu_usage_seconds_total{{{labels}}} {seconds * CORES} {now}\n"
        f"container_memory_working_set_bytes{{{labels}}} 100 {now}\n"
        "resource_scrape_error 0\n"
    ).encode()


@dataclass
class Kubelet:
    """One that can be told to answer with something else; its container `began` long ago (Unix seconds)."""

    namespace: str
    began: float = field(default_factory=lambda: time.time() - 100_000)
    wrong: Callable[[BaseHTTPRequestHandler], None] | None = None
    address: str = ""

    def answer(self, to: BaseHTTPRequestHandler) -> None:
        if self.wrong is not None:
            self.wrong(to)
        else:
            said(to, page(self.namespace, time.time() - self.began))


def said(to: BaseHTTPRequestHandler, body: bytes, code: int = 200, length: int | None = None) -> None:
    to.send_response(code)
    to.send_header("Content-Type", "text/plain; version=0.0.4")
    to.send_header("Content-Length", str(len(body) if length is None else length))
    to.end_headers()
    to.wfile.write(body)


def endless(to: BaseHTTPRequestHandler) -> None:
    to.send_response(200)
    to.end_headers()
    line = b'container_cpu_usage_seconds_total{namespace="tax-a-test",pod="%d"} 1\n' * 1000
    try:
        while True:
            to.wfile.write(line.replace(b"%d", str(time.time_ns()).encode()))
    except OSError:
        return  # Prometheus has heard enough


def many(to: BaseHTTPRequestHandler) -> None:
    rows = (f'container_memory_working_set_bytes{{namespace="tax-a-test",pod="p{n}"}} 1e12\n' for n in range(6000))
    said(to, "".join(rows).encode())


WRONG: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {
    "a page of a proxy": lambda to: said(to, b"<html><body>hello</body></html>"),
    "no number": lambda to: said(to, page("tax-a-test", 10.0).replace(b"100", b"a lot")),
    "half a page": lambda to: said(to, page("tax-a-test", 10.0)[:-40], length=4000),
    "an error of its own": lambda to: said(to, b"no such stats", 500),
    "nothing": lambda _to: time.sleep(SCRAPE_SECONDS * 2),
    "without end": endless,
    "more than a machine can have": many,
}


@contextmanager
def serving(kubelet: Kubelet) -> Iterator[Kubelet]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kubelet.answer(self)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    kubelet.address = f"127.0.0.1:{server.server_port}"
    try:
        yield kubelet
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def job(kubelets: dict[str, Kubelet]) -> dict[str, Any]:
    """As it is deployed, but for the addresses and what guards the way to them."""
    manifest = yaml.safe_load((ROOT / "deploy/31-prometheus-config.yaml").read_text())
    whole = yaml.safe_load(manifest["data"]["prometheus.yml"])
    [found] = [each for each in whole["scrape_configs"] if each["job_name"] == "kubelet-resource"]
    kept = {key: found[key] for key in found if key not in ("scheme", "tls_config", "authorization", "relabel_configs")}
    del kept["kubernetes_sd_configs"]
    targets = [{"targets": [each.address], "labels": {"node": node}} for node, each in kubelets.items()]
    return kept | {"static_configs": targets, "body_size_limit": whole["global"]["body_size_limit"]}


@pytest.fixture(scope="module")
def kubelets() -> Iterator[dict[str, Kubelet]]:
    with serving(Kubelet("tax-a-test")) as tax, serving(Kubelet("roads-a-test")) as roads:
        yield {"w1": tax, "w2": roads}


@pytest.fixture(scope="module")
def address(prometheus: Path, kubelets: dict[str, Kubelet], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("kubelets")
    times = {"scrape_interval": f"{SCRAPE_SECONDS}s", "scrape_timeout": f"{SCRAPE_SECONDS}s"}
    config = {"global": times, "rule_files": [hasty.written(folder)], "scrape_configs": [job(kubelets)]}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    listen = f"127.0.0.1:{servers.free_port()}"
    command = [str(prometheus), f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
    with servers.process([*command, f"--web.listen-address={listen}"], folder / "prometheus.log"):
        wait(lambda: is_ready(f"http://{listen}"))
        yield f"http://{listen}"


def by_namespace(address: str, name: str) -> dict[str, float]:
    return {each["metric"]["namespace"]: float(each["value"][1]) for each in questions.vector(address, name)}


def telling(address: str) -> set[str]:
    """Kubelets that the accountant takes for witnesses."""
    return {each["metric"]["node"] for each in questions.vector(address, witnesses.TELLING_KUBELETS)}


def is_whole(address: str) -> bool:
    used = by_namespace(address, USED)
    return set(used) == {"tax-a-test", "roads-a-test"} == set(by_namespace(address, MEMORY))


@pytest.mark.parametrize("what", WRONG)
def test_what_a_kubelet_says_wrongly_is_not_shown_and_others_go_on(
    address: str, kubelets: dict[str, Kubelet], what: str
):
    wait(lambda: is_whole(address))
    kubelets["w1"].wrong = WRONG[what]
    try:
        wait(lambda: set(by_namespace(address, USED)) == {"roads-a-test"}, seconds=GONE_SECONDS)
        wait(lambda: set(by_namespace(address, MEMORY)) == {"roads-a-test"}, seconds=GONE_SECONDS)
        up = {each["metric"]["node"]: each["value"][1] for each in questions.vector(address, "up")}
        assert up == {"w1": "0", "w2": "1"}
        assert telling(address) == {"w2"}
        assert 0 < by_namespace(address, USED)["roads-a-test"] <= CORES * 1.1
        assert by_namespace(address, MEMORY) == {"roads-a-test": 100}
    finally:
        kubelets["w1"].wrong = None
    wait(lambda: is_whole(address))


def test_a_kubelet_that_cannot_measure_answers_and_is_told_apart(address: str, kubelets: dict[str, Kubelet]):
    wait(lambda: telling(address) == {"w1", "w2"})
    kubelets["w1"].wrong = lambda to: said(to, b"resource_scrape_error 1\n")
    try:
        wait(lambda: telling(address) == {"w2"}, seconds=GONE_SECONDS)
        wait(lambda: set(by_namespace(address, MEMORY)) == {"roads-a-test"}, seconds=GONE_SECONDS)
        assert {each["value"][1] for each in questions.vector(address, "up")} == {"1"}
    finally:
        kubelets["w1"].wrong = None
    wait(lambda: is_whole(address))


def test_a_container_that_starts_again_uses_neither_less_than_nothing_nor_all_at_once(
    address: str, kubelets: dict[str, Kubelet]
):
    wait(lambda: is_whole(address))
    began = kubelets["w1"].began = time.time()
    time.sleep(6)
    found = questions.span(address, f'{USED}{{namespace="tax-a-test"}}', began + 2, time.time(), 1)
    assert found
    assert all(0 < value <= CORES * 1.1 for value in found), found
