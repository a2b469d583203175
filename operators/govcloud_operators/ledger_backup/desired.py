"""The Secret by which the ledger's pod reaches its backups. Pure; the pod is in monitoring/deploy/35-ledger.yaml."""

from __future__ import annotations

from govcloud_api import labels
from govcloud_api.objects import Object, Ref
from govcloud_api.v1alpha1.service_instance import Backup
from govcloud_operators.services.authority import encoded
from govcloud_operators.services.backups.vault import Vault
from govcloud_operators.services.postgresql import config

SECRET = Ref("v1", "Secret", "ledger-backup", labels.MONITORING_NAMESPACE)
FOLDERS = config.Folders(config="/etc/ledger", run="/run/ledger", cluster="ledger")
"""Where the pod mounts things; it has no certificate of its own."""
VOLUME_BYTES = 5 * 1024 * config.MIB


def secret(vault: Vault) -> Object:
    """Kept as long as what departments' databases have when they ask for nothing else."""
    files = config.repository_files(
        vault, retention_days=Backup().retention_days, storage_bytes=VOLUME_BYTES, at=FOLDERS
    )
    metadata = {
        "name": SECRET.name,
        "namespace": SECRET.namespace,
        "labels": {labels.MANAGED_BY: labels.MANAGER},
    }
    data = {name: encoded(text) for name, text in files.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque", "data": data}
