"""Knocks at once and in the caller's thread: what a look sees of the network is known when it ends."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from govcloud_kube import Cluster
from govcloud_operators.environment.desired import PROBE_PORT
from govcloud_operators.knocks import Knocks
from govcloud_operators.network import Reach


class Here(Executor):
    """Runs what is submitted before it returns."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done = Future[Any]()
        done.set_result(fn(*args, **kwargs))
        return done


def knocks(cluster: Cluster, reach: Reach) -> Knocks:
    """For a process whose probes answer, or are silent, without waiting."""
    return Knocks(cluster, reach, PROBE_PORT, Here())
