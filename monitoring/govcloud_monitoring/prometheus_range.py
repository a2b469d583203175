"""Range queries to Prometheus: values of an expression at full hours, on a grid, so that gaps are seen.

Format: https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries. An answer is taken apart series by
series: all of its values as Python floats would need ten times as much memory as its text.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from govcloud_api.errors import NotReady
from govcloud_monitoring.prometheus_http import Answer, decoded, getter, results

HOUR = timedelta(hours=1)
MAX_DAYS = 60
"""As long as Prometheus remembers: monitoring/deploy/31-prometheus-config.yaml."""
MAX_ANSWER_BYTES = 64 * 1024 * 1024
"""Of some 1,500 series with a value each hour of 60 days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """`count` full hours, the last at `end` (aware). Raises ValueError for more than 60 days or none."""

    end: datetime
    count: int

    def __post_init__(self) -> None:
        if not 1 <= self.count <= MAX_DAYS * 24:
            raise ValueError(f"{self.count} hours are asked for, 1 to {MAX_DAYS * 24} can be; ask for fewer")

    @property
    def start(self) -> datetime:
        """The first hour."""
        return self.end - (self.count - 1) * HOUR


@dataclass(frozen=True, slots=True)
class Line:
    """One series: a value for each of the hours asked for, NaN where nothing is known."""

    labels: Mapping[str, str]
    values: tuple[float, ...]


AskHours = Callable[[str, Hours], Iterator[Line]]
"""Values of an expression at full hours, series by series. Raises GovcloudError, at once or on the way."""


class _Row(msgspec.Struct):
    metric: dict[str, str] = {}
    values: list[tuple[float, str]] = []


# Rows stay text until they are asked for, one by one.
_ANSWER, _ROW = msgspec.json.Decoder(Answer[msgspec.Raw]), msgspec.json.Decoder(_Row)


def last_hours(now: datetime) -> Hours:
    """The 60 days up to the last full hour."""
    return Hours(end=now.replace(minute=0, second=0, microsecond=0), count=MAX_DAYS * 24)


def direct(url: str, *, timeout_seconds: float = 60.0) -> AskHours:
    """Asks the Prometheus at an HTTP URL; without proxies. Raises ApiUnavailable, NotReady."""
    get = getter(url, timeout_seconds=timeout_seconds, most_bytes=MAX_ANSWER_BYTES + 1)

    def ask(expression: str, hours: Hours) -> Iterator[Line]:
        span = {"start": hours.start.timestamp(), "end": hours.end.timestamp(), "step": HOUR.seconds}
        return lines(get("/api/v1/query_range", {"query": expression, **span}), hours)

    return ask


def lines(body: bytes, hours: Hours) -> Iterator[Line]:
    """The series of an answer. Raises NotReady when Prometheus refuses the query, ApiUnavailable for another body."""
    if len(body) > MAX_ANSWER_BYTES:
        raise NotReady(f"Prometheus' answer is larger than {MAX_ANSWER_BYTES} bytes; ask for fewer series")
    return (_line(decoded(_ROW, row), hours) for row in results(_ANSWER, body, "matrix"))


def _line(row: _Row, hours: Hours) -> Line:
    values = [math.nan] * hours.count
    first = hours.start.timestamp()
    for moment, value in row.values:
        index = round((moment - first) / HOUR.seconds)
        if 0 <= index < hours.count:
            values[index] = float(value)
    return Line(row.metric, tuple(values))
