"""Instant queries to Prometheus, through the Kubernetes API: who may ask is decided there, and TLS is on.

Format: https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from urllib.parse import urlencode

import msgspec

from govcloud_monitoring.prometheus_http import Answer, getter, results

PROXY = "/api/v1/namespaces/govcloud-monitoring/services/http:prometheus:web/proxy"
_PATH = "/api/v1/query"


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of an answer; never NaN."""

    labels: Mapping[str, str]
    value: float


Vector = tuple[Sample, ...]
Ask = Callable[[str], Vector]
"""Values of an expression now. Raises GovcloudError."""
AskAt = Callable[[str, datetime], Vector]
"""Values of an expression at a moment. Raises GovcloudError."""


class RawReader(Protocol):
    """The one method of `govcloud_kube.cluster.Cluster` that is needed."""

    def raw(self, method: str, path: str) -> bytes:
        """The bytes an API path answers."""
        ...


class _Point(msgspec.Struct):
    value: tuple[float, str]
    metric: dict[str, str] = {}


_ANSWER = msgspec.json.Decoder(Answer[_Point])


def through(api: RawReader) -> Ask:
    """Asks the Prometheus of the cluster that `api` reaches."""
    return lambda expression: vector(api.raw("GET", f"{PROXY}{_PATH}?{urlencode({'query': expression})}"))


def direct(url: str, *, timeout_seconds: float = 30.0) -> AskAt:
    """Asks the Prometheus at an HTTP URL for values at a moment; without proxies. Raises ApiUnavailable, NotReady."""
    get = getter(url, timeout_seconds=timeout_seconds)
    return lambda expression, at: vector(get(_PATH, {"query": expression, "time": at.timestamp()}))


def vector(body: bytes) -> Vector:
    """The samples of an answer. Raises NotReady when Prometheus refuses the query, ApiUnavailable for another body."""
    samples = (Sample(each.metric, float(each.value[1])) for each in results(_ANSWER, body, "vector"))
    return tuple(each for each in samples if not math.isnan(each.value))
