"""What the exporter may be told from outside, by environment variables GOVCLOUD_*."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from govcloud_monitoring import environment

PREFIX = "GOVCLOUD_EXPORTER_"
Seconds = Annotated[float, Field(gt=0, le=3600)]


class Settings(environment.Serving):
    """Settings of the exporter; the variable of a field is GOVCLOUD_EXPORTER_ and its name in capitals."""

    port: int = Field(default=9105, ge=0, le=65535)
    """Metrics, for Prometheus with its certificate."""
    kubeconfig: Path | None = None
    """None: the pod's own service account."""
    prometheus_url: Annotated[str, Field(pattern=r"^https?://[^/]+$")] = "http://prometheus:9090"
    """Asked seldom, for what environments use; never for a scrape."""
    refresh_seconds: Seconds = 10.0
    """Pause between two refreshes."""
    stale_seconds: float = Field(default=25.0, ge=2, le=3600)
    """Age at which a reading is no longer shown, and how long an API server may be away; watches last half of it."""
    hang_seconds: Seconds = 120.0
    """Time without the end of a refresh after which /healthz fails."""


def from_environment(environ: Mapping[str, str]) -> Settings:
    """Settings from variables. Raises ConfigError that names every wrong variable."""
    return environment.parsed(Settings, PREFIX, environ)
