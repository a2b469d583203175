"""What `govcloud quota advise` would propose now, counted by department. Pure.

What became of an earlier proposal is not known: who gives something back need not have read it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from prometheus_client.core import GaugeMetricFamily

from govcloud_api.errors import NotReady
from govcloud_kube.cluster import Object
from govcloud_monitoring.advice.measured import Measured
from govcloud_monitoring.advice.proposals import Advice, Tiers, advise
from govcloud_monitoring.folding import MAX_DEPARTMENTS, OTHER, kept
from govcloud_monitoring.metric import Metric

Kind = Literal["remove", "resize"]
RECOMMENDATIONS = Metric(
    name="govcloud_recommendations",
    help=(
        "What govcloud quota advise proposes now, by department and kind: remove (an environment in which nothing runs "
        "or is stored), resize (a smaller size holds what it needs). No series where nothing is proposed; what became "
        "of earlier proposals is not known."
    ),
    labels=("department", "kind"),
)
CORES = Metric(
    name="govcloud_recommended_cores",
    help="CPU of quotas that a department would give back by all that is proposed to it now, in cores.",
    labels=("department",),
    unit="cores",
)
METRICS = (RECOMMENDATIONS, CORES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendations:
    """By department (and kind); at most `MAX_DEPARTMENTS` and `other`."""

    proposals: Mapping[tuple[str, Kind], int]
    cpu_milli: Mapping[str, int]


def recommendations(environments: Iterable[Object], tiers: Tiers, known: Measured) -> Recommendations:
    """Of Environment objects. Raises NotReady while use is not known: then other things would be proposed."""
    if known.unknown:
        raise NotReady(f"use is not known, and nothing is proposed: {known.unknown}")
    proposals: Counter[tuple[str, Kind]] = Counter()
    cpu_milli: Counter[str] = Counter()
    for department, items in _by_department(environments).items():
        for advice in advise(items, tiers, known):
            proposals[department, _kind(advice)] += 1
            cpu_milli[department] += advice.saves_cpu_milli
    return Recommendations(proposals=dict(proposals), cpu_milli=dict(cpu_milli))


def families(found: Recommendations) -> Iterator[GaugeMetricFamily]:
    """All families of the source `advice`, in the order of `METRICS`."""
    yield RECOMMENDATIONS.family(found.proposals.items())
    yield CORES.family(((code,), milli / 1000) for code, milli in found.cpu_milli.items())


def _by_department(environments: Iterable[Object]) -> dict[str, list[Object]]:
    coded = [(str(each["spec"]["departmentRef"]), each) for each in environments]
    shown = kept((code for code, _ in coded), MAX_DEPARTMENTS)
    found: defaultdict[str, list[Object]] = defaultdict(list)
    for code, each in coded:
        found[code if code in shown else OTHER].append(each)
    return found


def _kind(advice: Advice) -> Kind:
    return "resize" if advice.size else "remove"
