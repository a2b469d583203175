"""Environment: gather -> decide -> perform -> status. Isolation stands and is proven before anybody gets in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from govcloud_api import conditions, errors, labels
from govcloud_api.objects import Object, Ref, ref_of
from govcloud_kube import Cluster
from govcloud_operators import actions, isolation, rounds, statuses
from govcloud_operators.actions import Action, Apply, Create, Delete, first_stage
from govcloud_operators.environment import checks, desired, repairs, status, suspension, teardown, transfer
from govcloud_operators.environment.gather import gather
from govcloud_operators.environment.observed import Observed
from govcloud_operators.keys import Key
from govcloud_operators.surroundings import Surroundings

WAIT_POLL_SECONDS = 2.0
CANARY_POLL_SECONDS = 5.0
BLOCKED_POLL_SECONDS = 5.0
NOT_PROVEN = "isolation is not proven yet"


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
            _write(cluster, ref, observed, decision, around)
        if not decision.actions:
            return decision.again_seconds
        try:
            actions.perform(cluster, decision.actions)
        except (errors.Forbidden, errors.InvalidSpec) as refusal:
            _write(cluster, ref, observed, decide(observed, refusal=str(refusal)), around)
            raise
        for news in repairs.news(observed, decision.actions):
            around.events.tell(cluster, ref, observed.environment.metadata.uid, news, observed.now)
    raise errors.NotReady(f"{ref}: not settled after {rounds.MAX_ROUNDS} rounds; something else changes its objects")


def decide(observed: Observed, *, refusal: str = "") -> Decision:
    """The next step towards what the Environment says, or its way out. Pure."""
    if observed.environment.metadata.deletion_timestamp:
        return _teardown(observed)
    if settled := _identity(observed, refusal):
        return settled
    shut = (*first_stage(desired.closed_stages(observed.plan), observed.live), *_surplus_openings(observed))
    if shut:
        return Decision(actions=shut, status=_standing(observed, None, "isolation does not stand yet", refusal))
    if strangers := transfer.strangers(observed):
        return Decision(actions=strangers, status=_standing(observed, None, "it changes hands", refusal))
    if observed.life.suspended:
        return _rest(observed, refusal)
    if waking := suspension.resume(observed.workloads):
        return Decision(actions=waking, status=_standing(observed, checks.resting(observed), "", refusal))
    return _open(observed, refusal)


def _identity(observed: Observed, refusal: str) -> Decision | None:
    """Whose namespace is it, and does this Environment go on? None: it goes on in a namespace of its own."""
    environment, found = observed.environment, observed.namespace
    no_place = "there is no namespace of its own"
    if transfer.lacks_name(observed) and observed.origin is None:
        return Decision(status=_standing(observed, None, no_place, refusal), again_seconds=WAIT_POLL_SECONDS)
    if transfer.lacks_name(observed) or labels.ENVIRONMENT_FINALIZER not in environment.metadata.finalizers:
        name = desired.namespace_name(observed.origin) if observed.origin else ""
        held = Apply(desired.held(environment, holds=True, work_namespace=name))
        return Decision(actions=(held,), status=_standing(observed, None, "the namespace is not there yet", refusal))
    if transfer.is_given_away(observed):
        return _end(observed, "another department took its namespace over")
    if transfer.is_claimed(observed):
        text = "its namespace is being taken over by another department"
        told = _standing(observed, checks.resting(observed), text, refusal)
        return Decision(status=told, again_seconds=WAIT_POLL_SECONDS)
    if observed.life.over:
        return _end(observed, observed.life.message)
    if found is None or observed.owns_namespace:
        return None
    taking = transfer.take_over(observed) if transfer.is_due(observed) and not isolation.is_going(found) else ()
    waits = WAIT_POLL_SECONDS if isolation.is_going(found) else None
    return Decision(actions=taking, status=_standing(observed, None, no_place, refusal), again_seconds=waits)


def _end(observed: Observed, reason: str) -> Decision:
    metadata = observed.environment.metadata
    gone = Delete(environment_ref(metadata.namespace or "", metadata.name), metadata.uid)
    return Decision(actions=(gone,), status=status.leaving(observed, reason), record_first=True)


def _rest(observed: Observed, refusal: str) -> Decision:
    """Scaled to zero, data kept. Nobody new gets in unless isolation was proven; no probe can run."""
    look = checks.resting(observed)
    if stopping := suspension.stop(observed.workloads, keep_everything=observed.environment.spec.legal_hold):
        return Decision(actions=stopping, status=_standing(observed, look, "", refusal))
    return _let_in(observed, look, _next_change_seconds(observed), refusal)


def _open(observed: Observed, refusal: str) -> Decision:
    """Namespace and policies stand: prove isolation, then let people in."""
    look = checks.look(observed)
    told = _standing(observed, look, "" if observed.bindings else NOT_PROVEN, refusal)
    if look.do == "start" and not isolation.is_enforced(observed.quota):
        return Decision(status=told, again_seconds=WAIT_POLL_SECONDS)
    if probing := _probe_action(observed, look):
        return Decision(actions=probing, status=told, record_first=look.do == "remove")
    again = _again_seconds(observed, look)
    if look.do == "record" or (look.do == "admit" and transfer.awaits_proof(observed)):
        return Decision(status=told, again_seconds=again)
    return _let_in(observed, look, again, refusal)


def _let_in(observed: Observed, look: checks.Look, again: float | None, refusal: str) -> Decision:
    """Exactly those get in who shall; whoever is inside stays while the daily look runs."""
    if look.isolated != "True" and not observed.bindings:
        return Decision(status=_standing(observed, look, NOT_PROVEN, refusal), again_seconds=again)
    if observed.department is None:
        return Decision(status=_standing(observed, look, "its department is gone", refusal), again_seconds=again)
    wanted = desired.access(observed.environment, observed.department)
    opening: tuple[Action, ...] = (*first_stage([wanted], observed.bindings), *_surplus(observed, wanted))
    missing = "people's access is being made" if opening else ""
    return Decision(actions=opening, status=_standing(observed, look, missing, refusal), again_seconds=again)


def _teardown(observed: Observed) -> Decision:
    if labels.ENVIRONMENT_FINALIZER not in observed.environment.metadata.finalizers:
        return Decision(status=status.leaving(observed, "others still hold it"))
    step = teardown.step(observed)
    if step.done:
        return Decision(actions=(Apply(desired.held(observed.environment, holds=False)),))
    told = status.leaving(observed, step.told)
    wanted = _guard(observed) if step.blocked else step.actions
    again = BLOCKED_POLL_SECONDS if step.blocked else WAIT_POLL_SECONDS
    return Decision(actions=wanted, status=told, record_first=True, again_seconds=again)


def _guard(observed: Observed) -> tuple[Action, ...]:
    """A removal that is stopped may be for years: the place stays shut, and who left the department gets out."""
    if isolation.is_going(observed.namespace or {"metadata": {}}):
        return ()
    shut = (*first_stage(desired.closed_stages(observed.plan), observed.live), *_surplus_openings(observed))
    if shut or observed.department is None or not observed.bindings:
        return shut
    wanted = desired.access(observed.environment, observed.department)
    return (*first_stage([wanted], observed.bindings), *_surplus(observed, wanted))


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
    if look.do == "admit":
        return 0.0
    if look.do in ("remove", "record") or (look.do == "wait" and observed.probe is not None):
        return WAIT_POLL_SECONDS
    if look.do == "wait":
        return checks.retry_seconds(look.record) if look.record.attempts else CANARY_POLL_SECONDS
    return _next_change_seconds(observed)


def _next_change_seconds(observed: Observed) -> float | None:
    if not isolation.is_enforced(observed.quota):
        return WAIT_POLL_SECONDS
    change = status.next_change(observed)
    return None if change is None else (change - observed.now).total_seconds()


def _surplus(observed: Observed, wanted: list[Object]) -> tuple[Delete, ...]:
    """Bindings of roles that nobody has any more."""
    kept = {ref_of(obj) for obj in wanted}
    return tuple(Delete(ref, obj["metadata"]["uid"]) for ref, obj in observed.bindings.items() if ref not in kept)


def _surplus_openings(observed: Observed) -> tuple[Delete, ...]:
    """Ways out and in that are approved no more."""
    kept = {ref_of(obj) for obj in desired.network_policies(observed.plan)}
    refs = desired.openings_refs(desired.namespace_name(observed.environment))
    gone = [(ref, observed.live[ref]) for ref in refs if ref in observed.live and ref not in kept]
    return tuple(Delete(ref, obj["metadata"]["uid"]) for ref, obj in gone)


def _standing(observed: Observed, look: checks.Look | None, access: str, refusal: str) -> dict[str, Any]:
    return status.standing(observed, look, access=access, refusal=refusal)


def _write(cluster: Cluster, ref: Ref, observed: Observed, decision: Decision, around: Surroundings) -> None:
    """Services read the status to know whether they may run, so they look once it says something else."""
    if decision.status is None:
        return
    told = conditions.holds({"status": observed.environment.status.wire()}, "Suspended")
    written = statuses.write_if_changed(cluster, ref, observed.environment, decision.status)
    if written and told != observed.life.suspended:
        around.enqueue(Key("EnvironmentFanOut", ref.namespace, ref.name))
