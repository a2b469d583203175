"""The exporter's own reading. `list` does all that the exporter does first: seven kinds, and every figure of them."""

from __future__ import annotations

import gc
import time
from collections import Counter
from pathlib import Path

from measuring import Sums, Work, department, measured

from govcloud_kube import real
from govcloud_monitoring import serve
from govcloud_monitoring.kubernetes.reader import KINDS, PODS, KubernetesReader
from govcloud_monitoring.kubernetes.snapshot import Snapshot
from govcloud_monitoring.watch.follower import Follower, Terms
from govcloud_monitoring.watch.restarts import Restarts

STALE_SECONDS = 25


def terms(config: Path) -> Terms:
    """As the exporter's own."""
    api = real.connect(config, timeout_seconds=serve.API_TIMEOUT_SECONDS)
    gc.freeze()
    return Terms(api=api, now=time.monotonic, stale_seconds=STALE_SECONDS, restarts=Restarts(KINDS))


def by_department(snapshot: Snapshot) -> Sums:
    """Pools and purposes joined."""
    sums: Counter[str] = Counter()
    for (owner, _, _), amount in snapshot.requested.items():
        sums[owner] += amount.cpu_milli
    return sums


def listed(config: Path) -> Work:
    """See `measuring`."""
    reader = KubernetesReader(terms(config))

    def work() -> Sums:
        for follower in reader.followers:
            follower.turn()
        return by_department(reader.read())

    return work


def watched(config: Path) -> Work:
    """See `measuring`."""
    follower = Follower(PODS, terms(config))

    def work() -> Sums:
        follower.turn()
        sums: Counter[str] = Counter()
        for pod in follower.store.values():
            sums[department(pod.namespace)] += pod.request.cpu_milli
        return sums

    return work


if __name__ == "__main__":
    measured({"list": listed, "watch": watched})
