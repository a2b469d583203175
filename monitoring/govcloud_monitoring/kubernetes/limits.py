"""What one pod may use of its node's CPU at most, by the rule of the scheduler's library. Pure.

The formula is `resourcehelper.PodLimits` of k8s.io/component-helpers v0.36 with `UseStatusResources`: it sums limits as
`pods.request` sums requests; overhead counts only for a pod that has a limit. A container without a limit counts
nothing, though it may use all of a machine.
"""

from __future__ import annotations

from govcloud_api import quantity
from govcloud_monitoring.kubernetes.pods import Container, Granted, Limits, PodSpec


def cpu_limit_milli(spec: PodSpec, given: Granted) -> int:
    """Milli-cores; 0 where nothing is limited. Raises ValueError on a malformed quantity."""
    running = sum(_in_force(each, given) for each in spec.containers)
    sidecars = starting = 0
    for container in spec.init_containers:
        if container.is_sidecar:
            sidecars += _in_force(container, given)
            starting = max(starting, sidecars)
        else:
            starting = max(starting, sidecars + _milli(container.resources.limits))
    whole = spec.resources.limits
    limit = max(running + sidecars, starting) if whole.cpu is None else _milli(whole)
    return limit + spec.overhead.amount().cpu_milli if limit else 0


def _in_force(container: Container, given: Granted) -> int:
    """The limit that counts while a resize may be under way."""
    wanted = _milli(container.resources.limits)
    status = given.containers.get(container.name)
    if status is None or status.resources is None:
        return wanted
    current = _milli(status.resources.limits)
    return current if given.refused else max(current, wanted)


def _milli(limits: Limits) -> int:
    return 0 if limits.cpu is None else quantity.cpu_millicores(limits.cpu)
