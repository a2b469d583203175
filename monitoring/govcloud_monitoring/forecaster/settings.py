"""What the forecaster may be told from outside, by environment variables GOVCLOUD_FORECASTER_*."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from govcloud_monitoring import environment

PREFIX = "GOVCLOUD_FORECASTER_"
Seconds = Annotated[float, Field(gt=0, le=86400)]


class Settings(environment.Serving):
    """Settings of the forecaster; the variable of a field is GOVCLOUD_FORECASTER_ and its name in capitals."""

    port: int = Field(default=9108, ge=0, le=65535)
    """Metrics, for Prometheus with its certificate."""
    prometheus_url: Annotated[str, Field(pattern=r"^https?://[^/]+$")] = "http://prometheus:9090"
    first_seconds: Seconds = 120.0
    """From the start to the first run."""
    every_seconds: Seconds = 3600.0
    """From the beginning of a run to that of the next."""
    retry_seconds: Seconds = 300.0
    """After a run that failed."""
    look_seconds: Seconds = 30.0
    """Between two looks at the last run."""
    processor_share: Annotated[float, Field(gt=0, le=1)] = 0.1
    """How much of one processor a run may take."""


def from_environment(environ: Mapping[str, str]) -> Settings:
    """Settings from variables. Raises ConfigError that names every wrong variable."""
    return environment.parsed(Settings, PREFIX, environ)
