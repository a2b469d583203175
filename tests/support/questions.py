"""A lab's Prometheus, asked from outside."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from typing import Any


def vector(address: str, expression: str, at_seconds: float | None = None) -> list[dict[str, Any]]:
    """Result of an instant query, now or at a moment (Unix time). Raises OSError while there is no answer."""
    asked = {"query": expression} | ({} if at_seconds is None else {"time": str(at_seconds)})
    url = f"{address}/api/v1/query?{urllib.parse.urlencode(asked)}"
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own lab's address
        return list(json.load(answer)["data"]["result"])


def value(address: str, expression: str, at_seconds: float | None = None) -> float | None:
    """The value of the only series; None when there is none. AssertionError for several."""
    found = vector(address, expression, at_seconds)
    assert len(found) <= 1, found
    return float(found[0]["value"][1]) if found else None


def span(address: str, expression: str, since_seconds: float, until_seconds: float, step_seconds: float) -> list[float]:
    """All values of all series of a range query, those that are no number left out."""
    asked = {"query": expression, "start": since_seconds, "end": until_seconds, "step": step_seconds}
    url = f"{address}/api/v1/query_range?{urllib.parse.urlencode(asked)}"
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own lab's address
        series = json.load(answer)["data"]["result"]
    return [float(point) for each in series for _, point in each["values"] if point != "NaN"]
