"""Objects in wire form and a raw API of bytes, for tests of the exporter."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from govcloud_api import errors, labels

Wire = dict[str, Any]
PATHS = {
    "namespaces": "/api/v1/namespaces",
    "nodes": "/api/v1/nodes",
    "pods": "/api/v1/pods",
    "quotas": "/api/v1/resourcequotas",
    "claims": "/api/v1/persistentvolumeclaims",
}


@dataclass
class RawApi:
    """Answers list requests in pages, as an API server does; raises `failure` instead when it is set."""

    lists: dict[str, list[Wire]] = field(default_factory=dict)
    failure: errors.GovcloudError | None = None
    requests: list[str] = field(default_factory=list)

    def raw(self, method: str, path: str) -> bytes:
        """One page; the continue token is the position of the next object."""
        assert method == "GET"
        self.requests.append(path)
        if self.failure is not None:
            raise self.failure
        url = urlsplit(path)
        query = parse_qs(url.query)
        start, limit = int(query.get("continue", ["0"])[0]), int(query["limit"][0])
        kind = next(kind for kind, known in PATHS.items() if known == url.path)
        items = self.lists.get(kind, [])
        return page(items[start : start + limit], str(start + limit) if start + limit < len(items) else "")


def page(items: Sequence[Wire], token: str = "") -> bytes:
    """A list as the API server writes it, with fields that the exporter does not know."""
    metadata = {"resourceVersion": "7"} | ({"continue": token, "remainingItemCount": 1} if token else {})
    return json.dumps({"kind": "List", "apiVersion": "v1", "metadata": metadata, "items": list(items)}).encode()


def namespace(name: str, department: str = "", purpose: str = "", product: str = "") -> Wire:
    """A namespace; a label that is empty is not set."""
    found = {labels.DEPARTMENT: department, labels.PURPOSE: purpose, labels.PRODUCT: product}
    metadata = {"name": name, "labels": {key: value for key, value in found.items() if value}}
    return {"metadata": metadata, "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}


def container(name: str = "main", cpu: str = "", memory: str = "", **more: Any) -> Wire:
    """A container with requests; an empty request is not set."""
    requests = {key: value for key, value in (("cpu", cpu), ("memory", memory)) if value}
    return {"name": name, "image": "x", "resources": {"requests": requests} if requests else {}, **more}


def pod(name: str, in_namespace: str, *containers: Wire, node: str = "n1", phase: str = "Running", **spec: Any) -> Wire:
    """A pod; without a node it is not scheduled yet."""
    return {
        "metadata": {"name": name, "namespace": in_namespace, "annotations": {"unknown": "field"}},
        "spec": {"containers": list(containers) or [container()], **({"nodeName": node} if node else {}), **spec},
        "status": {"phase": phase},
    }


def node(name: str, cpu: str = "4", memory: str = "8Gi", *, pool: str = "", ready: str = "True", **spec: Any) -> Wire:
    """A node whose allocatable resources are given; it has one core more installed."""
    return {
        "metadata": {"name": name, "labels": {f"{labels.GROUP}/pool": pool} if pool else {}},
        "spec": spec,
        "status": {
            "capacity": {"cpu": str(int(cpu) + 1), "memory": "64Gi", "pods": "110"},
            "allocatable": {"cpu": cpu, "memory": memory, "ephemeral-storage": "9"},
            "conditions": [{"type": "MemoryPressure", "status": "False"}, {"type": "Ready", "status": ready}],
        },
    }


def quota(in_namespace: str, hard: Mapping[str, str], **spec: Any) -> Wire:
    """A ResourceQuota."""
    return {"metadata": {"name": "q", "namespace": in_namespace}, "spec": {"hard": dict(hard), **spec}, "status": {}}


def claim(in_namespace: str, capacity: str, storage_class: str = "local-path", phase: str = "Bound") -> Wire:
    """A PersistentVolumeClaim that asked for 1Gi and got `capacity`."""
    return {
        "metadata": {"name": "c", "namespace": in_namespace},
        "spec": {"storageClassName": storage_class, "resources": {"requests": {"storage": "1Gi"}}},
        "status": {"phase": phase, "capacity": {"storage": capacity}},
    }


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample of a page in text format, by name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scrape(registry: CollectorRegistry) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample that a scrape of the registry shows."""
    return samples(generate_latest(registry).decode())


def key(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    """Key of one sample in what `samples` returns."""
    return name, frozenset(labels.items())
