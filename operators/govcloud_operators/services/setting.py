"""What the rooms of services share in one process: the authority, how services are reached, where backups go."""

from __future__ import annotations

import threading

from govcloud_kube import Cluster
from govcloud_operators.services.authority import Authority, Clock
from govcloud_operators.services.backups.keeping import StoreVaults, Vaults
from govcloud_operators.services.backups.vault import Store
from govcloud_operators.services.looking import Dial, as_named


class Services:
    """Given once, when the process starts. Safe to use from several threads."""

    def __init__(self, dial: Dial = as_named, store: Store | None = None) -> None:
        self.dial = dial
        self._store = store or Store()
        self._authority: Authority | None = None
        self._vaults: Vaults | None = None
        self._lock = threading.Lock()

    def authority(self, cluster: Cluster, clock: Clock) -> Authority:
        """The services' authority, which is read or made when it is used first."""
        with self._lock:
            if self._authority is None:
                self._authority = Authority(cluster, clock, self._store)
            return self._authority

    def vaults(self, cluster: Cluster, clock: Clock) -> Vaults:
        """The backup store, as its root."""
        authority = self.authority(cluster, clock)
        with self._lock:
            if self._vaults is None:
                self._vaults = StoreVaults(cluster, authority, self.dial)
            return self._vaults
