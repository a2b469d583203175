"""What environments really used, and when quotas will be full: recorded series of Prometheus. Pure but for `gather`."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from govcloud_api.errors import Forbidden, GovcloudError
from govcloud_monitoring.prometheus import Ask, Vector

WINDOW_DAYS = 14
SAMPLES = WINDOW_DAYS * 24 * 120
"""That a series has which was recorded all the time, each half minute: monitoring/rules/departments.yaml."""
_AT_ONCE = 40
"""Namespaces a question: some 1.6 million samples, of the 5 million that Prometheus takes in at once."""
_CPU = "namespace:container_cpu_usage_seconds:rate5m"
_MEMORY = "namespace:container_memory_working_set_bytes:sum"
_P95, _MEAN, _COUNT, _MOST = (
    f"quantile_over_time(0.95, {_CPU}{{where}}[{WINDOW_DAYS}d])",
    f"avg_over_time({_CPU}{{where}}[{WINDOW_DAYS}d])",
    f"count_over_time({_CPU}{{where}}[{WINDOW_DAYS}d])",
    f"max_over_time({_MEMORY}{{where}}[{WINDOW_DAYS}d])",
)
_LEFT = "min by (department, resource, bound) (govcloud_department_quota_exhaustion_timestamp_seconds{where}) - time()"
_DAY_SECONDS = 86400


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Of one namespace within the window: CPU by its 95th percentile and its mean, memory by its peak."""

    cpu_p95_cores: float
    cpu_mean_cores: float
    memory_peak_bytes: float
    samples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """Days until all that a department's environments may have of a resource is reserved.

    With a chance of 10, 50 and 90 %. Infinite: not within 180 days; 0 or less: it is already.
    """

    department: str
    resource: str
    p10_days: float
    p50_days: float
    p90_days: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Use by namespace, and quotas that fill. `unknown` says why nothing is known; else it is empty."""

    uses: Mapping[str, Use] = field(default_factory=dict)
    fillings: tuple[Filling, ...] = ()
    unknown: str = ""


def gather(ask: Ask, namespaces: Sequence[str], departments: Sequence[str]) -> Measured:
    """Of these namespaces and departments, as far as whoever asks may know it. Raises nothing of ours."""
    try:
        fillings = tuple(_fillings(ask, departments))
        return Measured(uses=dict(_uses(ask, namespaces)), fillings=fillings)
    except Forbidden:
        return Measured(unknown="these credentials may not ask Prometheus")
    except GovcloudError as error:
        return Measured(unknown=str(error).partition("\n")[0])


def evidence(namespace: str) -> tuple[str, ...]:
    """The questions that tell how much CPU and memory a namespace used, as anybody can ask them."""
    where = f"{{namespace={json.dumps(namespace)}}}"
    return tuple(question.replace("{where}", where) for question in (_P95, _MOST))


def filling_evidence(department: str) -> str:
    """The question that tells when a department's quotas will be full."""
    return _LEFT.replace("{where}", f"{{department={json.dumps(department)}}}")


def _uses(ask: Ask, namespaces: Sequence[str]) -> Iterator[tuple[str, Use]]:
    for first in range(0, len(namespaces), _AT_ONCE):
        where = _any_of("namespace", namespaces[first : first + _AT_ONCE])
        p95, mean, count, most = (
            _by_namespace(ask(question.replace("{where}", where))) for question in (_P95, _MEAN, _COUNT, _MOST)
        )
        for name in sorted(set(p95) & set(mean) & set(count) & set(most)):
            yield (
                name,
                Use(
                    cpu_p95_cores=p95[name],
                    cpu_mean_cores=mean[name],
                    memory_peak_bytes=most[name],
                    samples=round(count[name]),
                ),
            )


def _fillings(ask: Ask, departments: Sequence[str]) -> Iterator[Filling]:
    found: dict[tuple[str, str], dict[str, float]] = {}
    for first in range(0, len(departments), _AT_ONCE):
        where = _any_of("department", departments[first : first + _AT_ONCE])
        for sample in ask(_LEFT.replace("{where}", where)):
            department, resource, bound = (sample.labels.get(name, "") for name in ("department", "resource", "bound"))
            found.setdefault((department, resource), {})[bound] = sample.value / _DAY_SECONDS
    for (department, resource), days in sorted(found.items()):
        p10, p50, p90 = (days.get(bound, math.inf) for bound in ("p10", "p50", "p90"))
        yield Filling(department=department, resource=resource, p10_days=p10, p50_days=p50, p90_days=p90)


def _any_of(label: str, values: Iterable[str]) -> str:
    """A selector. Values are DNS labels: nothing in them means anything to a regular expression."""
    return f"{{{label}=~{json.dumps('|'.join(values))}}}"


def _by_namespace(found: Vector) -> dict[str, float]:
    return {sample.labels.get("namespace", ""): sample.value for sample in found}
