"""The same program or service run by several departments, and the CPU that sharing it would free. Pure.

Programs count as the same when their images come from one repository, whatever the tag or digest; services when engine,
major version and size are equal. A group counts only if it spans two departments or more.

    reclaimable CPU = (sum of requests - requests of the largest department in the group) * 3/4

A shared instance would have to be as large as the largest department's today, and a quarter of what the others request
stays beside it as margin for keeping tenants apart. The quarter is an assumption, not a measurement.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import msgspec

from govcloud_monitoring.efficiency import images
from govcloud_monitoring.efficiency.inputs import Placed
from govcloud_monitoring.folding import OTHER

Kind = Literal["image", "service"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MAX_GROUPS = 50
"""Of each kind; the rest is one group, `other`."""
MAX_GROUP_CHARS = 63
OWN_IMAGE_ENGINE = "web"
"""Engine of services that run an image of the department: their plan says nothing about what they are."""
KEPT_QUARTERS = 1
"""Quarters of the smaller departments' requests that stay as margin."""

_HASH_CHARS = 8
_UNSAFE = re.compile(r"[^a-z0-9._/-]+")
_AFTER_MAJOR = re.compile(r"[._-]")

Key = tuple[str, Kind]
"""Group and kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A ServiceInstance of a department: `size` is its plan, `cpu_request_milli` the sum over its pods."""

    department: str
    namespace: str
    name: str
    engine: str
    version: str
    size: str
    cpu_request_milli: int


class Instance(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A part of one running instance. Parts with the same `department` and `identity` are one instance."""

    group: str
    kind: Kind
    department: str
    identity: tuple[str, str]
    cpu_request_milli: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """One group, or the rest of a kind: then `groups` says how many. `departments` counts them."""

    instances: int
    departments: int
    reclaimable_cpu_milli: int
    groups: int = 1


def of_images(
    pods: Iterable[Placed], platform_images: Collection[str] = (), default_host: str = ""
) -> Iterator[Instance]:
    """Departments' pods by the repository of their first image that is not the platform's.

    A pod counts in one group only, so no CPU is promised twice. References are read by `images.parse`, tag and digest
    do not matter; a pod with none that can be read is left out. Raises ValueError when one of `platform_images` is not
    a reference.
    """
    platform = frozenset(images.parse(each, default_host).repository for each in platform_images)
    for pod in pods:
        own = (each for each in _repositories(pod.images, default_host) if each not in platform)
        repository = next(own, None) if pod.department else None
        if repository is not None:
            yield Instance(
                group=group_label(repository),
                kind="image",
                department=pod.department,
                identity=(pod.namespace, pod.app),
                cpu_request_milli=pod.request.cpu_milli,
            )


def of_services(services: Iterable[Service]) -> Iterator[Instance]:
    """Services by engine, major version and size: `postgresql-16-small`."""
    for each in services:
        if each.engine != OWN_IMAGE_ENGINE:
            parts = (each.engine, _AFTER_MAJOR.split(each.version, maxsplit=1)[0], each.size)
            yield Instance(
                group=group_label("-".join(part for part in parts if part)),
                kind="service",
                department=each.department,
                identity=(each.namespace, each.name),
                cpu_request_milli=each.cpu_request_milli,
            )


def duplicates(instances: Iterable[Instance]) -> dict[Key, Duplicate]:
    """The groups that free most, at most `MAX_GROUPS` of each kind, and one `other` with the rest of a kind."""
    groups: defaultdict[Key, list[Instance]] = defaultdict(list)
    for each in instances:
        groups[each.group, each.kind].append(each)
    shared = {key: members for key, members in groups.items() if len({each.department for each in members}) > 1}
    found: dict[Key, Duplicate] = {}
    for kind in KINDS:
        found |= _top(kind, {group: members for (group, of_kind), members in shared.items() if of_kind == kind})
    return found


@functools.lru_cache(maxsize=4096)
def group_label(text: str) -> str:
    """The text if it is short and has only safe characters; otherwise its end, made safe, and a hash of the whole."""
    safe = _UNSAFE.sub("-", text.lower())
    if safe == text and 0 < len(text) <= MAX_GROUP_CHARS and text != OTHER:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:_HASH_CHARS]
    return f"{safe[-(MAX_GROUP_CHARS - _HASH_CHARS - 1) :]}-{digest}"


def _repositories(references: Iterable[str], default_host: str) -> Iterator[str]:
    """Repositories of the references that can be read; what a department writes may be anything."""
    for reference in references:
        try:
            yield images.parse(reference, default_host).repository
        except ValueError:
            continue


def _top(kind: Kind, groups: Mapping[str, list[Instance]]) -> dict[Key, Duplicate]:
    figures = {group: _duplicate(members) for group, members in groups.items()}
    ranked = sorted(
        figures, key=lambda group: (-figures[group].reclaimable_cpu_milli, -figures[group].instances, group)
    )
    found: dict[Key, Duplicate] = {(group, kind): figures[group] for group in ranked[:MAX_GROUPS]}
    rest = ranked[MAX_GROUPS:]
    if rest:
        found[OTHER, kind] = Duplicate(
            instances=sum(figures[group].instances for group in rest),
            departments=len({each.department for group in rest for each in groups[group]}),
            reclaimable_cpu_milli=sum(figures[group].reclaimable_cpu_milli for group in rest),
            groups=len(rest),
        )
    return found


def _duplicate(members: Iterable[Instance]) -> Duplicate:
    cpu_milli: defaultdict[str, int] = defaultdict(int)
    distinct = set()
    for each in members:
        cpu_milli[each.department] += each.cpu_request_milli
        distinct.add((each.department, each.identity))
    others = sum(cpu_milli.values()) - max(cpu_milli.values())
    return Duplicate(
        instances=len(distinct),
        departments=len(cpu_milli),
        reclaimable_cpu_milli=others * (4 - KEPT_QUARTERS) // 4,
    )
