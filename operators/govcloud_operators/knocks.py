"""Tries to get into probe pods from another namespace while they run: side by side, and beside the work queue.

A probe listens for five seconds, and silence takes a second to notice. A look that waited for it would keep a worker,
and of hundreds of environments at once most would be tried too late.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Executor

from govcloud_api import errors
from govcloud_api.objects import Object, ref_of
from govcloud_kube import Cluster
from govcloud_operators import network

LOG = logging.getLogger(__name__)
AT_ONCE = 64
"""Threads that wait for an answer or for silence."""
KNOWN = 4096
"""Pods remembered; the oldest are forgotten first, and proven again should anybody still ask."""


class Knocks:
    """What came of it, by the pod's UID. Safe to call from threads."""

    def __init__(self, cluster: Cluster, reach: network.Reach, port: int, threads: Executor) -> None:
        """`cluster` reads live; `port` is where probes listen; `threads` run what waits."""
        self._cluster = cluster
        self._reach = reach
        self._port = port
        self._threads = threads
        self._lock = threading.Lock()
        self._tried = OrderedDict[str, bool | None]()
        """None: it is being tried, or the pod ended meanwhile."""

    def entered(self, pod: Object) -> bool | None:
        """Could it be entered while it ran? None: nobody knows (yet)."""
        return self._tried.get(pod["metadata"]["uid"])

    def knock(self, pod: Object, then: Callable[[], None]) -> None:
        """Try once, if it runs; call `then` when it is known."""
        address = _address(pod, self._port)
        if address is None or not self._is_first(pod["metadata"]["uid"]):
            return
        self._threads.submit(self._try, pod, address, then)

    def _is_first(self, uid: str) -> bool:
        with self._lock:
            first = uid not in self._tried
            if first:
                self._tried[uid] = None
            while len(self._tried) > KNOWN:
                self._tried.popitem(last=False)
        return first

    def _try(self, pod: Object, address: str, then: Callable[[], None]) -> None:
        """Silence counts only when the pod still ran after it."""
        entered = self._reach(address) != "silent"
        try:
            after = self._cluster.get(ref_of(pod))
        except errors.GovcloudError as error:
            LOG.info("%s: %s", ref_of(pod), error)
            return
        if after is not None and after["metadata"]["uid"] == pod["metadata"]["uid"] and _address(after, self._port):
            self._tried[pod["metadata"]["uid"]] = entered
            then()


def _address(pod: Object, port: int) -> str | None:
    """`IP:port` of a pod that runs."""
    status = pod.get("status") or {}
    ip = status.get("podIP")
    if status.get("phase") != "Running" or not ip:
        return None
    return network.joined(ip, port)
