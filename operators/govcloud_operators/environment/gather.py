"""Everything a decision about an Environment needs, read live from the cluster. No decisions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from govcloud_api import errors, labels
from govcloud_api.objects import Object, Ref
from govcloud_api.v1alpha1 import Department, Environment, PolicyExemption
from govcloud_api.v1alpha1.environment import Issue
from govcloud_kube import Cluster
from govcloud_operators import network, roles
from govcloud_operators.actions import read, read_bindings
from govcloud_operators.environment import desired, issues, suspension, teardown, transfer
from govcloud_operators.environment.observed import Network, Observed
from govcloud_operators.keys import Key
from govcloud_operators.surroundings import Surroundings


def gather(cluster: Cluster, ref: Ref, around: Surroundings) -> Observed | None:
    """Read everything live; None when the Environment is gone. Raises InvalidSpec when it cannot be understood."""
    found = cluster.get(ref)
    if found is None:
        return None
    environment = Environment.parse(found)
    live = read(cluster, desired.refs(environment))
    department = cluster.get(Ref(labels.API_VERSION, "Department", environment.spec.department_ref))
    observed = Observed(
        environment=environment,
        department=Department.parse(department) if department else None,
        live=live,
        network=_network(cluster, environment, live.get(desired.probe_ref(environment)), around),
        now=around.clock(),
        probe_image=around.probe_image,
        cluster_networks=around.cluster_networks,
    )
    return _with_contents(cluster, _with_relations(cluster, observed))


def _with_relations(cluster: Cluster, observed: Observed) -> Observed:
    """Whose namespace it takes over, and who takes its own: asked only when one of them matters."""
    environment = observed.environment
    if transfer.lacks_name(observed):
        wanted = transfer.origin_uid(observed)
        return replace(observed, origin=next((e for e in _all(cluster) if e.metadata.uid == wanted), None))
    uid = environment.metadata.uid
    claim = transfer.successor_uid(observed.namespace, uid)
    if not claim and not environment.metadata.deletion_timestamp and not observed.life.over:
        return observed
    takers = (e for e in _all(cluster) if e.metadata.annotations.get(labels.TRANSFERRED_FROM) == uid)
    return replace(observed, successor=next(takers, None))


def _with_contents(cluster: Cluster, observed: Observed) -> Observed:
    """What is in the namespace besides the fixed objects; of a namespace that is another's only who gets in."""
    if observed.namespace is None:
        return observed
    where = desired.namespace_name(observed.environment)
    if transfer.is_due(observed):
        return replace(observed, bindings=read_bindings(cluster, where, roles.in_environment()))
    if not observed.owns_namespace:
        return observed
    observed = replace(observed, bindings=read_bindings(cluster, where, roles.in_environment()))
    observed = replace(observed, exemptions=_exemptions(cluster, observed.environment))
    if observed.environment.metadata.deletion_timestamp:
        kinds = tuple((labels.API_VERSION, kind) for kind in teardown.KINDS)
        return replace(observed, services=tuple(_listed(cluster, kinds, where)))
    if observed.life.suspended or observed.was_suspended:
        kinds = suspension.KINDS if observed.life.suspended else suspension.sleepers(observed.quota)
        observed = replace(observed, workloads=tuple(_listed(cluster, kinds, where)))
    return observed if observed.life.suspended else replace(observed, issues=_issues(cluster, where, observed.now))


def _issues(cluster: Cluster, where: str, now: datetime) -> tuple[Issue, ...]:
    events = cluster.list("v1", "Event", namespace=where, field_selector="type=Warning")
    found = issues.complaints(events, now)
    live = read(cluster, dict.fromkeys(complaint.ref for complaint in found))
    return tuple(issues.issues(found, live))


def _exemptions(cluster: Cluster, environment: Environment) -> tuple[PolicyExemption, ...]:
    """Those of the environment's home; one that cannot be understood lifts nothing."""
    found = []
    for obj in cluster.list(labels.API_VERSION, "PolicyExemption", namespace=environment.metadata.namespace):
        with suppress(errors.InvalidSpec):
            found.append(PolicyExemption.parse(obj))
    return tuple(found)


def _listed(cluster: Cluster, kinds: tuple[tuple[str, str], ...], where: str) -> Iterator[Object]:
    for api_version, kind in kinds:
        yield from cluster.list(api_version, kind, namespace=where)


def _all(cluster: Cluster) -> Iterator[Environment]:
    """Every Environment that can be understood: a foreign fault must not stop this one."""
    for found in cluster.list(labels.API_VERSION, "Environment"):
        with suppress(errors.InvalidSpec):
            yield Environment.parse(found)


def _network(cluster: Cluster, environment: Environment, pod: Object | None, around: Surroundings) -> Network:
    """Addresses of what tenants must not reach; tries connections only while a probe is there to be judged."""
    canary = _service_address(cluster.get(desired.CANARY), desired.CANARY_PORT)
    api = _service_address(cluster.get(desired.API_SERVICE), 443)
    plain = Network(canary_address=canary, api_address=api)
    if pod is None or canary is None:
        return plain
    phase = (pod.get("status") or {}).get("phase")
    key = Key("Environment", environment.metadata.namespace, environment.metadata.name)
    around.knocks.knock(pod, lambda: around.enqueue(key))
    seen = replace(plain, probe_entered=around.knocks.entered(pod))
    if phase in ("Succeeded", "Failed"):
        return replace(seen, canary_alive=around.reach(around.canary_address or canary) == "open")
    return seen


def _service_address(service: Object | None, port: int) -> str | None:
    address = ((service or {}).get("spec") or {}).get("clusterIP")
    return network.joined(address, port) if address and address != "None" else None
