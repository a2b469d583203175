"""What the operator is told from outside. Read once, in `main`."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from govcloud_api import errors
from govcloud_operators.surroundings import IpNetwork

PREFIX = "GOVCLOUD_"
LEAST_RETENTION_DAYS = 30
NETWORKS = ("POD_CIDR", "SERVICE_CIDR", "NODE_CIDR")


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
    health_port: int = 9090
    """TCP port of /healthz."""
    page_port: int = 9091
    """TCP port of /metrics and /services, over TLS."""
    page_host: str = "0.0.0.0"  # noqa: S104 - kubelet and Prometheus come from outside the pod
    resync_seconds: float = 30.0
    """Every object is looked at this often; drift lives no longer than twice that."""
    workers: int = 8
    """Objects looked at side by side: a look at the network waits a second for silence."""
    retention_days: float = 400.0
    """How long closed requests are kept, and decisions about requests that are gone; they are evidence."""
    tidying_seconds: float = 3600.0
    """How often each home is looked through for what is older."""
    writes_per_second: float = 150.0
    """Most writes to the API server, on average over a second; a quarter is kept for what people wait for."""
    canary_address: str | None = None
    """`IP:port` where the operator finds the canary; None: at its Service."""
    cluster_networks: tuple[IpNetwork, ...] = ()
    """Pods, Services and machines: what no environment may reach by address. Empty: unknown, all egress stays shut."""
    prometheus_url: str = "http://prometheus.govcloud-monitoring.svc:9090"
    """Where the use of namespaces is asked for."""
    expected_user: str = "system:serviceaccount:govcloud-system:operator"


def from_environment(environ: Mapping[str, str], *, host_name: str, version: str) -> Settings:
    """Settings from GOVCLOUD_* variables. Raises ConfigError naming the variable that is wrong."""
    kubeconfig = environ.get("KUBECONFIG")
    return Settings(
        identity=environ.get(f"{PREFIX}IDENTITY") or host_name,
        version=environ.get(f"{PREFIX}VERSION") or version,
        kubeconfig=Path(kubeconfig) if kubeconfig else None,
        namespace=environ.get(f"{PREFIX}NAMESPACE") or "govcloud-system",
        health_port=int(_number(environ, "HEALTH_PORT", 9090)),
        page_port=int(_number(environ, "PAGE_PORT", 9091)),
        page_host=environ.get(f"{PREFIX}PAGE_HOST") or "0.0.0.0",  # noqa: S104 - as above
        resync_seconds=_number(environ, "RESYNC_SECONDS", 30.0),
        workers=int(_number(environ, "WORKERS", 8)),
        retention_days=_retention_days(environ),
        tidying_seconds=_number(environ, "TIDYING_SECONDS", 3600.0),
        writes_per_second=_number(environ, "WRITES_PER_SECOND", 150.0),
        canary_address=environ.get(f"{PREFIX}CANARY_ADDRESS") or None,
        cluster_networks=_networks(environ),
        prometheus_url=_url(environ, "PROMETHEUS_URL", "http://prometheus.govcloud-monitoring.svc:9090"),
    )


def _url(environ: Mapping[str, str], name: str, default: str) -> str:
    text = environ.get(f"{PREFIX}{name}") or default
    if not text.startswith(("http://", "https://")):
        raise errors.ConfigError(f"{PREFIX}{name} is {text!r}; write for example {default}")
    return text.rstrip("/")


def _networks(environ: Mapping[str, str]) -> tuple[IpNetwork, ...]:
    """All of them or none: one that is forgotten would be open to environments."""
    given = {name: environ.get(f"{PREFIX}{name}") or "" for name in NETWORKS}
    if not any(given.values()):
        return ()
    for name, text in given.items():
        if not text:
            raise errors.ConfigError(f"{PREFIX}{name} is missing; set {', '.join(PREFIX + n for n in NETWORKS)}")
    return tuple(_network(name, part) for name, text in given.items() for part in text.split(","))


def _network(name: str, text: str) -> IpNetwork:
    try:
        return ipaddress.ip_network(text.strip())
    except ValueError as error:
        raise errors.ConfigError(f"{PREFIX}{name}: {error}; write for example 10.77.0.0/24") from error


def _retention_days(environ: Mapping[str, str]) -> float:
    days = _number(environ, "RETENTION_DAYS", 400.0)
    if days < LEAST_RETENTION_DAYS:
        name = f"{PREFIX}RETENTION_DAYS"
        raise errors.ConfigError(f"{name} is {days:g}; decisions are evidence for {LEAST_RETENTION_DAYS} days at least")
    return days


def _number(environ: Mapping[str, str], name: str, default: float) -> float:
    text = environ.get(f"{PREFIX}{name}")
    try:
        value = default if not text else float(text)
    except ValueError as error:
        raise errors.ConfigError(f"{PREFIX}{name} is {text!r}, which is not a number; correct or unset it") from error
    if value <= 0:
        raise errors.ConfigError(f"{PREFIX}{name} is {text!r}; it must be greater than 0")
    return value
