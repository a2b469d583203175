"""How pgbackrest reaches an instance's bucket in the backup store; pure. Format: https://pgbackrest.org/configuration.html"""

from __future__ import annotations

from govcloud_operators.services.backups.vault import Account, Vault

AUTHORITY_FILE = "ca.crt"
IO_TIMEOUT_SECONDS = 10
"""Of one try; pgbackrest makes four before it says that the store does not answer."""


def options(vault: Vault, account: Account, folder: str) -> dict[str, str]:
    """pgbackrest options; `folder` holds `AUTHORITY_FILE`. Content is encrypted here, before it leaves the pod."""
    store = vault.store
    return {
        "repo1-type": "s3",
        "repo1-path": "/pgbackrest",
        "repo1-s3-bucket": vault.bucket,
        "repo1-s3-endpoint": store.host,
        "repo1-s3-region": store.region,
        "repo1-s3-uri-style": "path",
        "repo1-s3-key": account.key,
        "repo1-s3-key-secret": account.secret,
        "repo1-storage-host": store.host,
        "repo1-storage-port": str(store.port),
        "repo1-storage-ca-file": f"{folder}/{AUTHORITY_FILE}",
        "repo1-storage-verify-tls": "y",
        "repo1-cipher-type": "aes-256-cbc",
        "repo1-cipher-pass": vault.passphrase,
        # Small files go together: a new database has a thousand of them.
        "repo1-bundle": "y",
        "io-timeout": str(IO_TIMEOUT_SECONDS),
    }
