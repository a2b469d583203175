"""What the rooms of services share in one process: the authority, and how services are reached."""

from __future__ import annotations

import threading

from govcloud_kube import Cluster
from govcloud_operators.services.authority import Authority, Clock
from govcloud_operators.services.looking import Dial, as_named


class Services:
    """Given once, when the process starts. Safe to use from several threads."""

    def __init__(self, dial: Dial = as_named) -> None:
        self.dial = dial
        self._authority: Authority | None = None
        self._lock = threading.Lock()

    def authority(self, cluster: Cluster, clock: Clock) -> Authority:
        """The services' authority, which is read or made when it is used first."""
        with self._lock:
            if self._authority is None:
                self._authority = Authority(cluster, clock)
            return self._authority
