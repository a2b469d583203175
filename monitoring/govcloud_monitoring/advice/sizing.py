"""How much an environment needs, which size holds that, and how sure it is. Pure.

Needed is the 95th percentile of CPU and the peak of memory with 15 % more, where use is known; else, and of volumes
always, what is reserved with 30 % more. The risk of a size by use is

- high where CPU comes in bursts: the 95th percentile is more than three times the mean,
- medium where pods must request less first, or less than 90 % of the 14 days was measured,
- low else.
"""

from __future__ import annotations

from typing import Literal

from govcloud_api import policy
from govcloud_api.v1alpha1.model import Size
from govcloud_monitoring.advice import measured
from govcloud_monitoring.advice.measured import Use

Risk = Literal["low", "medium", "high"]
RESERVED_HEADROOM_PERCENT = 30
"""What stays free beyond what is reserved now, so that a smaller quota does not stop the next release."""
USED_HEADROOM_PERCENT = 15
_MIN_MEASURED_RATIO, _WELL_MEASURED_RATIO = 0.5, 0.9
_BURSTY_RATIO = 3.0
_MIB = 1 << 20


def known_enough(use: Use) -> bool:
    """Whether anything may be proposed by it: half of the window was measured."""
    return use.samples >= _MIN_MEASURED_RATIO * measured.SAMPLES


def risk(use: Use, *, requests_first: bool) -> Risk:
    """How likely a size is to be too small; see the head of this file."""
    if use.cpu_p95_cores > _BURSTY_RATIO * use.cpu_mean_cores:
        return "high"
    return "medium" if requests_first or use.samples < _WELL_MEASURED_RATIO * measured.SAMPLES else "low"


def used(use: Use) -> policy.Share:
    """What it used: CPU to a thousandth, memory in whole MiB, rounded up."""
    memory_bytes = _whole_mib(round(use.memory_peak_bytes))
    return policy.Share(cpu_millicores=round(1000 * use.cpu_p95_cores), memory_bytes=memory_bytes)


def needed(use: Use | None, reserves: policy.Share) -> policy.Share:
    """What a quota must hold at least. Volumes are not measured: of them it is what they reserve."""
    roomy = _with_more(reserves, RESERVED_HEADROOM_PERCENT)
    if use is None:
        return roomy
    found = _with_more(used(use), USED_HEADROOM_PERCENT)
    return policy.Share(
        cpu_millicores=found.cpu_millicores,
        memory_bytes=_whole_mib(found.memory_bytes),
        storage_bytes=roomy.storage_bytes,
    )


def smaller(has: policy.Share, need: policy.Share) -> Size | None:
    """The smallest size that holds what is needed, and is less than what it has in everything."""
    for size in policy.SIZE_ORDER:
        offered = policy.quota_share(policy.SIZES[size])
        if holds(offered, need) and holds(has, offered) and offered != has:
            return size
    return None


def holds(whole: policy.Share, part: policy.Share) -> bool:
    """Whether a part is at most the whole, in everything."""
    return all(mine <= theirs for mine, theirs in zip(amounts(part), amounts(whole), strict=True))


def amounts(share: policy.Share) -> tuple[int, int, int]:
    """CPU in thousandths of a core, memory and storage in bytes."""
    return share.cpu_millicores, share.memory_bytes, share.storage_bytes


def _with_more(share: policy.Share, percent: int) -> policy.Share:
    cpu, memory, storage = (-(-amount * (100 + percent) // 100) for amount in amounts(share))
    return policy.Share(cpu_millicores=cpu, memory_bytes=memory, storage_bytes=storage)


def _whole_mib(size: int) -> int:
    return -(-size // _MIB) * _MIB
