"""Where the services' authority is kept: a Secret of the operator's namespace, made once and never replaced.

Replacing it would cut every program off from its service at once, so nothing here can.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from govcloud_api import errors, labels
from govcloud_api.objects import Object, Ref
from govcloud_kube import Cluster
from govcloud_operators.services import certificates
from govcloud_operators.services.backups.vault import Store, Vault, derive, derive_platform
from govcloud_operators.services.certificates import Pair

Clock = Callable[[], datetime]
SECRET = Ref("v1", "Secret", "services-ca", labels.SYSTEM_NAMESPACE)


class Authority:
    """The authority and the operator's client certificate, read or made at first use. Safe in several threads."""

    def __init__(self, cluster: Cluster, clock: Clock, store: Store | None = None) -> None:
        self.store = store or Store()
        """Where backups go, as the site says."""
        self._cluster = cluster
        self._clock = clock
        self._lock = threading.Lock()
        self._pair: Pair | None = None
        self._client: Pair | None = None

    def pair(self) -> Pair:
        """The authority itself. Raises what `Cluster` raises, ConfigError when the Secret holds something else."""
        with self._lock:
            return self._kept()

    def client(self) -> Pair:
        """The operator's own certificate, of memory only, renewed in good time. Raises like `pair`."""
        with self._lock:
            now = self._clock()
            if self._client is None or now >= certificates.half_life(self._client.certificate):
                self._client = certificates.client(self._kept(), certificates.OPERATOR_NAME, now)
            return self._client

    def secret(self, instance_uid: str) -> str:
        """The operator's own secret for an instance, 64 hexadecimal digits. Raises like `pair`.

        It is made from the authority's key, so it lasts as long and is kept nowhere.
        """
        return self._secret(f"instance {instance_uid}")

    def vault(self, instance_uid: str) -> Vault:
        """An instance's place in the backup store. Raises like `pair`."""
        return derive(self._store(), instance_uid, self.secret(instance_uid))

    def platform_vault(self, word: str) -> Vault:
        """The place of one of `vault.PLATFORM` in the backup store: the same for ever. Raises like `pair`."""
        return derive_platform(self._store(), word, self._secret(f"platform {word}"))

    def _store(self) -> Store:
        return replace(self.store, authority=self.store.authority or self.pair().certificate)

    def _secret(self, purpose: str) -> str:
        return hmac.new(self.pair().key.encode(), purpose.encode(), "sha256").hexdigest()

    def _kept(self) -> Pair:
        if self._pair is None:
            self._pair = read(self._cluster) or self._make()
        return self._pair

    def _make(self) -> Pair:
        made = certificates.new_authority(self._clock())
        try:
            self._cluster.create(secret(SECRET.name, labels.SYSTEM_NAMESPACE, {}, made, made.certificate))
        except errors.Conflict as error:
            if (kept := read(self._cluster)) is None:
                raise errors.NotReady(f"{SECRET} was there a moment ago and is gone") from error
            return kept
        return made


def secret(name: str, namespace: str, own_labels: dict[str, str], pair: Pair, authority: str) -> Object:
    """Secret of type kubernetes.io/tls with a certificate, its key and the authority's certificate."""
    metadata = {"name": name, "namespace": namespace, "labels": {labels.MANAGED_BY: labels.MANAGER} | own_labels}
    texts = {"tls.crt": pair.certificate, "tls.key": pair.key, "ca.crt": authority}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "type": "kubernetes.io/tls",
        "data": {key: encoded(text) for key, text in texts.items()},
    }


def encoded(text: str) -> str:
    """As Secrets hold it."""
    return base64.b64encode(text.encode()).decode()


def decoded(found: Object | None, key: str) -> str:
    """A text of a Secret, empty when it is not there or is no text."""
    value = ((found or {}).get("data") or {}).get(key, "")
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


def read(cluster: Cluster) -> Pair | None:
    """The authority that is kept; None when none was made yet. Raises like `Authority.pair`."""
    found = cluster.get(SECRET)
    if found is None:
        return None
    pair = Pair(certificate=decoded(found, "tls.crt"), key=decoded(found, "tls.key"))
    if not pair.certificate or not pair.key:
        raise errors.ConfigError(f"{SECRET} holds no tls.crt and tls.key; restore it from the site's backup")
    return pair
