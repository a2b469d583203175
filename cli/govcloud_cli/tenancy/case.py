"""What a request is about, as far as these credentials may see it: what the rules look at, and what stays hidden."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from govcloud_api import conditions, labels
from govcloud_api.requests import Wish
from govcloud_api.rules.observed import Observed, Part
from govcloud_api.v1alpha1 import ApprovalPolicy, Department, Environment, EnvironmentRequest, ServiceTier
from govcloud_cli.tenancy import places
from govcloud_kube.cluster import Cluster, Object


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What these credentials may read. None: they may not."""

    department: Department | None = None
    tiers: dict[str, ServiceTier] | None = None
    policies: tuple[ApprovalPolicy, ...] | None = None
    environments: tuple[Environment, ...] | None = None
    requests: tuple[EnvironmentRequest, ...] | None = None
    receiver: Department | None = None
    """Read with all that it has given out, or not at all."""
    receivers_environments: tuple[Environment, ...] = ()


def look(cluster: Cluster, wish: Wish) -> Seen:
    """Read what the rules are about, as far as these credentials reach."""
    home = labels.home_namespace(wish.department)
    own = places.department(cluster, wish.department)
    tiers = places.readable(cluster, "ServiceTier")
    policies = places.readable(cluster, "ApprovalPolicy")
    environments = places.readable(cluster, "Environment", home)
    asked = places.readable(cluster, "EnvironmentRequest", home)
    receiver, theirs = _receiver(cluster, wish.transfer_to)
    return Seen(
        department=Department.parse(own) if own else None,
        tiers=None if tiers is None else {item["metadata"]["name"]: ServiceTier.parse(item) for item in tiers},
        policies=None if policies is None else tuple(ApprovalPolicy.parse(item) for item in policies),
        environments=None if environments is None else tuple(Environment.parse(item) for item in environments),
        requests=None if asked is None else tuple(EnvironmentRequest.parse(item) for item in asked),
        receiver=receiver,
        receivers_environments=theirs,
    )


def observed(request: Object, seen: Seen, now: datetime) -> Observed:
    """What the rules look at: a request that may not be written yet, at the end of the queue."""
    born = {"name": "new", "creationTimestamp": conditions.timestamp(now)}
    asked = EnvironmentRequest.parse({**request, "metadata": born | _said(request["metadata"])})
    about = asked.spec.environment_ref
    environments = seen.environments or ()
    present = next((found for found in environments if found.metadata.name == about), None)
    return Observed(
        request=asked,
        now=now,
        department=seen.department,
        receiver=seen.receiver,
        environments=environments,
        receivers_environments=seen.receivers_environments,
        rivals=tuple(found for found in seen.requests or () if about and found.spec.environment_ref == about),
        policies=seen.policies or (),
        tiers=seen.tiers or {},
        used=_used(present),
        hosts=_hosts(environments),
        hidden=frozenset(_hidden(asked, seen)),
    )


def _receiver(cluster: Cluster, code: str | None) -> tuple[Department | None, tuple[Environment, ...]]:
    """The department that shall get something, where the reader may see what it has."""
    found = places.department(cluster, code) if code else None
    theirs = places.readable(cluster, "Environment", labels.home_namespace(code)) if code and found else None
    if found is None or theirs is None:
        return None, ()
    return Department.parse(found), tuple(Environment.parse(item) for item in theirs)


def _hidden(asked: EnvironmentRequest, seen: Seen) -> Iterator[Part]:
    yield "hosts"  # of all departments
    parts: tuple[tuple[Part, object], ...] = (
        ("requester", asked.spec.requested_by),
        ("department", seen.department),
        ("environments", seen.environments),
        ("rivals", seen.requests),
        ("receiver", seen.receiver),
        ("tiers", seen.tiers),
        ("policies", seen.policies),
    )
    yield from (part for part, value in parts if value is None)


def _used(environment: Environment | None) -> Mapping[str, str]:
    """As the operator noted it down last."""
    quota = environment.status.quota if environment else None
    return dict(quota.used) if quota else {}


def _hosts(environments: Sequence[Environment]) -> dict[str, str]:
    """Names that the own department has given out."""
    return {
        host: f"{found.metadata.namespace}/{found.metadata.name}"
        for found in environments
        for host in found.spec.network.ingress_hosts
    }


def _said(metadata: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in metadata.items() if value is not None}
