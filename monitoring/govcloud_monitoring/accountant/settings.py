"""What the accountant may be told from outside, by environment variables GOVCLOUD_ACCOUNTANT_*."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from govcloud_monitoring import environment
from govcloud_monitoring.ledger.shares import Kind

PREFIX = "GOVCLOUD_ACCOUNTANT_"


class Settings(environment.Serving):
    """Settings of the accountant; the variable of a field is GOVCLOUD_ACCOUNTANT_ and its name in capitals."""

    port: int = Field(default=9106, ge=0, le=65535)
    """Metrics, for Prometheus with its certificate."""
    api_port: int = Field(default=9107, ge=0, le=65535)
    """Months, for the Kubernetes API in the name of people: it shows no certificate."""
    kubeconfig: Path | None = None
    """None: the pod's own service account."""
    prometheus_url: Annotated[str, Field(pattern=r"^https?://[^/]+$")] = "http://prometheus:9090"
    socket: Annotated[str, Field(min_length=1)] = "/run/ledger/.s.PGSQL.5432"
    database: str = "ledger"
    user: str = "accountant"
    base_tier: Annotated[str, Field(min_length=1)] = "standard"
    """Whose prices the pools themselves are valued at."""
    method: Kind = "proportional"
    """How the platform's own share and idle machines are borne."""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "EUR"
    """ISO 4217."""
    pause_seconds: Annotated[float, Field(gt=0, le=3600)] = 60.0


def from_environment(environ: Mapping[str, str]) -> Settings:
    """Settings from variables. Raises ConfigError that names every wrong variable."""
    return environment.parsed(Settings, PREFIX, environ)
