"""What each department was granted, reserves, uses and wastes now. Pure but for the questions asked.

Granted is the sum of its environments' quotas, reserved what its pods and volumes ask of the machines, used what they
really take, wasted what is reserved and not used: nobody else can have it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from govcloud_monitoring.prometheus import Ask

Resource = Literal["cpu", "memory", "storage"]
_QUESTIONS: Mapping[tuple[Resource, str], str] = {
    ("cpu", "granted"): "sum by (department) (max by (department, purpose) (govcloud_cpu_quota_cores))",
    ("cpu", "reserved"): "sum by (department) (department_purpose:govcloud_cpu_requested_cores:sum)",
    ("cpu", "used"): "sum by (department) (department_purpose:container_cpu_usage_seconds:rate5m)",
    ("memory", "granted"): "sum by (department) (max by (department, purpose) (govcloud_memory_quota_bytes))",
    ("memory", "reserved"): "sum by (department) (department_purpose:govcloud_memory_requested_bytes:sum)",
    ("memory", "used"): "sum by (department) (department_purpose:container_memory_working_set_bytes:sum)",
    ("storage", "granted"): "sum by (department) (max by (department, purpose) (govcloud_storage_quota_bytes))",
    ("storage", "reserved"): (
        "sum by (department) (max by (department, purpose, storage_class) (govcloud_storage_provisioned_bytes))"
    ),
    ("storage", "used"): "sum by (department) (department_purpose:govcloud_volume_used_bytes:sum)",
}
_MISSING = (
    "govcloud_source_up == 0 "
    'or label_replace(absent(govcloud_source_up{source="kubernetes"} and on (job, instance) up == 1), '
    '"source", "exporter", "", "") '
    'or label_join(up{job=~"kubelet-resource|node-exporter"} == 0, "source", " of ", "job", "node")'
)
"""By `source`: what cannot be read, the exporter itself when it says nothing, and what machines do not tell.

"and up": of an exporter that goes while Prometheus starts again, the last figures stay for minutes.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Of one resource, in cores or bytes; `used` is None where nobody measures it."""

    granted: float = 0.0
    reserved: float = 0.0
    used: float | None = None

    @property
    def wasted(self) -> float | None:
        """Reserved and not used; a department that uses more than it reserves wastes nothing."""
        return None if self.used is None else max(0.0, self.reserved - self.used)


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """The shares of one department."""

    code: str
    cpu: Share = Share()
    memory: Share = Share()
    storage: Share = Share()

    def plain(self) -> dict[str, Any]:
        """For programs: cores and bytes."""
        named = (("cpu", self.cpu), ("memory", self.memory), ("storage", self.storage))
        return {"department": self.code} | {name: asdict(share) | {"wasted": share.wasted} for name, share in named}


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """All departments, the hungriest first; `stale` names sources that cannot be read: their figures are missing."""

    departments: tuple[Department, ...]
    stale: tuple[str, ...]

    def plain(self) -> dict[str, Any]:
        """For programs."""
        return {"departments": [each.plain() for each in self.departments], "staleSources": list(self.stale)}


def gather(ask: Ask) -> Usage:
    """The shares of now. Raises what `ask` raises."""
    found: defaultdict[str, dict[tuple[Resource, str], float]] = defaultdict(dict)
    for place, question in _QUESTIONS.items():
        for sample in ask(question):
            found[sample.labels.get("department", "")][place] = sample.value
    stale = tuple(sorted(sample.labels.get("source", "") for sample in ask(_MISSING)))
    unknown = _unknown(stale, found)
    departments = (_department(code, values, unknown) for code, values in found.items())
    return Usage(departments=_hungriest_first(departments), stale=stale)


def _unknown(stale: Iterable[str], found: Mapping[str, Mapping[tuple[Resource, str], float]]) -> frozenset[Resource]:
    """Of what a department without a value may use something all the same: a machine that measures it is silent."""
    jobs = {name.partition(" of ")[0] for name in stale}
    unknown: set[Resource] = {"cpu", "memory"} if "kubelet-resource" in jobs else set()
    # Volumes are measured by each machine: where none has said anything yet, what they hold is unknown.
    measured = any(("storage", "used") in values for values in found.values())
    return frozenset(unknown if measured and "node-exporter" not in jobs else {*unknown, "storage"})


def _department(code: str, values: Mapping[tuple[Resource, str], float], unknown: frozenset[Resource]) -> Department:
    def share(resource: Resource) -> Share:
        granted, reserved = (values.get((resource, name), 0.0) for name in ("granted", "reserved"))
        # No container runs, no volume is there: then nothing is used, which is not the same as unknown.
        used = values.get((resource, "used"), None if resource in unknown else 0.0)
        return Share(granted=granted, reserved=reserved, used=used)

    return Department(code=code, cpu=share("cpu"), memory=share("memory"), storage=share("storage"))


def _hungriest_first(departments: Iterable[Department]) -> tuple[Department, ...]:
    return tuple(sorted(departments, key=lambda each: (-(each.cpu.used or 0.0), -each.cpu.reserved, each.code)))
