"""What `govcloud quota advise` would propose now and what became of its proposals, counted by department. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client.core import Metric as Family

from govcloud_api import policy
from govcloud_api.errors import NotReady
from govcloud_api.v1alpha1 import Environment
from govcloud_kube.cluster import Object
from govcloud_monitoring.advice.measured import Measured
from govcloud_monitoring.advice.proposals import Advice, Tiers, advise
from govcloud_monitoring.advice.reserved import is_counted
from govcloud_monitoring.folding import MAX_DEPARTMENTS, OTHER, kept
from govcloud_monitoring.ledger.recommendation import Key, Kind, Met, Recommendation, State
from govcloud_monitoring.metric import Metric

RECOMMENDATIONS = Metric(
    name="govcloud_recommendations",
    help=(
        "What govcloud quota advise proposes, by department, kind and state: remove (an environment in which nothing "
        "runs or is stored), resize (a smaller size holds what it needs); open now, and met since the ledger "
        "began (the environment has no more than was proposed). Whether anybody read it is not known."
    ),
    labels=("department", "kind", "state"),
)
CORES = Metric(
    name="govcloud_recommended_cores",
    help="CPU of quotas that a department would give back by all that is proposed to it now, in cores.",
    labels=("department",),
    unit="cores",
)
SAVED_CORES = Metric(
    name="govcloud_recommendation_saved_cores_total",
    help="CPU of quotas that a department gave back as it was proposed, in cores, since the ledger began.",
    labels=("department",),
)
METRICS = (RECOMMENDATIONS, CORES, SAVED_CORES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposals:
    """Of one moment. `has_cpu_milli`: see `ledger.recommendation.steps`."""

    items: tuple[Recommendation, ...]
    has_cpu_milli: Mapping[Key, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendations:
    """By department (and kind, and state); at most `MAX_DEPARTMENTS` and `other`."""

    counts: Mapping[tuple[str, Kind, State], int]
    cpu_milli: Mapping[str, int]
    saved_cpu_milli: Mapping[str, int] = field(default_factory=dict)


def proposals(environments: Iterable[Object], tiers: Tiers, known: Measured) -> Proposals:
    """To the departments of Environment objects. Raises NotReady while use is not known: other things would be it."""
    if known.unknown:
        raise NotReady(f"use is not known, and nothing is proposed: {known.unknown}")
    owned: defaultdict[str, list[Object]] = defaultdict(list)
    for each in environments:
        owned[str(each["spec"]["departmentRef"])].append(each)
    has = {(code, each["metadata"]["name"]): _cpu_milli(each) for code, items in owned.items() for each in items}
    found = (
        _recommendation(code, advice, has) for code in sorted(owned) for advice in advise(owned[code], tiers, known)
    )
    return Proposals(items=tuple(found), has_cpu_milli=has)


def counted(open_now: Iterable[Recommendation], met: Iterable[Met]) -> Recommendations:
    """For Prometheus."""
    now, past = tuple(open_now), tuple(met)
    codes = [each.department for each in now] + [each.department for each in past]
    shown = kept(codes, MAX_DEPARTMENTS)
    counts: Counter[tuple[str, Kind, State]] = Counter()
    cpu_milli, saved_cpu_milli = Counter[str](), Counter[str]()
    for each in now:
        department = each.department if each.department in shown else OTHER
        counts[department, each.kind, each.state] += 1
        cpu_milli[department] += each.saves_cpu_milli
    for given in past:
        department = given.department if given.department in shown else OTHER
        counts[department, given.kind, "met"] += given.count
        saved_cpu_milli[department] += given.cpu_milli
    return Recommendations(counts=counts, cpu_milli=cpu_milli, saved_cpu_milli=saved_cpu_milli)


def families(found: Recommendations) -> Iterator[Family]:
    """All families of the source `advice`, in the order of `METRICS`."""
    yield RECOMMENDATIONS.family(found.counts.items())
    yield CORES.family(((code,), milli / 1000) for code, milli in found.cpu_milli.items())
    yield SAVED_CORES.counter(((code,), milli / 1000) for code, milli in found.saved_cpu_milli.items())


def _cpu_milli(environment: Object) -> int | None:
    """Of its quota; None where nobody counted what it reserves."""
    if not is_counted(environment):
        return None
    return policy.quota_share(Environment.parse(environment).spec.quota).cpu_millicores


def _recommendation(department: str, advice: Advice, has_cpu_milli: Mapping[Key, int | None]) -> Recommendation:
    cpu_milli = has_cpu_milli[department, advice.environment] or 0  # what was not counted gets no advice
    return Recommendation(
        department=department,
        environment=advice.environment,
        kind="resize" if advice.size else "remove",
        cpu_milli=cpu_milli,
        proposed_cpu_milli=cpu_milli - advice.saves_cpu_milli,
    )
