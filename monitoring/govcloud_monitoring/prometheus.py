"""Instant queries to Prometheus, through the Kubernetes API: who may ask is decided there, and TLS is on.

Format: https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries.
"""

from __future__ import annotations

import http.client
import math
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from urllib.parse import urlencode

import msgspec

from govcloud_api.errors import ApiUnavailable, NotReady

PROXY = "/api/v1/namespaces/govcloud-monitoring/services/http:prometheus:web/proxy"


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of an answer; never NaN."""

    labels: Mapping[str, str]
    value: float


Vector = tuple[Sample, ...]
Ask = Callable[[str], Vector]
"""Values of an expression now. Raises GovcloudError."""


class RawReader(Protocol):
    """The one method of `govcloud_kube.cluster.Cluster` that is needed."""

    def raw(self, method: str, path: str) -> bytes:
        """The bytes an API path answers."""
        ...


class _Point(msgspec.Struct):
    value: tuple[float, str]
    metric: dict[str, str] = {}


class _Data(msgspec.Struct, rename="camel"):
    result_type: str
    result: list[_Point]


class _Answer(msgspec.Struct):
    status: str
    data: _Data | None = None
    error: str = ""


_ANSWER = msgspec.json.Decoder(_Answer)


def through(api: RawReader) -> Ask:
    """Asks the Prometheus of the cluster that `api` reaches."""
    return lambda expression: vector(api.raw("GET", f"{PROXY}/api/v1/query?{urlencode({'query': expression})}"))


def direct(url: str, *, timeout_seconds: float = 30.0) -> Callable[[str, datetime], Vector]:
    """Asks the Prometheus at an HTTP URL for values at a moment; without proxies. Raises ApiUnavailable, NotReady."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask(expression: str, at: datetime) -> Vector:
        query = urlencode({"query": expression, "time": at.timestamp()})
        try:
            with opener.open(f"{url}/api/v1/query?{query}", timeout=timeout_seconds) as answer:
                return vector(answer.read())
        except urllib.error.HTTPError as error:  # it says why in the same form as an answer
            return vector(error.read())
        except (OSError, http.client.HTTPException) as error:
            raise ApiUnavailable(f"Prometheus at {url} does not answer: {error}; is it running?") from error

    return ask


def vector(body: bytes) -> Vector:
    """The samples of an answer. Raises NotReady when Prometheus refuses the query, ApiUnavailable for another body."""
    try:
        answer = _ANSWER.decode(body)
    except msgspec.DecodeError as error:
        raise ApiUnavailable(f"what answers in Prometheus' place is not Prometheus: {error}; is it running?") from error
    if answer.status != "success" or answer.data is None:
        raise NotReady(f"Prometheus cannot answer: {answer.error or 'no reason given'}; try again in a moment")
    samples = (Sample(each.metric, float(each.value[1])) for each in answer.data.result)
    return tuple(each for each in samples if not math.isnan(each.value))
