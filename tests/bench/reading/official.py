"""The official client with typed objects."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from kubernetes import client, config, watch
from measuring import LAST, PAGE_PODS, Sums, Work, by_department, cpu_milli, department, measured


def connected(kubeconfig: Path) -> Any:
    """The core API."""
    untyped: Any = config
    untyped.load_kube_config(str(kubeconfig))
    return client.CoreV1Api()


def request(pod: Any) -> int:
    """Sum over containers."""
    return sum(cpu_milli(container.resources.requests["cpu"]) for container in pod.spec.containers)


def listed(kubeconfig: Path) -> Work:
    """See `measuring`."""
    core = connected(kubeconfig)

    def work() -> Sums:
        sums: Counter[str] = Counter()
        token = None
        while True:
            page = core.list_pod_for_all_namespaces(limit=PAGE_PODS, _continue=token)
            for pod in page.items:
                sums[department(pod.metadata.namespace)] += request(pod)
            token = page.metadata._continue
            if not token:
                return sums

    return work


def watched(kubeconfig: Path) -> Work:
    """See `measuring`."""
    core = connected(kubeconfig)

    def work() -> Sums:
        store: dict[tuple[str, str], int] = {}
        for event in watch.Watch().stream(core.list_pod_for_all_namespaces, resource_version="1"):
            pod = event["object"]
            key = (pod.metadata.namespace, pod.metadata.name)
            if event["type"] == "DELETED":
                store.pop(key, None)
            else:
                store[key] = request(pod)
            if pod.metadata.name == LAST:
                break
        return by_department(store)

    return work


if __name__ == "__main__":
    measured({"list": listed, "watch": watched})
