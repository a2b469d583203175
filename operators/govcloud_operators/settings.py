"""What the operator is told from outside. Read once, in `main`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from govcloud_api import errors

PREFIX = "GOVCLOUD_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one operator process."""

    identity: str
    """Who holds the lease: the pod's name, so a restarted container goes on at once."""
    version: str
    """Project version; tag of our own images."""
    kubeconfig: Path | None = None
    """None: the pod's service account."""
    namespace: str = "govcloud-system"
    """Where the lease is."""
    page_port: int = 9090
    """TCP port of /healthz and /metrics."""
    page_host: str = "0.0.0.0"  # noqa: S104 - kubelet and Prometheus come from outside the pod
    resync_seconds: float = 30.0
    """Every object is looked at this often; drift lives no longer than twice that."""
    workers: int = 4
    canary_address: str | None = None
    """`IP:port` where the operator finds the canary; None: at its Service."""
    expected_user: str = "system:serviceaccount:govcloud-system:operator"


def from_environment(environ: Mapping[str, str], *, host_name: str, version: str) -> Settings:
    """Settings from GOVCLOUD_* variables. Raises ConfigError naming the variable that is wrong."""
    kubeconfig = environ.get("KUBECONFIG")
    return Settings(
        identity=environ.get(f"{PREFIX}IDENTITY") or host_name,
        version=environ.get(f"{PREFIX}VERSION") or version,
        kubeconfig=Path(kubeconfig) if kubeconfig else None,
        namespace=environ.get(f"{PREFIX}NAMESPACE") or "govcloud-system",
        page_port=int(_number(environ, "PAGE_PORT", 9090)),
        page_host=environ.get(f"{PREFIX}PAGE_HOST") or "0.0.0.0",  # noqa: S104 - as above
        resync_seconds=_number(environ, "RESYNC_SECONDS", 30.0),
        workers=int(_number(environ, "WORKERS", 4)),
        canary_address=environ.get(f"{PREFIX}CANARY_ADDRESS") or None,
    )


def _number(environ: Mapping[str, str], name: str, default: float) -> float:
    text = environ.get(f"{PREFIX}{name}")
    try:
        value = default if not text else float(text)
    except ValueError as error:
        raise errors.ConfigError(f"{PREFIX}{name} is {text!r}, which is not a number; correct or unset it") from error
    if value <= 0:
        raise errors.ConfigError(f"{PREFIX}{name} is {text!r}; it must be greater than 0")
    return value
