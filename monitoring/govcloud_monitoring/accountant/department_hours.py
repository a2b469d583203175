"""What is asked from Prometheus about departments: granted, reserved and used in a stretch. Pure but for the questions.

Quotas and claims are not recorded by rules, so as not to keep more series: they are asked for at moments
`SAMPLE_SECONDS` apart. What is missing because nobody observed is made up for in proportion, as in charges.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from govcloud_monitoring.accountant.evidence.measuring import Use, used
from govcloud_monitoring.accountant.evidence.questions import MILLI, PER_MIB, Asked
from govcloud_monitoring.accountant.evidence.stretch import SAMPLE_SECONDS, Stretch
from govcloud_monitoring.ledger.department_hour import DepartmentHour
from govcloud_monitoring.ledger.prices import RESOURCES, Resource
from govcloud_monitoring.prometheus import AskAt, Vector

_CPU_QUOTA = "sum by (department) (max by (department, purpose) (govcloud_cpu_quota_cores))"
_MEMORY_QUOTA = "sum by (department) (max by (department, purpose) (govcloud_memory_quota_bytes))"
_STORAGE_QUOTA = "sum by (department) (max by (department, purpose) (govcloud_storage_quota_bytes))"
_CLAIMED = "sum by (department) (max by (department, purpose, storage_class) (govcloud_storage_provisioned_bytes))"
_CPU_REQUESTED = "department_purpose:govcloud_cpu_requested_cores:sum"
_MEMORY_REQUESTED = "department_purpose:govcloud_memory_requested_bytes:sum"
_READ = "count(govcloud_pool_cpu_allocatable_cores)"
"""At the moments at which the exporter has read the cluster: there and gone together with quotas and claims."""
Amounts = Mapping[str, int]
"""By department."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """One resource."""

    granted: Amounts
    reserved: Amounts
    use: Use


def department_hours(stretch: Stretch, ask: AskAt) -> tuple[DepartmentHour, ...]:
    """Every resource of every department that has anything, by name; none when nothing was observed.

    Raises what `ask` raises.
    """
    asked = Asked(stretch, ask)
    if not asked.coverage_permille:
        return ()
    held = _held(stretch, asked, ask)
    names = {
        name for each in held.values() for part in (each.granted, each.reserved, each.use.amounts) for name in part
    }
    return tuple(
        _hour(stretch, name, resource, held[resource], asked.coverage_permille)
        for name in sorted(names - {""})
        for resource in RESOURCES
    )


def _held(stretch: Stretch, asked: Asked, ask: AskAt) -> Mapping[Resource, _Held]:
    moments, use = _Moments(stretch, ask, asked), used(stretch, asked, ask)
    return {
        "cpu": _Held(
            granted=moments.summed(_CPU_QUOTA, MILLI),
            reserved=asked.summed("department", _CPU_REQUESTED, MILLI),
            use=use["cpu"],
        ),
        "memory": _Held(
            granted=moments.summed(_MEMORY_QUOTA, PER_MIB),
            reserved=asked.summed("department", _MEMORY_REQUESTED, PER_MIB),
            use=use["memory"],
        ),
        "storage": _Held(
            granted=moments.summed(_STORAGE_QUOTA, PER_MIB),
            reserved=moments.summed(_CLAIMED, PER_MIB),
            use=use["storage"],
        ),
    }


def _hour(stretch: Stretch, name: str, resource: Resource, held: _Held, coverage_permille: int) -> DepartmentHour:
    measured = held.use.measured(name)
    return DepartmentHour(
        start=stretch.start,
        department=name,
        resource=resource,
        granted=held.granted.get(name, 0),
        reserved=held.reserved.get(name, 0),
        # No container ran, no volume was there: then nothing was used, which is not the same as unknown.
        used=held.use.amounts.get(name, 0) if measured else None,
        coverage_permille=coverage_permille,
        measured_permille=measured,
    )


class _Moments:
    """Questions about the moments of a stretch: the multiples of `SAMPLE_SECONDS`, without the one it begins at.

    At a moment Prometheus shows what it read last, up to five minutes before unless it knows that it is gone: a gap
    has fewer moments without a value than it misses samples. Hence such sums have a count of their own.
    """

    def __init__(self, stretch: Stretch, ask: AskAt, asked: Asked) -> None:
        self._stretch, self._ask = stretch, ask
        counted = self._over("count", _READ)
        seen = round(counted[0].value) if counted else 0
        there = int(stretch.end.timestamp()) // SAMPLE_SECONDS - int(stretch.start.timestamp()) // SAMPLE_SECONDS
        self._seen = seen if asked.began_before else there

    def summed(self, expression: str, units: Fraction | int) -> dict[str, int]:
        """Amounts by department."""
        if not self._seen:
            return {}
        seconds = Fraction(self._stretch.seconds, self._seen)
        found = self._over("sum", expression)
        return {each.labels["department"]: round(Fraction(each.value) * units * seconds) for each in found}

    def _over(self, function: str, expression: str) -> Vector:
        window = f"[{self._stretch.seconds}s:{SAMPLE_SECONDS}s]"
        return self._ask(f"{function}_over_time(({expression}){window})", self._stretch.end)
