"""What departments really used in a stretch, as kubelets and machines measured it. Pure but for the questions.

CPU is the growth of the kubelets' counters: a rate over five minutes lags by half of them, and what began shortly
before an hour's end would be missing. A counter that began anew is followed, and what a gap within the stretch hides is
in the counter when it is seen again. Only what is missing at an edge is made up for. `increase` needs two samples: a
container that was measured once in the hour has used nothing. At the ends of a series it adds up to half the time
between two samples, as if the container had run on for so long.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from govcloud_monitoring.accountant.questions import MILLI, PER_MIB, SAMPLE_SECONDS, Asked, Stretch
from govcloud_monitoring.ledger.prices import Resource
from govcloud_monitoring.prometheus import AskAt

_COUNTERS = 'container_cpu_usage_seconds_total{job="kubelet-resource", container!=""}'
_KUBELETS = "namespace:container_memory_working_set_bytes:sum"
"""Recorded whenever a kubelet measured; the platform's own containers are always among them."""
_MACHINES = "namespace:govcloud_volume_used_bytes:sum"
_MEMORY = "department_purpose:container_memory_working_set_bytes:sum"
_VOLUMES = "department_purpose:govcloud_volume_used_bytes:sum"


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Amounts by department, and in how much of the time they were measured; 0: nothing is known."""

    amounts: Mapping[str, int]
    measured_permille: int


def used(stretch: Stretch, asked: Asked, ask: AskAt) -> Mapping[Resource, Use]:
    """Of every resource. Raises what `ask` raises."""
    return {
        "cpu": _cpu(stretch, asked, ask),
        "memory": _sampled(stretch, asked, ask, _KUBELETS, _MEMORY),
        "storage": _sampled(stretch, asked, ask, _MACHINES, _VOLUMES),
    }


def _sampled(stretch: Stretch, asked: Asked, ask: AskAt, witness: str, recorded: str) -> Use:
    """Of samples that stand for so many seconds each; `witness` is recorded whenever anything was measured."""
    counted = ask(f"max(count_over_time({witness}[{stretch.seconds}s]))", stretch.end)
    samples = Fraction(round(counted[0].value)) if counted else Fraction()
    share = min(Fraction(1), samples / asked.samples)
    if not share:
        return Use(amounts={}, measured_permille=0)
    amounts = asked.summed("department", recorded, PER_MIB / share)
    return Use(amounts=amounts, measured_permille=_permille(samples * SAMPLE_SECONDS / stretch.seconds))


def _cpu(stretch: Stretch, asked: Asked, ask: AskAt) -> Use:
    """Whoever owns a namespace at the end of the stretch has used all of it."""
    spanned = _spanned_seconds(stretch, ask)
    if not spanned:
        return Use(amounts={}, measured_permille=0)
    share = spanned / stretch.seconds if asked.began_before else Fraction(1)
    owners, amounts = asked.owners(), Counter[str]()
    for each in ask(f"sum by (namespace) (increase({_COUNTERS}[{stretch.seconds}s]))", stretch.end):
        owner = owners.get(each.labels.get("namespace", ""))
        if owner is not None:
            amounts[owner.department] += round(Fraction(each.value) * MILLI / share)
    return Use(amounts=amounts, measured_permille=_permille(spanned / stretch.seconds))


def _spanned_seconds(stretch: Stretch, ask: AskAt) -> Fraction:
    """From the first to the last moment at which kubelets were measured, at most the stretch; 0 with less than two."""
    window, start = f"[{stretch.seconds}s:{SAMPLE_SECONDS}s]", stretch.start.timestamp()
    seen = f"(timestamp({_KUBELETS}) > {start})"
    first = ask(f"min(min_over_time({seen}{window}))", stretch.end)
    last = ask(f"max(max_over_time({seen}{window}))", stretch.end)
    if not first or not last or last[0].value <= first[0].value:
        return Fraction()
    between = Fraction(last[0].value) - Fraction(first[0].value)
    return min(Fraction(stretch.seconds), between + SAMPLE_SECONDS)


def _permille(share: Fraction) -> int:
    """Rounded; above 0 whenever anything was measured."""
    return min(1000, max(1, round(share * 1000)))
