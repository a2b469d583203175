"""What departments really used in a stretch, as kubelets and machines measured it. Pure but for the questions.

CPU is the growth of the kubelets' counters: a rate over five minutes lags by half of them, and what began shortly
before an hour's end would be missing. A counter that began anew is followed, and what a gap within the stretch hides is
in the counter when it is seen again. Only what is missing at an edge is made up for. `increase` needs two samples: a
container that was measured once in the hour has used nothing. At the ends of a series it adds up to half the time
between two samples, as if the container had run on for so long.

Made up for is only a time in which no machine told anything. Where one of several is silent, nobody knows what its pods
used: `used` is then of the others, and `measured_permille` says of how much. Others' figures stand for nobody's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from govcloud_monitoring.accountant.evidence import witnesses
from govcloud_monitoring.accountant.evidence.owning import parted
from govcloud_monitoring.accountant.evidence.questions import MILLI, PER_MIB, Asked
from govcloud_monitoring.accountant.evidence.stretch import Stretch
from govcloud_monitoring.accountant.evidence.witnesses import Witnesses
from govcloud_monitoring.ledger.prices import Resource
from govcloud_monitoring.prometheus import AskAt

_COUNTERS = 'container_cpu_usage_seconds_total{job="kubelet-resource", container!=""}'
_KUBELETS = "namespace:container_memory_working_set_bytes:sum"
"""Recorded whenever a kubelet measured; the platform's own containers are always among them."""
_MACHINES = "namespace:govcloud_volume_used_bytes:sum"
_RATES = "namespace:container_cpu_usage_seconds:rate5m"
_MEMORY = "department_purpose:container_memory_working_set_bytes:sum"
_VOLUMES = "department_purpose:govcloud_volume_used_bytes:sum"


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Amounts by department, and the part of the stretch in which they were measured; 0: nothing is known.

    `measured_permille` is by department, `otherwise_permille` that of departments of which no machine is known.
    """

    amounts: Mapping[str, int] = field(default_factory=dict)
    measured_permille: Mapping[str, int] = field(default_factory=dict)
    otherwise_permille: int = 0

    def measured(self, department: str) -> int:
        """Per mille of the time of the machines that it runs on."""
        return self.measured_permille.get(department, self.otherwise_permille)


def used(stretch: Stretch, asked: Asked, ask: AskAt) -> Mapping[Resource, Use]:
    """Of every resource. Raises what `ask` raises."""
    kubelets, machines = witnesses.kubelets(stretch, ask), witnesses.machines(stretch, ask)
    return {
        "cpu": _cpu(stretch, asked, ask, kubelets),
        "memory": _sampled(stretch, asked, ask, kubelets, (_KUBELETS, _MEMORY)),
        "storage": _sampled(stretch, asked, ask, machines, (_MACHINES, _VOLUMES)),
    }


def _sampled(stretch: Stretch, asked: Asked, ask: AskAt, told: Witnesses, names: tuple[str, str]) -> Use:
    """Of samples that stand for so many seconds each; the first of `names` is recorded whenever anything was told."""
    any_of_them, recorded = names
    counted = ask(f"max(count_over_time({any_of_them}[{stretch.seconds}s]))", stretch.end)
    share = min(Fraction(1), Fraction(round(counted[0].value)) / asked.samples) if counted else Fraction()
    if not share:
        return Use()
    return _use(asked.summed("department", recorded, PER_MIB / share), told, asked)


def _cpu(stretch: Stretch, asked: Asked, ask: AskAt, kubelets: Witnesses) -> Use:
    """What a namespace used that changed hands is parted by its owners' rates."""
    told, span = witnesses.counters(stretch, ask, kubelets)
    if span is None:
        return Use()
    share = min(Fraction(1), span.seconds / stretch.seconds) if asked.began_before else Fraction(1)
    last, parts, amounts = asked.owners.last, asked.parts(_RATES), Counter[str]()
    for each in ask(f"sum by (namespace) (increase({_COUNTERS}[{stretch.seconds}s]))", stretch.end):
        name = each.labels.get("namespace", "")
        if name in last:
            amount = round(Fraction(each.value) * MILLI / share)
            for owner, part in parted(amount, parts.get((name, ""), {}), last[name]).items():
                amounts[owner.department] += part
    return _use(amounts, told, asked)


def _use(amounts: Mapping[str, int], told: Witnesses, asked: Asked) -> Use:
    namespaces = asked.owners.namespaces()
    return Use(
        amounts=amounts,
        measured_permille={code: permille(told.asked * told.share(names)) for code, names in namespaces.items()},
        otherwise_permille=permille(told.asked * told.share_of_all),
    )


def permille(share: Fraction) -> int:
    """Rounded; above 0 whenever anything was measured, and 1000 only where all of it was."""
    return min(999, max(1, round(share * 1000))) if 0 < share < 1 else int(share * 1000)
