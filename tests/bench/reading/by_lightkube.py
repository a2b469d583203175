"""lightkube with its typed models."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from lightkube import Client, KubeConfig
from lightkube.resources.core_v1 import Pod
from measuring import LAST, PAGE_PODS, Sums, Work, by_department, cpu_milli, department, measured


def connected(kubeconfig: Path) -> Client:
    """A client."""
    return Client(config=KubeConfig.from_file(str(kubeconfig)))


def request(pod: Any) -> int:
    """Sum over containers."""
    return sum(cpu_milli(container.resources.requests["cpu"]) for container in pod.spec.containers)


def listed(kubeconfig: Path) -> Work:
    """See `measuring`."""
    client = connected(kubeconfig)

    def work() -> Sums:
        sums: Counter[str] = Counter()
        for pod in client.list(Pod, namespace="*", chunk_size=PAGE_PODS):
            sums[department(pod.metadata.namespace)] += request(pod)
        return sums

    return work


def watched(kubeconfig: Path) -> Work:
    """See `measuring`."""
    client = connected(kubeconfig)

    def work() -> Sums:
        store: dict[tuple[str, str], int] = {}
        for type_, pod in client.watch(Pod, namespace="*", resource_version="1"):
            key = (pod.metadata.namespace, pod.metadata.name)
            if type_ == "DELETED":
                store.pop(key, None)
            else:
                store[key] = request(pod)
            if pod.metadata.name == LAST:
                break
        return by_department(store)

    return work


if __name__ == "__main__":
    measured({"list": listed, "watch": watched})
