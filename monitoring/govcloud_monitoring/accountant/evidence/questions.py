"""What is asked from Prometheus about a stretch of time, and its answers as amounts. Pure but for the questions.

The recorded series are those of monitoring/rules/showback.yaml: a sample each `SAMPLE_SECONDS`, which stands for so
many seconds. Samples that are missing because nobody observed (Prometheus or exporter was down) are made up for in
proportion, so that a pause neither forgives nor charges anybody; `coverage` says how much was observed. A stretch that
observing began in has no such gap: before, there was no cloud.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from functools import cached_property

from govcloud_monitoring.accountant.evidence import owning, witnesses
from govcloud_monitoring.accountant.evidence.owning import Owner, Owners, Parts
from govcloud_monitoring.accountant.evidence.stretch import SAMPLE_SECONDS, Stretch
from govcloud_monitoring.accountant.evidence.witnesses import Witnesses
from govcloud_monitoring.ledger.prices import Resource
from govcloud_monitoring.prometheus import AskAt, Vector

MILLI = 1000
PER_MIB = Fraction(1, 1 << 20)
_OBSERVED = "cluster:govcloud_pool_cpu_allocatable_cores:sum"
"""Recorded whenever the exporter reads the cluster and Prometheus reads the exporter."""
_CHARGED: Mapping[Resource, str] = {
    "cpu": "namespace_pool:charged_cpu_cores:max",
    "memory": "namespace_pool:charged_memory_bytes:max",
    "storage": "namespace:charged_storage_bytes:max",
}
_MEMORY = "14d"
"""Who was not observed for so long begins anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Integers: milli-core-seconds of CPU, MiB-seconds of memory and storage. `coverage_permille` 0: nothing is known.

    `charged_*` are by (namespace, pool), `storage` by namespace, the rest by pool. `owners` are the last ones; `parts`
    says of namespaces that changed hands who held what. `measured_permille` says by namespace in how much of the time
    its use was measured.
    """

    stretch: Stretch
    coverage_permille: int = 0
    owners: Mapping[str, Owner] = field(default_factory=dict)
    parts: Mapping[Resource, Parts] = field(default_factory=dict)
    charged_cpu: Mapping[tuple[str, str], int] = field(default_factory=dict)
    charged_memory: Mapping[tuple[str, str], int] = field(default_factory=dict)
    storage: Mapping[str, int] = field(default_factory=dict)
    platform_cpu: Mapping[str, int] = field(default_factory=dict)
    platform_memory: Mapping[str, int] = field(default_factory=dict)
    capacity_cpu: Mapping[str, int] = field(default_factory=dict)
    capacity_memory: Mapping[str, int] = field(default_factory=dict)
    measured_permille: Mapping[str, int] = field(default_factory=dict)


def observe(stretch: Stretch, ask: AskAt) -> Observed:
    """All that the ledger needs to know of a stretch. Raises what `ask` raises."""
    asked = Asked(stretch, ask)
    if not asked.coverage_permille:
        return Observed(stretch=stretch)
    return Observed(
        stretch=stretch,
        coverage_permille=asked.coverage_permille,
        owners=asked.owners.last,
        parts={resource: asked.parts(name) for resource, name in _CHARGED.items()},
        charged_cpu=asked.by_pool(_CHARGED["cpu"], MILLI),
        charged_memory=asked.by_pool(_CHARGED["memory"], PER_MIB),
        storage=asked.by("namespace", _CHARGED["storage"], PER_MIB),
        platform_cpu=asked.by("pool", "pool:govcloud_platform_cpu_requested_cores:max", MILLI),
        platform_memory=asked.by("pool", "pool:govcloud_platform_memory_requested_bytes:max", PER_MIB),
        capacity_cpu=asked.by("pool", "pool:govcloud_pool_cpu_allocatable_cores:max", MILLI),
        capacity_memory=asked.by("pool", "pool:govcloud_pool_memory_allocatable_bytes:max", PER_MIB),
        measured_permille=asked.measured(witnesses.kubelets(stretch, ask)),
    )


def observed_until(now: datetime, ask: AskAt) -> datetime | None:
    """The moment of the newest sample before `now`; None when none is recent. Raises what `ask` raises.

    An hour has ended when somebody saw its end: a clock alone may jump.
    """
    newest = ask(f"timestamp({_OBSERVED})", now)
    return datetime.fromtimestamp(newest[0].value, UTC) if newest else None


class Asked:
    """Questions about one stretch. `samples` is how often it was observed.

    `began_before` is False where observing began in it: then nothing is missing before.
    """

    def __init__(self, stretch: Stretch, ask: AskAt) -> None:
        self._stretch = stretch
        self._ask = ask
        counted = self._over("count", _OBSERVED)
        self.samples = Fraction(counted[0].value).limit_denominator() if counted else Fraction()
        expected = Fraction(stretch.seconds, SAMPLE_SECONDS)
        self._coverage = min(Fraction(1), self.samples / expected)
        self.began_before = self._began_before()
        self._share = self._coverage if self.began_before else Fraction(1)

    @property
    def coverage_permille(self) -> int:
        """How much of the stretch was observed, rounded; above 0 whenever anything was."""
        return max(round(self._coverage * 1000), 1) if self._coverage else 0

    def by(self, label: str, name: str, units: Fraction | int) -> dict[str, int]:
        """Amounts by one label."""
        return {sample.labels[label]: self._amount(sample.value, units) for sample in self._over("sum", name)}

    def by_pool(self, name: str, units: Fraction | int) -> dict[tuple[str, str], int]:
        """Amounts by namespace and pool."""
        return {
            (sample.labels["namespace"], sample.labels["pool"]): self._amount(sample.value, units)
            for sample in self._over("sum", name)
        }

    def summed(self, label: str, name: str, units: Fraction | int) -> dict[str, int]:
        """Amounts by one label, of series that have more than that."""
        found = self._ask(f"sum by ({label}) (sum_over_time({name}[{self._stretch.seconds}s]))", self._stretch.end)
        return {sample.labels[label]: self._amount(sample.value, units) for sample in found}

    @cached_property
    def owners(self) -> Owners:
        """Of namespaces."""
        return owning.owners(self._stretch, self._ask)

    def parts(self, name: str) -> Parts:
        """Who held what of a series in namespaces that changed hands."""
        return owning.parts(self._stretch, self._ask, name, self.owners)

    def measured(self, kubelets: Witnesses) -> dict[str, int]:
        """Per mille of a namespace's own samples in which its use was known, of all machines it was seen on.

        A namespace on two machines of which one is silent still has samples: it is known by half.
        """
        charged: dict[str, float] = {}
        for sample in self._over("count", _CHARGED["cpu"]):
            namespace = sample.labels["namespace"]
            charged[namespace] = max(sample.value, charged.get(namespace, 0.0))
        measured = self._over("count", "namespace:container_cpu_usage_seconds:rate5m")
        used = {sample.labels["namespace"]: sample.value for sample in measured}
        return {
            name: round(1000 * min(kubelets.share([name]), Fraction(used.get(name, 0.0)) / Fraction(count)))
            for name, count in charged.items()
            if count
        }

    def _began_before(self) -> bool:
        """Whether anything was observed before the stretch; asked only when something is missing in it."""
        whole = self._coverage in (0, 1)
        return whole or bool(self._ask(f"present_over_time({_OBSERVED}[{_MEMORY}])", self._stretch.start))

    def _over(self, function: str, name: str) -> Vector:
        return self._ask(f"{function}_over_time({name}[{self._stretch.seconds}s])", self._stretch.end)

    def _amount(self, summed: float, units: Fraction | int) -> int:
        return round(Fraction(summed) * SAMPLE_SECONDS * units / self._share)
