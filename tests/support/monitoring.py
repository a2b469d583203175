"""Objects in wire form, and what a page shows, for tests of the exporter; the API itself is in `watched_api`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from govcloud_api import labels
from govcloud_monitoring.kubernetes.reader import KINDS, KubernetesReader, Ratios
from govcloud_monitoring.watch.follower import Terms
from govcloud_monitoring.watch.restarts import Restarts
from support.watched_api import PATHS, RawApi, Wire, page

__all__ = ["PATHS", "RawApi", "Wire", "page"]
STALE_SECONDS = 25.0


def reader(
    api: RawApi,
    *,
    now: Callable[[], float] = lambda: 0.0,
    page_objects: int = 500,
    ratios: Callable[[], Ratios | None] = lambda: None,
) -> KubernetesReader:
    """A reader of an API that has not asked yet."""
    terms = Terms(api=api, now=now, stale_seconds=STALE_SECONDS, restarts=Restarts(KINDS), page_objects=page_objects)
    return KubernetesReader(terms, ratios)


def turn(of: KubernetesReader) -> KubernetesReader:
    """Let each kind list, where need be, and watch once."""
    for follower in of.followers:
        follower.turn()
    return of


def namespace(name: str, department: str = "", purpose: str = "", product: str = "") -> Wire:
    """A namespace; a label that is empty is not set."""
    found = {labels.DEPARTMENT: department, labels.PURPOSE: purpose, labels.PRODUCT: product}
    metadata = {"name": name, "labels": {key: value for key, value in found.items() if value}}
    return {"metadata": metadata, "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}


def container(
    name: str = "main", cpu: str = "", memory: str = "", *, limits: Mapping[str, str] | None = None, **more: Any
) -> Wire:
    """A container with requests and limits; what is empty is not set."""
    requests = {key: value for key, value in (("cpu", cpu), ("memory", memory)) if value}
    resources = {key: dict(value) for key, value in (("requests", requests), ("limits", limits)) if value}
    return {"name": name, "image": "x", "resources": resources, **more}


def pod(name: str, in_namespace: str, *containers: Wire, node: str = "n1", phase: str = "Running", **spec: Any) -> Wire:
    """A pod; without a node it is not scheduled yet."""
    return {
        "metadata": {"name": name, "namespace": in_namespace, "annotations": {"unknown": "field"}},
        "spec": {"containers": list(containers) or [container()], **({"nodeName": node} if node else {}), **spec},
        "status": {"phase": phase},
    }


NO_ROOM = "0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient memory. preemption: not helpful."


def waiting_pod(
    name: str, in_namespace: str, message: str = NO_ROOM, *, reason: str = "Unschedulable", node: str = ""
) -> Wire:
    """A pod that the scheduler found no machine for, in its words."""
    found = pod(name, in_namespace, node=node, phase="Pending")
    found["status"]["conditions"] = [
        {"type": "PodScheduled", "status": "False", "reason": reason, "message": message},
    ]
    return found


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


def offering(name: str, driver: str) -> Wire:
    """An entry of the catalogue."""
    return {"metadata": {"name": name}, "spec": {"displayName": name, "driver": driver, "plans": []}, "status": {}}


def service(
    name: str, in_namespace: str, offering: str = "postgresql", *, ready: str = "True", reason: str = "", **status: Any
) -> Wire:
    """A ServiceInstance; `conditions` of its status come after its Ready."""
    told = {"type": "Ready", "status": ready, "reason": reason, "lastTransitionTime": "2026-05-03T12:00:00Z"}
    return {
        "metadata": {"name": name, "namespace": in_namespace, "annotations": {"unknown": "field"}},
        "spec": {"offeringRef": offering, "plan": "small", "web": {"variables": [{"name": "A", "value": "b"}]}},
        "status": status | {"conditions": [told, *status.get("conditions", ())]},
    }


def condition(type_: str, status: str = "True", since: str = "2026-05-03T12:00:00Z") -> Wire:
    """A condition of a ServiceInstance."""
    return {"type": type_, "status": status, "reason": "Because", "message": "words", "lastTransitionTime": since}


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
