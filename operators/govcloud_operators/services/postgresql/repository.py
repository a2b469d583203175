"""Where backups are kept: pgbackrest's view of one repository. Now a volume beside the data; pure.

Whatever follows (an S3 bucket) replaces this module: `options` for pgbackrest, `volume` and `reader` for pods.
Format: https://pgbackrest.org/configuration.html
"""

from __future__ import annotations

from govcloud_api.objects import Object
from govcloud_operators.services.driver import child_name

VOLUME = "backup"


def claim_name(instance: str) -> str:
    """Volume claim that holds an instance's backups and write-ahead log."""
    return f"{child_name(instance)}-backup"


def options(folder: str) -> dict[str, str]:
    """pgbackrest options that name the repository which is mounted at `folder`."""
    return {"repo1-path": f"{folder}/repo"}


def volume(instance: str) -> Object:
    """Pod volume with an instance's own repository."""
    return {"name": VOLUME, "persistentVolumeClaim": {"claimName": claim_name(instance)}}


def reader(instance: str) -> Object:
    """Pod volume with another instance's repository, which cannot be written through it."""
    return {"name": VOLUME, "persistentVolumeClaim": {"claimName": claim_name(instance), "readOnly": True}}
