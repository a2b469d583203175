"""Which series are forecast, and what they grow towards. Pure.

What is used is recorded by monitoring/rules/forecast.yaml: one series for each value of the label, never none while
there is a limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from govcloud_monitoring.folding import MAX_DEPARTMENTS, MAX_POOLS

Kind = Literal["pool", "department", "disk"]
KINDS: tuple[Kind, ...] = ("pool", "department", "disk")
MAX_DISKS = 300
_AND_OTHER = 1
"""Beyond its bounds the exporter adds up what is left, under one name."""
_QUOTA = "sum by (department) (max by (department, purpose) ({}))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What fills: the `resource` of the pool, department or machine called `name`."""

    kind: Kind
    name: str
    resource: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A recorded series and its limit, both in one unit, by `label`. At most `most` values of it are forecast."""

    kind: Kind
    resource: str
    label: str
    used: str
    limit: str
    most: int

    @property
    def hourly(self) -> str:
        """The mean of each hour: a rule is evaluated every five minutes, and not at full hours."""
        return f"avg_over_time({self.used}[1h])"

    def subject(self, name: str) -> Subject:
        """One value of the label."""
        return Subject(kind=self.kind, name=name, resource=self.resource)


def _pool(resource: str, unit: str) -> Question:
    limit = f"max by (pool) (govcloud_pool_{resource}_allocatable_{unit})"
    used, most = f"pool:{resource}_reserved_{unit}:sum", MAX_POOLS + _AND_OTHER
    return Question(kind="pool", resource=resource, label="pool", used=used, limit=limit, most=most)


def _department(resource: str, unit: str) -> Question:
    limit = _QUOTA.format(f"govcloud_{resource}_quota_{unit}")
    used, most = f"department:{resource}_reserved_{unit}:sum", MAX_DEPARTMENTS + _AND_OTHER
    return Question(kind="department", resource=resource, label="department", used=used, limit=limit, most=most)


QUESTIONS = (
    _pool("cpu", "cores"),
    _pool("memory", "bytes"),
    _department("cpu", "cores"),
    _department("memory", "bytes"),
    _department("storage", "bytes"),
    Question(
        kind="disk",
        resource="disk",
        label="node",
        used="node:root_disk_used_bytes:max",
        limit='max by (node) (node_filesystem_size_bytes{mountpoint="/"})',
        most=MAX_DISKS,
    ),
)
