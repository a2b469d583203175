"""Nodes and pods as the efficiency figures want them. Pure.

A pod of a ServiceInstance counts as a service, by its image and what it reserves, and not as an image: of those every
department has the platform's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from govcloud_api import quantity
from govcloud_monitoring.efficiency import images
from govcloud_monitoring.efficiency.duplicates import Service
from govcloud_monitoring.efficiency.figures import Inputs
from govcloud_monitoring.efficiency.inputs import Machine, Placed, UseRatio, with_use
from govcloud_monitoring.kubernetes.values import Node, Pod


def inputs(
    nodes: Iterable[Node], pods: Iterable[Pod], department_of: Mapping[str, str], ratios: Mapping[str, UseRatio]
) -> Inputs:
    """`department_of` and `ratios`: by namespace. Pods of namespaces without a department are the platform's own."""
    known = tuple(pods)
    return Inputs(
        machines=tuple(_machine(node) for node in nodes),
        pods=with_use((_placed(pod, department_of.get(pod.namespace, "")) for pod in known), ratios),
        services=_services(known, department_of),
    )


def _machine(node: Node) -> Machine:
    return Machine(
        name=node.name,
        pool=node.pool,
        allocatable=node.allocatable,
        max_pods=node.max_pods,
        schedulable=node.state == "ready",
    )


def _placed(pod: Pod, department: str) -> Placed:
    place = pod.placement
    return Placed(
        namespace=pod.namespace,
        node=pod.node,
        request=pod.request,
        department=department,
        app=place.app,
        images=() if place.service else place.images,
        tie=place.tie,
        apart=place.apart,
    )


def _services(pods: Iterable[Pod], department_of: Mapping[str, str]) -> tuple[Service, ...]:
    parts: defaultdict[tuple[str, str], list[Pod]] = defaultdict(list)
    for pod in pods:
        if pod.placement.service and pod.placement.images and pod.namespace in department_of:
            parts[pod.namespace, pod.placement.service].append(pod)
    return tuple(
        _service(department_of[namespace], namespace, name, members)
        for (namespace, name), members in sorted(parts.items())
    )


def _service(department: str, namespace: str, name: str, members: list[Pod]) -> Service:
    engine, version = engine_of(members[0].placement.images[0])
    cpu_milli = sum(pod.request.cpu_milli for pod in members)
    return Service(
        department=department,
        namespace=namespace,
        name=name,
        engine=engine,
        version=version,
        size=quantity.cpu_text(cpu_milli),
        cpu_request_milli=cpu_milli,
    )


def engine_of(image: str) -> tuple[str, str]:
    """Last part of the repository, and tag, of an image reference; what is no reference is its own name."""
    try:
        found = images.parse(image)
    except ValueError:
        return image, ""
    return found.path.rpartition("/")[2], found.tag
