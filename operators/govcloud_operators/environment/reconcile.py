"""Environment: gather -> decide -> perform -> status. Isolation stands and is proven before anybody gets in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from govcloud_api import conditions, errors, labels
from govcloud_api.objects import Object, Ref, ref_of
from govcloud_api.v1alpha1 import Department, Environment
from govcloud_kube import Cluster
from govcloud_operators import actions, isolation, rounds, statuses
from govcloud_operators.actions import Action, Apply, Create, Delete, first_stage, read
from govcloud_operators.environment import checks, desired, status
from govcloud_operators.environment.observed import Network, Observed

PROBE_POLL_SECONDS = 0.5
WAIT_POLL_SECONDS = 2.0
CANARY_POLL_SECONDS = 5.0

Clock = Callable[[], datetime]


Answer = Literal["open", "refused", "silent"]
Reach = Callable[[str], Answer]
"""Tries to open a TCP connection to `IP:port`; "refused" means that packets got there all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a reconcile needs besides the cluster: all of it given, nothing found out here."""

    clock: Clock
    reach: Reach
    probe_image: str
    canary_address: str | None = None
    """Where the operator itself finds the canary; None: at its Service's cluster address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to do now, the status that is true, and seconds until the next look (None: nothing is due)."""

    actions: tuple[Action, ...] = ()
    status: dict[str, Any] | None = None
    """None: the object goes away with these actions."""
    again_seconds: float | None = None
    record_first: bool = False
    """Write the status before the actions: it journals what an action destroys."""


def environment_ref(namespace: str, name: str) -> Ref:
    """Ref of an Environment."""
    return Ref(labels.API_VERSION, "Environment", name, namespace)


def reconcile(cluster: Cluster, ref: Ref, around: Surroundings) -> float | None:
    """Bring an Environment to where its spec says; returns seconds until the next look, None when nothing is due.

    Raises what the cluster raises, after saying in the status what was refused.
    """
    for _ in range(rounds.MAX_ROUNDS):
        observed = gather(cluster, ref, around)
        if observed is None:
            return None
        decision = decide(observed)
        if decision.record_first or not decision.actions:
            _write(cluster, ref, observed, decision)
        if not decision.actions:
            return decision.again_seconds
        try:
            actions.perform(cluster, decision.actions)
        except (errors.Forbidden, errors.InvalidSpec) as refusal:
            _write(cluster, ref, observed, decide(observed, refusal=str(refusal)))
            raise
    raise errors.NotReady(f"{ref}: not settled after {rounds.MAX_ROUNDS} rounds; something else changes its objects")


def gather(cluster: Cluster, ref: Ref, around: Surroundings) -> Observed | None:
    """Read everything live; None when the Environment is gone. Raises InvalidSpec when it cannot be understood."""
    found = cluster.get(ref)
    if found is None:
        return None
    environment = Environment.parse(found)
    live = read(cluster, desired.refs(environment))
    asked = environment.spec.request_ref
    request = cluster.get(Ref(labels.API_VERSION, "EnvironmentRequest", asked.name, ref.namespace))
    department = cluster.get(Ref(labels.API_VERSION, "Department", environment.spec.department_ref))
    return Observed(
        environment=environment,
        department=Department.parse(department) if department else None,
        request_there=request is not None and request["metadata"]["uid"] == asked.uid,
        live=live,
        network=_network(cluster, environment, live.get(desired.probe_ref(environment)), around),
        now=around.clock(),
        probe_image=around.probe_image,
    )


def decide(observed: Observed, *, refusal: str = "") -> Decision:
    """The next step towards what the Environment says, or its way out. Pure."""
    environment = observed.environment
    if environment.metadata.deletion_timestamp:
        return _teardown(observed)
    if labels.ENVIRONMENT_FINALIZER not in environment.metadata.finalizers:
        held = Apply(desired.with_finalizer(environment, held=True))
        return Decision(actions=(held,), status=_standing(observed, None, "the namespace is not there yet", refusal))
    if reason := _end(observed):
        gone = Delete(
            environment_ref(environment.metadata.namespace or "", environment.metadata.name), environment.metadata.uid
        )
        return Decision(actions=(gone,), status=status.leaving(observed, reason), record_first=True)
    found = observed.namespace
    if found is not None and not observed.owns_namespace:
        waits = WAIT_POLL_SECONDS if isolation.is_going(found) else None
        return Decision(
            status=_standing(observed, None, "there is no namespace of its own", refusal), again_seconds=waits
        )
    shut = first_stage(desired.closed_stages(environment), observed.live)
    if shut:
        return Decision(actions=shut, status=_standing(observed, None, "isolation does not stand yet", refusal))
    return _open(observed, refusal)


