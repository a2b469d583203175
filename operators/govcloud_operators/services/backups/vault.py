"""One instance's place in the backup store: names and keys. Pure.

Everything is made from the operator's own secret of the instance (`authority.Authority.vault`): nothing has to be kept,
and what a lost environment held is found again from the instance's UID.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

NAMESPACE = "govcloud-backups"
WORKLOAD = "backup-store"
"""Name of the store's StatefulSet, Service and pods."""
PORT = 7070


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Where backups of a site go: the store in the cluster unless said otherwise."""

    host: str = f"{WORKLOAD}.{NAMESPACE}.svc.cluster.local"
    port: int = PORT
    region: str = "us-east-1"
    """A word that both sides must sign with; the store is wherever it is."""
    authority: str = ""
    """PEM of who signs the store's certificate; empty: the services' authority."""

    @property
    def names(self) -> list[str]:
        """Names by which the store in the cluster is called, most exact first."""
        return [self.host, f"{WORKLOAD}.{NAMESPACE}.svc", f"{WORKLOAD}.{NAMESPACE}", WORKLOAD]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Credentials of the store."""

    key: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vault:
    """A bucket, who may use it, and the passphrase without which its content is noise."""

    store: Store
    """With its authority filled in."""
    bucket: str
    writer: Account
    """Reads and adds; what it deletes is only hidden."""
    reader: Account
    passphrase: str = field(repr=False)


def bucket_name(instance_uid: str) -> str:
    """`i-<uid>`: never used a second time, and says nothing about whose it is."""
    return f"i-{instance_uid}"


def derive(store: Store, instance_uid: str, secret: str) -> Vault:
    """The vault of an instance; `secret` is the operator's own of it."""

    def made(purpose: str) -> str:
        return hmac.new(secret.encode(), f"backup {purpose}".encode(), "sha256").hexdigest()

    return Vault(
        store=store,
        bucket=bucket_name(instance_uid),
        writer=Account(key=f"w-{instance_uid}", secret=made("writer")),
        reader=Account(key=f"r-{instance_uid}", secret=made("reader")),
        passphrase=made("passphrase"),
    )
