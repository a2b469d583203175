"""A place in the backup store, of an instance or of the platform itself: names and keys. Pure.

Everything is made from the operator's own secret of it (`authority.Authority.vault`): nothing has to be kept, and what
a lost environment held is found again from the instance's UID. Names of the platform's places begin otherwise than
those of instances, whatever a UID may be.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

NAMESPACE = "govcloud-backups"
WORKLOAD = "backup-store"
"""Name of the store's StatefulSet, Service and pods."""
PORT = 7070
LEDGER = "ledger"
PLATFORM = (LEDGER,)
"""What of the platform is backed up. The words are for good: another one would be another, empty place."""


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


def platform_bucket_name(word: str) -> str:
    """`platform-<word>`, for one of `PLATFORM`."""
    return f"platform-{word}"


def derive(store: Store, instance_uid: str, secret: str) -> Vault:
    """The vault of an instance; `secret` is the operator's own of it."""
    writer, reader = f"w-{instance_uid}", f"r-{instance_uid}"
    return _derive(store, bucket_name(instance_uid), writer, reader, secret)


def derive_platform(store: Store, word: str, secret: str) -> Vault:
    """The vault of one of `PLATFORM`; `secret` is the operator's own of it."""
    bucket = platform_bucket_name(word)
    return _derive(store, bucket, f"{bucket}-w", f"{bucket}-r", secret)


def _derive(store: Store, bucket: str, writer: str, reader: str, secret: str) -> Vault:

    def made(purpose: str) -> str:
        return hmac.new(secret.encode(), f"backup {purpose}".encode(), "sha256").hexdigest()

    return Vault(
        store=store,
        bucket=bucket,
        writer=Account(key=writer, secret=made("writer")),
        reader=Account(key=reader, secret=made("reader")),
        passphrase=made("passphrase"),
    )
