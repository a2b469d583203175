"""Same work, two ways: list pods page by page over HTTP and sum their requests by namespace. Prints one JSON line.

    python tests/bench/exporter.py --pods 5000 --pairs 3

`govcloud` is the exporter's reader, `peer` the official client with typed objects. Results are compared before any
figure is printed. Figures: CPU seconds (user + system) of the reading alone, peak memory of the process in MiB,
medians of the pairs. The API server is a fake that sends the same bytes to both, so only the client's side is measured.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

PAGE_PODS = 500
NAMESPACES = 200
Sums = dict[str, int]


def synthetic_pod(number: int) -> dict[str, Any]:
    """A pod of about 7 KB, as a Deployment with a few variables and managed fields makes it."""
    fields: dict[str, Any] = {f"f:field-{index}": {".": {}, "f:name": {}, "f:value": {}} for index in range(60)}
    variables = [{"name": f"VARIABLE_{index}", "value": f"value-{index}"} for index in range(40)]
    requests = {"cpu": f"{number % 900 + 1}m", "memory": f"{number % 64 + 1}Mi"}
    containers = [{"name": "main", "image": "x", "env": variables, "resources": {"requests": requests}}]
    return {
        "metadata": {
            "name": f"pod-{number}",
            "namespace": f"tax-p{number % NAMESPACES}-test",
            "uid": f"{number:032x}",
            "managedFields": [{"manager": "kubelet", "fieldsV1": fields}],
        },
        "spec": {"nodeName": f"n{number % 50}", "containers": containers},
        "status": {"phase": "Running", "containerStatuses": [], "conditions": [{"type": "Ready", "status": "True"}]},
    }


def namespaces() -> list[dict[str, Any]]:
    """The namespaces of the pods, each with a purpose and a department of its own."""
    tag = "govcloud.internal"
    return [
        {"metadata": {"name": f"tax-p{n}-test", "labels": {f"{tag}/department": f"d{n}", f"{tag}/purpose": "test"}}}
        for n in range(NAMESPACES)
    ]


def pages(pods: int) -> dict[tuple[str, str], bytes]:
    """Answers by path and continue token, written before anything is measured."""
    answers = {}
    for start in range(0, pods, PAGE_PODS):
        end = min(start + PAGE_PODS, pods)
        metadata = {"resourceVersion": "1"} | ({"continue": str(end)} if end < pods else {})
        items = [synthetic_pod(number) for number in range(start, end)]
        body = {"kind": "PodList", "apiVersion": "v1", "metadata": metadata, "items": items}
        answers["/api/v1/pods", str(start) if start else ""] = json.dumps(body).encode()
    for kind in ("namespaces", "nodes", "resourcequotas", "persistentvolumeclaims"):
        items = namespaces() if kind == "namespaces" else []
        body = {"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": items}
        answers[f"/api/v1/{kind}", ""] = json.dumps(body).encode()
    return answers


def serve(answers: dict[tuple[str, str], bytes]) -> ThreadingHTTPServer:
    """The fake API server, on a thread of this process (the measured processes are others)."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            body = answers[url.path, parse_qs(url.query).get("continue", [""])[0]]
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def kubeconfig(folder: Path, port: int) -> Path:
    """Kubeconfig file of the fake."""
    document = {
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "u", "user": {}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    path = folder / "kubeconfig"
    path.write_text(json.dumps(document))
    return path


def with_govcloud(config: Path) -> Callable[[], Sums]:
    """The exporter's reader: the work is everything that one refresh does, four more lists included."""
    from govcloud_kube import real
    from govcloud_monitoring.kubernetes.fetch import KubernetesReader

    reader = KubernetesReader(real.connect(config))
    return lambda: {key[0]: amount.cpu_milli for key, amount in reader.read().requested.items()}


def with_peer(config: Path) -> Callable[[], Sums]:
    """The official client with typed objects; the pods only."""
    from kubernetes import client
    from kubernetes import config as kubernetes_config

    untyped: Any = kubernetes_config
    untyped.load_kube_config(str(config))
    core: Any = client.CoreV1Api()

    def work() -> Sums:
        sums: Counter[str] = Counter()
        token = None
        while True:
            page = core.list_pod_for_all_namespaces(limit=PAGE_PODS, _continue=token)
            for pod in page.items:
                for container in pod.spec.containers:
                    department = "d" + pod.metadata.namespace.split("-")[1][1:]
                    sums[department] += int(container.resources.requests["cpu"].removesuffix("m"))
            token = page.metadata._continue
            if not token:
                return dict(sums)

    return work


def measure(way: str, config: Path) -> dict[str, Any]:
    """Do the work once in this process."""
    work = {"govcloud": with_govcloud, "peer": with_peer}[way](config)
    before = time.process_time()
    sums = work()
    cpu_seconds = time.process_time() - before
    return {"cpu_seconds": cpu_seconds, "peak_mib": peak_mib(), "sums": sums}


def peak_mib() -> float:
    """Peak memory of this process. Not getrusage: its figure begins with the parent's memory at the fork."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def run(pods: int, pairs: int) -> dict[str, Any]:
    """All pairs, A/B/A/B, each in a process of its own."""
    answers = pages(pods)
    results: dict[str, list[dict[str, Any]]] = {"govcloud": [], "peer": []}
    with tempfile.TemporaryDirectory() as folder, serve(answers) as server:
        config = kubeconfig(Path(folder), server.server_address[1])
        for _ in range(pairs):
            for way, found in results.items():
                command = [sys.executable, __file__, "--measure", way, "--kubeconfig", str(config)]
                found.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
        server.shutdown()
    sums = [each["sums"] for found in results.values() for each in found]
    if any(each != sums[0] for each in sums):
        sys.exit("the two ways disagree: figures would mean nothing")
    figures = {
        way: {name: round(statistics.median(each[name] for each in found), 3) for name in ("cpu_seconds", "peak_mib")}
        for way, found in results.items()
    }
    size_mib = round(sum(map(len, answers.values())) / 2**20, 1)
    return {"pods": pods, "pairs": pairs, "answer_mib": size_mib, "fake_api": True, **figures, "versions": versions()}


def versions() -> dict[str, str]:
    """What ran."""
    return {"python": platform.python_version()} | {
        name: version(name) for name in ("kubernetes", "msgspec", "govcloud")
    }


def main() -> None:
    """Print the figures of all pairs, or of one process (--measure)."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pods", type=int, default=5000)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--measure", choices=["govcloud", "peer"])
    parser.add_argument("--kubeconfig", type=Path)
    given = parser.parse_args()
    result = measure(given.measure, given.kubeconfig) if given.measure else run(given.pods, given.pairs)
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
