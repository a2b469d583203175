"""What namespaces really used, asked from Prometheus over HTTP. A thin shell; None on any doubt.

API: https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries. The two series are recorded by
monitoring/rules/departments.yaml.
"""

from __future__ import annotations

import http.client
import json
import logging
import math
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from govcloud_api.rules.observed import Measured

LOG = logging.getLogger(__name__)

CPU = "namespace:container_cpu_usage_seconds:rate5m"
MEMORY = "namespace:container_memory_working_set_bytes:sum"
WINDOW = "14d"
"""Long enough that a tenant cannot burn CPU for an afternoon to qualify; Prometheus keeps 15 days."""
MIN_SAMPLES = 2880
"""A day of the rules' 30 s: less says nothing about how an environment is used."""
TIMEOUT_SECONDS = 3.0
MAX_ANSWER_BYTES = 65536

Fetch = Callable[[str], bytes]
"""Body of a URL. Raises OSError or HTTPException."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prometheus:
    """One Prometheus server, e.g. `http://prometheus.govcloud-monitoring.svc:9090`."""

    address: str
    fetch: Fetch

    def measure(self, namespace: str) -> Measured | None:
        """See `surroundings.Usage`. What is missing, young, doubled or not a number is a doubt."""
        try:
            cpu, memory = self._percentile(CPU, namespace), self._percentile(MEMORY, namespace)
            counted = min(
                self._value(f"count_over_time({_series(name, namespace)}[{WINDOW}])") for name in (CPU, MEMORY)
            )
            at = min(self._value(f"timestamp({_series(name, namespace)})") for name in (CPU, MEMORY))
            if counted < MIN_SAMPLES or cpu < 0 or memory < 0:
                return None
            moment = datetime.fromtimestamp(at, UTC)
        except (OSError, http.client.HTTPException, ValueError, LookupError, OverflowError) as error:
            LOG.info("the use of namespace %s is not known: %s", namespace, error)
            return None
        return Measured(cpu_millicores=round(cpu * 1000), memory_bytes=round(memory), at=moment)

    def _percentile(self, name: str, namespace: str) -> float:
        return self._value(f"quantile_over_time(0.95, {_series(name, namespace)}[{WINDOW}])")

    def _value(self, expression: str) -> float:
        """The one value of an expression. Raises ValueError or LookupError when there is not exactly one."""
        body = self.fetch(f"{self.address}/api/v1/query?{urllib.parse.urlencode({'query': expression})}")
        document: Any = json.loads(body)
        if not isinstance(document, dict) or document.get("status") != "success":
            raise ValueError("Prometheus did not answer the query")
        result = (document.get("data") or {}).get("result")
        if not isinstance(result, list) or len(result) != 1:
            raise LookupError(f"{expression} has not exactly one value")
        value = float(result[0]["value"][1])
        if not math.isfinite(value):
            raise ValueError(f"{expression} is {value}")
        return value


def fetch(url: str) -> bytes:
    """Body of an HTTP URL, without proxies. Raises OSError or HTTPException."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=TIMEOUT_SECONDS) as answer:
        return bytes(answer.read(MAX_ANSWER_BYTES))


def _series(name: str, namespace: str) -> str:
    return f'{name}{{namespace="{namespace}"}}'
