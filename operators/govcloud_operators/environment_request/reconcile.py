"""EnvironmentRequest: gather -> decide -> status -> act -> look again.

Allocation has a single writer: the caller holds the quotas of the departments concerned from the first read to the
last write, and the lease keeps a second operator from writing at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from govcloud_api import errors, labels
from govcloud_api.objects import Object, Ref
from govcloud_api.rules import automatic
from govcloud_api.rules.observed import Observed
from govcloud_api.v1alpha1 import Environment, EnvironmentRequest
from govcloud_kube import Cluster
from govcloud_operators import statuses
from govcloud_operators.environment_request import desired, gather, status, verdict
from govcloud_operators.environment_request.arrival import Arrival, arrival
from govcloud_operators.surroundings import Surroundings

FIELD_MANAGER = "govcloud-requests"
"""Owns the spec of Environments; their finalizers belong to the room `environment` under its own name."""
POLL_SECONDS = 2.0
MAX_STEPS = 4
SETTLED = frozenset({"Denied", "Closed"})
"""Phases that never change again."""
SERVED = frozenset({"Ready", "Done"})
"""Phases of history: what was approved stood once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The status that is true before anything is done, and what is done then."""

    status: dict[str, Any] | None = None
    """None: nothing new to say."""
    apply: Object | None = None
    """The Environment as it is to be; bound to the UID of the one that was looked at, if there was one."""
    remove: Environment | None = None
    again_seconds: float | None = None
    arrival: Arrival | None = None
    """What the status says for the first time."""


def request_ref(namespace: str, name: str) -> Ref:
    """Ref of an EnvironmentRequest."""
    return Ref(labels.API_VERSION, "EnvironmentRequest", name, namespace)


def reconcile(cluster: Cluster, ref: Ref, around: Surroundings) -> float | None:
    """Take a request as far as it goes; returns seconds until the next look, None when events bring it.

    Raises what the cluster raises, after saying in the status what was refused.
    """
    for _ in range(MAX_STEPS):
        found = cluster.get(ref)
        if found is None:
            return None
        request = EnvironmentRequest.parse(found)
        if request.status.phase in SETTLED:
            return None
        decision = look(cluster, request, around)
        if decision.status is not None and not (decision.apply and _is_approved(request)):
            written = statuses.write_if_changed(cluster, ref, request, decision.status)
            if written and decision.arrival is not None:
                around.ready_times.add(decision.arrival.tier, decision.arrival.seconds)
        if decision.apply is None and decision.remove is None:
            return decision.again_seconds
        _act(cluster, ref, request, decision, around.clock())
    raise errors.NotReady(f"{ref}: not settled after {MAX_STEPS} steps; something else changes its environment")


def look(cluster: Cluster, request: EnvironmentRequest, around: Surroundings) -> Decision:
    """Read what matters at this stage, and decide."""
    now = around.clock()
    environments = gather.environments_of(cluster, request.metadata.namespace or "")
    receivers: tuple[Environment, ...] = ()
    if request.spec.transfer_to:
        receivers = gather.environments_of(cluster, labels.home_namespace(request.spec.transfer_to))
    everywhere = (*environments, *receivers)
    served = next((e for e in everywhere if e.spec.request_ref.uid == request.metadata.uid), None)
    if served is not None:
        return serve(request, served, environments, now)
    if _was_served(request) or _is_bound(request):
        bound = request.status.environment_ref
        known = next((e for e in everywhere if bound and e.metadata.uid == bound.uid), None)
        if known is None:
            return Decision(status=status.closed(request, now))
        if _was_served(request):
            return Decision(status=status.done(request, now))
    return decide(gather.observe(cluster, request, environments, around.usage, now))


def decide(observed: Observed) -> Decision:
    """What becomes of a request that changed nothing yet. Pure."""
    found = verdict.judge(observed)
    body = status.undecided(observed, found)
    if found.answer == "granted" and observed.request.metadata.deletion_timestamp is None:
        return Decision(status=body, apply=desired.environment(observed, grown=_grows_by_policy(observed, found)))
    waits = found.answer == "people" and found.due is not None and not found.overdue
    seconds = (found.due - observed.now).total_seconds() if waits and found.due else None
    return Decision(status=body, again_seconds=seconds)


def _grows_by_policy(observed: Observed, found: verdict.Verdict) -> bool:
    """A Change to more that no person saw."""
    if found.reason != "ApprovedByPolicy" or found.policy is None or found.policy.spec.auto.always:
        return False
    return any(automatic.growths(observed, found.policy.spec.auto))


def serve(
    request: EnvironmentRequest, environment: Environment, home: tuple[Environment, ...], now: datetime
) -> Decision:
    """What is left to do once an Environment says that this request was the last applied to it. Pure."""
    if request.status.phase in SERVED:
        return Decision()
    if request.spec.type == "Delete":
        return _give_back(environment, status.served(request, environment, now, waits_for="it is being given back"))
    if request.spec.type == "Transfer":
        return _hand_over(request, environment, home, now)
    body = status.served(request, environment, now)
    return Decision(status=body, arrival=arrival(request, environment, body))


def _give_back(environment: Environment, body: dict[str, Any]) -> Decision:
    """Legal hold that came after the decision stops it all the same."""
    going = environment.metadata.deletion_timestamp is not None
    if going or environment.spec.legal_hold:
        return Decision(status=body, again_seconds=POLL_SECONDS)
    return Decision(status=body, remove=environment)


def _hand_over(
    request: EnvironmentRequest, environment: Environment, home: tuple[Environment, ...], now: datetime
) -> Decision:
    """The old Environment goes by itself once the new one has the namespace; only then the request is served."""
    old = next((e for e in home if e.metadata.name == environment.metadata.name), None)
    body = status.served(request, environment, now, waits_for="the old owner to let it go" if old else "")
    return Decision(status=body, again_seconds=None if body["phase"] == "Ready" else POLL_SECONDS)


def _act(cluster: Cluster, ref: Ref, request: EnvironmentRequest, decision: Decision, now: datetime) -> None:
    try:
        if decision.apply is not None:
            cluster.apply(decision.apply, field_manager=FIELD_MANAGER)
        if decision.remove is not None:
            cluster.delete(desired.environment_ref(decision.remove), uid=decision.remove.metadata.uid)
    except (errors.Forbidden, errors.InvalidSpec) as refusal:
        told = status.refused(decision.status or {}, request, str(refusal), now)
        statuses.write_if_changed(cluster, ref, request, told)
        raise


def _is_approved(request: EnvironmentRequest) -> bool:
    """That it is granted, and what stood in the way since, is written down already."""
    return any(c.type == "Approved" and c.status == "True" for c in request.status.conditions)


def _was_served(request: EnvironmentRequest) -> bool:
    """An Environment took it on once: a request is served at most once."""
    return any(c.type == "Provisioned" and c.status == "True" for c in request.status.conditions)


def _is_bound(request: EnvironmentRequest) -> bool:
    """It is about one Environment, by UID."""
    return request.spec.type != "Create" and request.status.environment_ref is not None
