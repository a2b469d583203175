"""A fake API server whose every answer was written before anything is measured. The client's side alone is measured.

It speaks JSON over plain HTTP: a real one speaks TLS, and protobuf to clients of Go.
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.bench.reading.measuring import LAST, PAGE_PODS

TAG = "govcloud.internal"
Wire = dict[str, Any]
Answers = dict[tuple[str, str], bytes]
"""By path and continue token; the token `*` stands for the whole list at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much there is."""

    pods: int
    nodes: int = 0
    namespaces: int = 200
    departments: int = 200
    quotas: int = 0
    claims: int = 0


def pod(number: int, size: Size, cpu_milli: int, version: int = 1, variable_count: int = 56) -> Wire:
    """A pod of about 7 KB, as a Deployment with a few variables and managed fields makes it."""
    fields: Wire = {f"f:field-{index}": {".": {}, "f:name": {}, "f:value": {}} for index in range(90)}
    variables = [{"name": f"VARIABLE_{index}", "value": f"value-{index}"} for index in range(variable_count)]
    requests = {"cpu": f"{cpu_milli}m", "memory": f"{number % 64 + 1}Mi"}
    image = f"registry.example/app-{number % 40}:1"
    containers = [{"name": "main", "image": image, "env": variables, "resources": {"requests": requests}}]
    metadata = {
        "name": f"pod-{number}",
        "namespace": f"tax-p{number % size.namespaces}-test",
        "uid": f"{number:032x}",
        "resourceVersion": str(version),
        "managedFields": [{"manager": "kubelet", "operation": "Update", "fieldsV1": fields}],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"nodeName": f"n{number % (size.nodes or 50)}", "containers": containers},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
    }


def answers(size: Size) -> Answers:
    """Lists of everything."""
    found = dict(_pages("Pod", [pod(number, size, number % 900 + 1) for number in range(size.pods)]))
    for kind, items in others(size).items():
        found |= _pages(kind, items)
    resource = {"name": "pods", "singularName": "pod", "namespaced": True, "kind": "Pod", "verbs": ["list", "watch"]}
    found["/api/v1", ""] = _json({"kind": "APIResourceList", "groupVersion": "v1", "resources": [resource]})
    found["/api", ""] = _json({"kind": "APIVersions", "versions": ["v1"]})
    found["/apis", ""] = _json({"kind": "APIGroupList", "apiVersion": "v1", "groups": []})
    found["/version", ""] = _json({"major": "1", "minor": "36", "gitVersion": "v1.36.3"})
    return found


PATHS = {
    "Pod": "pods",
    "Namespace": "namespaces",
    "Node": "nodes",
    "ResourceQuota": "resourcequotas",
    "PersistentVolumeClaim": "persistentvolumeclaims",
    "ServiceInstance": "serviceinstances",
    "ServiceOffering": "serviceofferings",
}
_OWN = frozenset({"ServiceInstance", "ServiceOffering"})


def _pages(kind: str, items: list[Wire]) -> Iterator[tuple[tuple[str, str], bytes]]:
    path = f"{f'/apis/{TAG}/v1alpha1' if kind in _OWN else '/api/v1'}/{PATHS[kind]}"
    for start in range(0, max(len(items), 1), PAGE_PODS):
        end = start + PAGE_PODS
        token = str(end) if end < len(items) else ""
        yield (path, str(start) if start else ""), _list(kind, items[start:end], token)
    yield (path, "*"), _list(kind, items, "")


def _list(kind: str, items: list[Wire], token: str) -> bytes:
    metadata = {"resourceVersion": "1"} | ({"continue": token} if token else {})
    return _json({"kind": f"{kind}List", "apiVersion": "v1", "metadata": metadata, "items": items})


def others(size: Size) -> dict[str, list[Wire]]:
    """What there is beside pods, by kind."""
    spaces = [f"tax-p{number}-test" for number in range(size.namespaces)]
    quota = {"spec": {"hard": {"requests.cpu": "8", "requests.memory": "16Gi", "requests.storage": "50Gi"}}}
    claim = {
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "local",
            "resources": {"requests": {"storage": "5Gi"}},
        },
        "status": {"phase": "Bound", "capacity": {"storage": "5Gi"}},
    }
    machine = {"cpu": "64", "memory": "256Gi", "pods": "110"}
    node = {
        "spec": {},
        "status": {
            "capacity": machine,
            "allocatable": machine,
            "conditions": [{"type": "Ready", "status": "True"}],
            "images": [{"names": [f"registry.example/app-{index}:1"], "sizeBytes": index} for index in range(50)],
        },
    }
    return {
        "Namespace": [
            {"metadata": {"name": name, "labels": _owner(number % size.departments)}}
            for number, name in enumerate(spaces)
        ],
        "Node": [{"metadata": {"name": f"n{number}"}} | node for number in range(size.nodes)],
        "ResourceQuota": [_in(spaces, number) | quota for number in range(size.quotas)],
        "PersistentVolumeClaim": [_in(spaces, number) | claim for number in range(size.claims)],
        "ServiceInstance": [],
        "ServiceOffering": [],
    }


def _owner(number: int) -> dict[str, str]:
    return {f"{TAG}/department": f"d{number}", f"{TAG}/purpose": "test"}


def _in(spaces: list[str], number: int) -> Wire:
    return {"metadata": {"name": f"x{number}", "namespace": spaces[number % len(spaces)]}}


def events(count: int, size: Size) -> tuple[bytes, ...]:
    """Lines of a watch: two of three are changes, one of ten a deletion, one of a thousand a bookmark. LAST is last."""
    dice = random.Random(count)  # noqa: S311 - not a secret, and the same every time
    lines, there = [], set[int]()
    for version in range(2, count + 1):
        number = dice.randrange(count // 3)
        what = pod(number, size, dice.randrange(1, 900), version)
        if number in there and dice.random() < 0.15:
            there.remove(number)
            lines.append(_event("DELETED", what))
        else:
            lines.append(_event("MODIFIED" if number in there else "ADDED", what))
            there.add(number)
        if version % 1000 == 0:
            lines.append(
                _event("BOOKMARK", {"apiVersion": "v1", "kind": "Pod", "metadata": {"resourceVersion": str(version)}})
            )
    last = pod(0, size, 1, count + 1)
    return (*lines, _event("ADDED", last | {"metadata": last["metadata"] | {"name": LAST}}))


def _event(type_: str, obj: Wire) -> bytes:
    return _json({"type": type_, "object": obj}) + b"\n"


def _json(value: Wire) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


@contextmanager
def serving(folder: Path, known: Answers, told: tuple[bytes, ...] = ()) -> Iterator[Path]:
    """Kubeconfig of the fake, on threads of this process. `told`: what the first version of pods is followed by."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            query = parse_qs(url.query)
            if "watch" in query:
                self._watch(url.path, query)
                return
            whole = "" if "limit" in query or (url.path, "*") not in known else "*"
            body = known.get((url.path.rstrip("/"), query.get("continue", [whole])[0]))
            self._begin("Content-Length", str(len(body or b"")), status=404 if body is None else 200)
            self.wfile.write(body or b"")

        def _watch(self, path: str, query: dict[str, list[str]]) -> None:
            self._begin("Transfer-Encoding", "chunked")
            marks = query.get("allowWatchBookmarks") == ["true"]
            for line in told if path == "/api/v1/pods" else ():
                if marks or b'"BOOKMARK"' not in line[:20]:
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            self.wfile.write(b"0\r\n\r\n")

        def _begin(self, *header: str, status: int = 200) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header(*header)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with _Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield kubeconfig(folder, server.server_address[1])
        finally:
            server.shutdown()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients leave as they like."""


def kubeconfig(folder: Path, port: int) -> Path:
    """Kubeconfig file of a server on loopback without credentials."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    path = folder / "kubeconfig"
    path.write_text(json.dumps(document))
    return path
