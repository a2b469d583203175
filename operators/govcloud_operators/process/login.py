"""Credentials for kopf's own connection, read anew each time; and the question who we are."""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import Any

import kopf
from kubernetes import client
from kubernetes import config as kubernetes_config

from govcloud_api import errors
from govcloud_kube import Cluster

FRESH_SECONDS = 600
"""A projected token lives about an hour; kopf asks again well before that."""
_TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
_CA = Path("/var/run/secrets/kubernetes.io/serviceaccount/ca.crt")
_config: Any = kubernetes_config


def connection(kubeconfig: Path | None, now: datetime.datetime) -> kopf.ConnectionInfo:
    """Where and as whom to connect. Raises ConfigError when the credentials cannot be read."""
    expiration = now + datetime.timedelta(seconds=FRESH_SECONDS)
    try:
        if kubeconfig is None:
            return _from_pod(expiration)
        settings = client.Configuration()
        _config.load_kube_config(config_file=str(kubeconfig), client_configuration=settings, persist_config=False)
    except (kubernetes_config.ConfigException, OSError, KeyError) as error:
        raise errors.ConfigError(f"cannot read credentials from {kubeconfig or 'the pod'}: {error}") from error
    return kopf.ConnectionInfo(
        server=settings.host,
        ca_path=settings.ssl_ca_cert,
        certificate_path=settings.cert_file,
        private_key_path=settings.key_file,
        expiration=expiration,
    )


def require_identity(cluster: Cluster, expected_user: str) -> None:
    """Ask the API server who we are. Raises Forbidden when it takes us for somebody else, or for nobody."""
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview", "metadata": {}}
    user = ((cluster.create(review).get("status") or {}).get("userInfo") or {}).get("username", "")
    if user != expected_user:
        raise errors.Forbidden(
            f"the API server takes this operator for {user!r}, not {expected_user!r}; check its service account"
        )


def _from_pod(expiration: datetime.datetime) -> kopf.ConnectionInfo:
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    joined = f"[{host}]" if ":" in host else host
    return kopf.ConnectionInfo(
        server=f"https://{joined}:{port}",
        ca_path=str(_CA),
        scheme="Bearer",
        token=_TOKEN.read_text().strip(),
        expiration=expiration,
    )
