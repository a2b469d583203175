"""Kinds of govcloud on an API server that has nothing else of it: those that the exporter follows."""

from __future__ import annotations

import time
from pathlib import Path

import yaml

from govcloud_api import errors
from govcloud_kube.real import RealCluster
from govcloud_monitoring.kubernetes.reader import INSTANCES, OFFERINGS

CRDS = Path(__file__).parents[2] / "operators" / "crds"
SECONDS = 30


def install(admin: RealCluster) -> None:
    """Until they are served."""
    for kind in (INSTANCES, OFFERINGS):
        for file in CRDS.glob(f"*{kind.path.rpartition('/')[2]}.yaml"):
            admin.apply(yaml.safe_load(file.read_text()), field_manager="govcloud-platform")
        deadline = time.monotonic() + SECONDS
        while not _is_served(admin, kind.path):
            assert time.monotonic() < deadline, f"{kind.path} is not served"
            time.sleep(0.1)  # the API server publishes a new kind in its own time


def _is_served(admin: RealCluster, path: str) -> bool:
    try:
        admin.raw("GET", f"{path}?limit=1")
    except errors.GovcloudError:
        return False
    return True
