"""How much of what they reserve environments use, from Prometheus' memory. Pure but for the questions.

The ratio is taken at each step and its 95th percentile over the window: what a pod's request would be if it were cut to
what its environment uses. An environment that was not there nearly all the time is not judged.
"""

from __future__ import annotations

import math
from datetime import datetime

from govcloud_monitoring.efficiency.inputs import UseRatio
from govcloud_monitoring.prometheus import AskAt

WINDOW_SECONDS = 7 * 86_400
STEP_SECONDS = 1800
ENOUGH_PERCENT = 95
"""Of the window's samples; some are always missing, as when Prometheus was restarted."""
_WINDOW = f"[{WINDOW_SECONDS}s:{STEP_SECONDS}s]"


def _ratio(use: str, requested: str) -> str:
    return f"{use} / on (namespace) (sum by (namespace) ({requested}) > 0)"


_CPU = _ratio(
    "namespace:container_cpu_usage_seconds:rate5m", "namespace_pool:govcloud_namespace_cpu_requested_cores:max"
)
_MEMORY = _ratio(
    "namespace:container_memory_working_set_bytes:sum", "namespace_pool:govcloud_namespace_memory_requested_bytes:max"
)


def use_ratios(ask: AskAt, now: datetime) -> dict[str, UseRatio]:
    """By namespace, of those known for the whole window. Raises what `ask` raises."""
    cpu, memory = (_permille(ask, ratio, now) for ratio in (_CPU, _MEMORY))
    return {
        name: UseRatio(cpu_permille=cpu[name], memory_permille=memory[name]) for name in sorted(set(cpu) & set(memory))
    }


def _permille(ask: AskAt, ratio: str, now: datetime) -> dict[str, int]:
    seen = {each.labels["namespace"]: each.value for each in ask(f"count_over_time(({ratio}){_WINDOW})", now)}
    high = ask(f"quantile_over_time(0.95, ({ratio}){_WINDOW})", now)
    return {
        each.labels["namespace"]: math.ceil(1000 * each.value)
        for each in high
        if seen.get(each.labels["namespace"], 0.0) * STEP_SECONDS * 100 >= WINDOW_SECONDS * ENOUGH_PERCENT
    }
