"""One connection a kubeconfig for the provider's whole life."""

from functools import lru_cache
from pathlib import Path

from govcloud_kube.cluster import Cluster


@lru_cache(maxsize=4)
def connect(kubeconfig: str) -> Cluster:
    """The cluster that the file leads to. Raises ConfigError when the file cannot be used."""
    from govcloud_kube import real  # half of what the provider imports; machines need no cluster

    return real.connect(Path(kubeconfig))