def _open(observed: Observed, refusal: str) -> Decision:
    """Namespace and policies stand: prove isolation, then let people in."""
    look = checks.look(observed)
    inside = _has_access(observed)
    told = _standing(observed, look, "" if inside else "isolation is not proven yet", refusal)
    if look.do == "start" and not isolation.is_enforced(observed.quota):
        return Decision(status=told, again_seconds=PROBE_POLL_SECONDS)
    if probing := _probe_action(observed, look):
        return Decision(actions=probing, status=told, record_first=look.do == "remove")
    again = _again_seconds(observed, look)
    if look.do == "record" or (look.isolated != "True" and not inside):
        return Decision(status=told, again_seconds=again)
    if observed.department is None:
        return Decision(status=_standing(observed, look, "its department is gone", refusal), again_seconds=again)
    wanted = desired.access(observed.environment, observed.department)
    opening: tuple[Action, ...] = (*first_stage([wanted], observed.live), *_surplus(observed, wanted))
    missing = "people's access is being made" if opening else ""
    return Decision(actions=opening, status=_standing(observed, look, missing, refusal), again_seconds=again)


def _teardown(observed: Observed) -> Decision:
    environment, found = observed.environment, observed.namespace
    if labels.ENVIRONMENT_FINALIZER not in environment.metadata.finalizers:
        return Decision(status=status.leaving(observed, "others still hold it"))
    if found is None or not isolation.is_owned(found, environment.metadata.uid):
        return Decision(actions=(Apply(desired.with_finalizer(environment, held=False)),))
    told = status.leaving(observed, status.remaining_content(observed))
    if isolation.is_going(found):
        return Decision(status=told, again_seconds=WAIT_POLL_SECONDS)
    gone = Delete(desired.namespace_ref(environment), found["metadata"]["uid"])
    return Decision(actions=(gone,), status=told, record_first=True)


def _end(observed: Observed) -> str:
    """Why the environment ends now, empty when it does not."""
    expires_at = observed.environment.spec.expires_at
    if expires_at is not None and conditions.parse_timestamp(expires_at) <= observed.now:
        return f"it expired at {expires_at}"
    if not observed.request_there:
        return "its request was deleted"
    return ""


def _probe_action(observed: Observed, look: checks.Look) -> tuple[Action, ...]:
    if look.do == "start":
        key, targets = checks.probe_key(observed), observed.network.targets
        pod = desired.probe_pod(observed.environment, image=observed.probe_image, key=key, denied=targets)
        return (Create(pod),)
    if look.do == "remove" and observed.probe is not None:
        going = isolation.is_going(observed.probe)
        return () if going else (Delete(desired.probe_ref(observed.environment), observed.probe["metadata"]["uid"]),)
    return ()


def _again_seconds(observed: Observed, look: checks.Look) -> float | None:
    if look.do in ("remove", "record") or (look.do == "wait" and observed.probe is not None):
        return PROBE_POLL_SECONDS
    if look.do == "wait":
        return checks.retry_seconds(look.record) if look.record.attempts else CANARY_POLL_SECONDS
    if not isolation.is_enforced(observed.quota):
        return WAIT_POLL_SECONDS
    change = status.next_change(observed)
    return None if change is None else (change - observed.now).total_seconds()


def _surplus(observed: Observed, wanted: list[Object]) -> tuple[Delete, ...]:
    """Bindings of roles that nobody has any more."""
    kept = {ref_of(obj) for obj in wanted}
    return tuple(
        Delete(ref, obj["metadata"]["uid"])
        for ref, obj in observed.live.items()
        if ref.kind == "RoleBinding" and ref not in kept
    )


def _has_access(observed: Observed) -> bool:
    return any(ref.kind == "RoleBinding" for ref in observed.live)


def _standing(observed: Observed, look: checks.Look | None, access: str, refusal: str) -> dict[str, Any]:
    return status.standing(observed, look, access=access, refusal=refusal)


def _write(cluster: Cluster, ref: Ref, observed: Observed, decision: Decision) -> None:
    if decision.status is not None:
        statuses.write_if_changed(cluster, ref, observed.environment, decision.status)


def _network(cluster: Cluster, environment: Environment, pod: Object | None, around: Surroundings) -> Network:
    """Addresses of what tenants must not reach; tries connections only while a probe is there to be judged."""
    canary = _service_address(cluster.get(desired.CANARY), desired.CANARY_PORT)
    api = _service_address(cluster.get(desired.API_SERVICE), 443)
    plain = Network(canary_address=canary, api_address=api)
    if pod is None or canary is None:
        return plain
    phase = (pod.get("status") or {}).get("phase")
    if phase == "Running":
        return replace(plain, probe_reached=_probe_reached(cluster, environment, pod, around.reach))
    if phase in ("Succeeded", "Failed"):
        return replace(plain, canary_alive=around.reach(around.canary_address or canary) == "open")
    return plain


def _probe_reached(cluster: Cluster, environment: Environment, pod: Object, reach: Reach) -> bool | None:
    """Could the operator get into the running pod? None: it looked before, or the pod ended meanwhile."""
    record, uid = environment.status.isolation_probe, pod["metadata"]["uid"]
    address = pod["status"].get("podIP")
    if not address or (record is not None and record.pod_uid == uid and record.ingress is not None):
        return None
    reached = reach(_joined(address, desired.PROBE_PORT)) != "silent"
    after = cluster.get(desired.probe_ref(environment))
    same = after is not None and after["metadata"]["uid"] == uid and after["status"].get("phase") == "Running"
    return reached if same else None


def _service_address(service: Object | None, port: int) -> str | None:
    address = ((service or {}).get("spec") or {}).get("clusterIP")
    return _joined(address, port) if address and address != "None" else None


def _joined(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
