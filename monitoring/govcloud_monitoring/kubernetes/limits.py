"""What one pod may use of its node's CPU at most, by the rule of the scheduler's library. Pure.

The formula is `resourcehelper.PodLimits` of k8s.io/component-helpers v0.36 with `UseStatusResources`: it sums limits as
`pods.request` sums requests; overhead counts only for a pod that has a limit. A container without a limit counts
nothing, though it may use all of a machine.
"""

from __future__ import annotations

from collections.abc import Mapping

from govcloud_api import quantity
from govcloud_monitoring.kubernetes.pods import Container, ContainerStatus, Limits, PodSpec, PodStatus, resize_refused


def cpu_limit_milli(spec: PodSpec, status: PodStatus) -> int:
    """Milli-cores; 0 where nothing is limited. Raises ValueError on a malformed quantity."""
    given = {each.name: each for each in (*status.container_statuses, *status.init_container_statuses)}
    refused = resize_refused(status)
    running = sum(_in_force(each, given, refused=refused) for each in spec.containers)
    sidecars = starting = 0
    for container in spec.init_containers:
        if container.is_sidecar:
            sidecars += _in_force(container, given, refused=refused)
            starting = max(starting, sidecars)
        else:
            starting = max(starting, sidecars + _milli(container.resources.limits))
    whole = spec.resources.limits
    limit = max(running + sidecars, starting) if whole.cpu is None else _milli(whole)
    return limit + spec.overhead.amount().cpu_milli if limit else 0


def _in_force(container: Container, given: Mapping[str, ContainerStatus], *, refused: bool) -> int:
    """The limit that counts while a resize may be under way; `refused`: the node can never grant what is wanted."""
    wanted = _milli(container.resources.limits)
    status = given.get(container.name)
    if status is None or status.resources is None:
        return wanted
    granted = _milli(status.resources.limits)
    return granted if refused else max(granted, wanted)


def _milli(limits: Limits) -> int:
    return 0 if limits.cpu is None else quantity.cpu_millicores(limits.cpu)
