"""The store as the operator's rooms use it: as its root, with credentials made once and read by nobody else."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from govcloud_api import errors, labels
from govcloud_api.objects import Object, Ref
from govcloud_kube import Cluster
from govcloud_operators.services.authority import Authority, decoded, encoded
from govcloud_operators.services.backups import versioned, versions
from govcloud_operators.services.backups.vault import NAMESPACE, WORKLOAD, Account, Vault
from govcloud_operators.services.driver import Role
from govcloud_operators.services.s3 import accounts, buckets, policies
from govcloud_operators.services.s3.gateway import Gateway

ROOT = Ref("v1", "Secret", f"{WORKLOAD}-root", NAMESPACE)
ROOT_KEY = "govcloud"
Dial = Callable[[str, int], tuple[str, int]]


class Vaults(Protocol):
    """Buckets with their accounts. Every method raises NotReady when the store does not answer; twice is as once."""

    def open(self, vault: Vault) -> None:
        """The bucket is there, keeps versions, and its two accounts may use it."""
        ...

    def close(self, vault: Vault) -> None:
        """Nobody writes into it any more; it can be read."""
        ...

    def remove(self, vault: Vault) -> None:
        """Bucket, content and accounts are gone."""
        ...

    def sweep(self, vault: Vault, now: datetime) -> None:
        """Old versions that nobody needs any more are gone for good."""
        ...

    def buckets(self) -> frozenset[str]:
        """Names of all buckets."""
        ...


class StoreVaults:
    """`Vaults` in a running versitygw. Safe in several threads."""

    def __init__(self, cluster: Cluster, authority: Authority, dial: Dial) -> None:
        self._cluster = cluster
        self._authority = authority
        self._dial = dial
        self._lock = threading.Lock()
        self._root: Account | None = None

    def open(self, vault: Vault) -> None:
        """See `Vaults.open`."""
        gateway = self._gateway()
        buckets.create(gateway, vault.bucket)
        versioned.keep_versions(gateway, vault.bucket)
        for account in (vault.reader, vault.writer):
            accounts.ensure(gateway, accounts.Account(access_key=account.key, secret_key=account.secret))
        self._allow(gateway, vault, {vault.reader.key: "ro", vault.writer.key: "rw"})

    def close(self, vault: Vault) -> None:
        """See `Vaults.close`."""
        gateway = self._gateway()
        self._allow(gateway, vault, {vault.reader.key: "ro"})
        accounts.remove(gateway, vault.writer.key)

    def remove(self, vault: Vault) -> None:
        """See `Vaults.remove`."""
        gateway = self._gateway()
        for account in (vault.reader, vault.writer):
            accounts.remove(gateway, account.key)
        versioned.remove(gateway, vault.bucket)

    def sweep(self, vault: Vault, now: datetime) -> None:
        """See `Vaults.sweep`."""
        gateway = self._gateway()
        versioned.delete(gateway, vault.bucket, versions.expired(versioned.every(gateway, vault.bucket), now))

    def buckets(self) -> frozenset[str]:
        """See `Vaults.buckets`."""
        return versioned.names(self._gateway())

    def _allow(self, gateway: Gateway, vault: Vault, roles: dict[str, Role]) -> None:
        buckets.set_policy(gateway, vault.bucket, policies.document(vault.bucket, roles))

    def _gateway(self) -> Gateway:
        store = self._authority.store
        host, port = self._dial(store.host, store.port)
        root = self.root()
        return Gateway(
            endpoint=f"https://{host}:{port}",
            access_key=root.key,
            secret_key=root.secret,
            authority_pem=store.authority or self._authority.pair().certificate,
            server_name=store.host,
            region=store.region,
        )

    def root(self) -> Account:
        """The store's root, read or made at first use. Raises what `Cluster` raises, ConfigError if it is spoilt."""
        with self._lock:
            if self._root is None:
                self._root = _read(self._cluster) or self._make()
            return self._root

    def _make(self) -> Account:
        made = Account(key=ROOT_KEY, secret=secrets.token_urlsafe(32))
        try:
            self._cluster.create(root_secret(made))
        except errors.Conflict as error:
            if (kept := _read(self._cluster)) is None:
                raise errors.NotReady(f"{ROOT} was there a moment ago and is gone") from error
            return kept
        return made


def root_secret(root: Account) -> Object:
    """The store's root, as its pod is told and the operator reads it."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": ROOT.name,
            "namespace": ROOT.namespace,
            "labels": {labels.MANAGED_BY: labels.MANAGER},
        },
        "type": "Opaque",
        "data": {"access-key": encoded(root.key), "secret-key": encoded(root.secret)},
    }


def _read(cluster: Cluster) -> Account | None:
    found = cluster.get(ROOT)
    if found is None:
        return None
    kept = Account(key=decoded(found, "access-key"), secret=decoded(found, "secret-key"))
    if not kept.key or not kept.secret:
        raise errors.ConfigError(f"{ROOT} holds no access-key and secret-key; restore it, or make the store anew")
    return kept
