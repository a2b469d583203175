"""Everything that a decision about a request is made from, read live."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from govcloud_api import labels
from govcloud_api.objects import Ref
from govcloud_api.rules import automatic
from govcloud_api.rules.observed import Observed
from govcloud_api.v1alpha1 import (
    ApprovalPolicy,
    Environment,
    EnvironmentRequest,
    ServiceTier,
    WorkCalendar,
)
from govcloud_kube import Cluster
from govcloud_operators import approvals, isolation
from govcloud_operators.surroundings import Usage


def environments_of(cluster: Cluster, home: str) -> tuple[Environment, ...]:
    """All Environments in a home namespace."""
    listed = cluster.list(labels.API_VERSION, "Environment", namespace=home)
    return tuple(Environment.parse(item) for item in listed)


def observe(
    cluster: Cluster,
    request: EnvironmentRequest,
    environments: tuple[Environment, ...],
    usage: Usage,
    now: datetime,
) -> Observed:
    """One look at a request that changed nothing yet. Raises InvalidSpec when an object cannot be understood."""
    home = request.metadata.namespace or ""
    seen = Observed(
        request=request,
        now=now,
        department=approvals.department_of(cluster, home),
        environments=environments,
        policies=tuple(ApprovalPolicy.parse(item) for item in cluster.list(labels.API_VERSION, "ApprovalPolicy")),
        rivals=_rivals(cluster, request),
    )
    seen = _with_receiver(cluster, seen)
    seen = replace(seen, tiers=_tiers(cluster, seen))
    seen = replace(seen, used=_used(cluster, seen), hosts=_hosts(cluster, seen))
    return _with_people(cluster, seen, usage)


def _with_receiver(cluster: Cluster, seen: Observed) -> Observed:
    code = seen.request.spec.transfer_to
    if not code:
        return seen
    home = labels.home_namespace(code)
    receiver = approvals.department_of(cluster, home)
    return replace(seen, receiver=receiver, receivers_environments=environments_of(cluster, home))


def _with_people(cluster: Cluster, seen: Observed, usage: Usage) -> Observed:
    """Approvals, calendar and measurements cost reads: only where they can matter."""
    policy = seen.policy
    if policy is None:
        return seen
    namespace = seen.environment.status.namespace if seen.environment else None
    if namespace and automatic.needs_measurement(seen, policy):
        seen = replace(seen, measured=usage(namespace))
    if automatic.verdict(seen, policy).pass_:
        return seen
    homes = [seen.request.metadata.namespace or "", labels.APPROVALS_NAMESPACE]
    homes += [labels.home_namespace(seen.receiver.spec.code)] if seen.receiver else []
    calendar = cluster.get(Ref(labels.API_VERSION, "WorkCalendar", policy.spec.calendar_ref))
    return replace(
        seen,
        calendar=WorkCalendar.parse(calendar) if calendar else None,
        approvals=approvals.about(cluster, "EnvironmentRequest", seen.request.metadata, homes),
    )


def _rivals(cluster: Cluster, request: EnvironmentRequest) -> tuple[EnvironmentRequest, ...]:
    name = request.spec.environment_ref
    if name is None:
        return ()
    listed = cluster.list(labels.API_VERSION, "EnvironmentRequest", namespace=request.metadata.namespace)
    about = [item for item in listed if (item.get("spec") or {}).get("environmentRef") == name]
    others = (EnvironmentRequest.parse(item) for item in about)
    return tuple(other for other in others if other.metadata.uid != request.metadata.uid)


def _tiers(cluster: Cluster, seen: Observed) -> dict[str, ServiceTier]:
    """The tiers asked for and paid for, and the department's own, which environments have that ask for none."""
    names = {terms.tier for terms in (seen.wanted, seen.present) if terms is not None}
    names |= {seen.department.spec.service_tier_ref} if seen.department else set()
    found = ((name, cluster.get(Ref(labels.API_VERSION, "ServiceTier", name))) for name in names)
    return {name: ServiceTier.parse(obj) for name, obj in found if obj is not None}


def _used(cluster: Cluster, seen: Observed) -> dict[str, str]:
    """What the namespace has reserved, as the quota controller counts it; only a Change may take something away."""
    namespace = seen.environment.status.namespace if seen.environment else None
    if seen.request.spec.type != "Change" or not namespace:
        return {}
    quota = cluster.get(Ref("v1", "ResourceQuota", isolation.QUOTA_NAME, namespace))
    used = ((quota or {}).get("status") or {}).get("used") or {}
    return {str(name): str(amount) for name, amount in used.items()}


def _hosts(cluster: Cluster, seen: Observed) -> dict[str, str]:
    """Who has the host names that are asked for; every department's environments are asked only when there are any."""
    wanted = seen.wanted
    asked = set(wanted.network.ingress_hosts) if wanted and seen.request.spec.network else set()
    return dict(_claims(cluster, asked)) if asked else {}


def _claims(cluster: Cluster, asked: set[str]) -> Iterable[tuple[str, str]]:
    """Read as plain values: an Environment of others that cannot be understood must not stop this request."""
    for item in cluster.list(labels.API_VERSION, "Environment"):
        hosts = ((item.get("spec") or {}).get("network") or {}).get("ingressHosts") or []
        for host in asked.intersection(hosts):
            yield host, f"{item['metadata'].get('namespace')}/{item['metadata']['name']}"
