"""kr8s, by its asynchronous API: the synchronous one hands each object from thread to thread.

Its lists come as plain dicts (`raw=True`), as it offers for many objects; its watches know only objects.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import kr8s.asyncio
from measuring import LAST, Sums, Work, by_department, cpu_milli, department, measured


def request(pod: Any) -> int:
    """Sum over containers."""
    return sum(cpu_milli(container["resources"]["requests"]["cpu"]) for container in pod["spec"]["containers"])


def listed(kubeconfig: Path) -> Work:
    """See `measuring`."""

    async def work() -> Sums:
        api = await kr8s.asyncio.api(kubeconfig=str(kubeconfig))
        sums: Counter[str] = Counter()
        async for pod in api.get("pods", namespace=kr8s.ALL, raw=True):
            sums[department(pod["metadata"]["namespace"])] += request(pod)
        return sums

    return lambda: asyncio.run(work())


def watched(kubeconfig: Path) -> Work:
    """See `measuring`."""

    async def work() -> Sums:
        api = await kr8s.asyncio.api(kubeconfig=str(kubeconfig))
        store: dict[tuple[str, str], int] = {}
        async for type_, pod in api.watch("pods", namespace=kr8s.ALL):
            if type_ == "DELETED":
                store.pop((pod.namespace, pod.name), None)
            else:
                store[pod.namespace, pod.name] = request(pod.raw)
            if pod.name == LAST:
                break
        return by_department(store)

    return lambda: asyncio.run(work())


if __name__ == "__main__":
    measured({"list": listed, "watch": watched})
