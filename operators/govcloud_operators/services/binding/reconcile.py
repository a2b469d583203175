"""ServiceBinding: gather -> decide -> logins, Secret, status."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime

from govcloud_api import conditions, errors, labels
from govcloud_api.objects import Ref
from govcloud_api.v1alpha1 import ServiceBinding
from govcloud_kube import Cluster
from govcloud_operators import actions, rounds, statuses
from govcloud_operators.services import looking, place
from govcloud_operators.services.authority import Authority
from govcloud_operators.services.binding import status
from govcloud_operators.services.binding.decide import Decision, Issue, TakeBack, decide
from govcloud_operators.services.binding.observed import Observed
from govcloud_operators.services.driver import Door
from govcloud_operators.services.looking import Dial, Look

PASSWORD_BYTES = 24


def binding_ref(namespace: str, name: str) -> Ref:
    """Ref of a ServiceBinding."""
    return Ref(labels.API_VERSION, "ServiceBinding", name, namespace)


def reconcile(cluster: Cluster, ref: Ref, authority: Authority, dial: Dial, now: datetime) -> float | None:
    """Bring a binding to where its spec says; returns seconds until the next look, None when nothing is due.

    Raises what the cluster raises, after saying in the status what was refused.
    """
    for _ in range(rounds.MAX_ROUNDS):
        observed = gather(cluster, ref, authority, dial, now)
        if observed is None:
            return None
        decision = decide(observed)
        if decision.idle:
            _write(cluster, ref, observed, decision)
            return decision.again_seconds
        try:
            _perform(cluster, authority, dial, observed, decision)
        except errors.NotReady as error:
            silent = replace(observed, silence=str(error))
            _write(cluster, ref, silent, decide(replace(silent, seen=None)))
            return error.delay_seconds
        except (errors.Forbidden, errors.InvalidSpec) as refusal:
            told = status.refused(observed, "Refused", str(refusal))
            statuses.write_if_changed(cluster, ref, observed.binding, told)
            raise
        if decision.status is None:
            return None
        if _tells_of_use(observed, decision):
            _write(cluster, ref, observed, decision)
    raise errors.NotReady(f"{ref}: not settled after {rounds.MAX_ROUNDS} rounds; something else changes its objects")


def gather(cluster: Cluster, ref: Ref, authority: Authority, dial: Dial, now: datetime) -> Observed | None:
    """One look; None when the binding is gone. Raises what `Cluster` raises, InvalidSpec for what has no sense."""
    found = cluster.get(ref)
    if found is None:
        return None
    binding = ServiceBinding.parse(found)
    instance = cluster.get(looking.instance_ref(ref.namespace or "", binding.spec.instance_ref))
    look = looking.look(cluster, authority, instance, now) if instance is not None else None
    observed = Observed(
        binding=binding,
        created_at=conditions.parse_timestamp(found["metadata"]["creationTimestamp"]),
        now=now,
        look=look,
        fresh_password=secrets.token_urlsafe(PASSWORD_BYTES),
        authority=authority.pair().certificate,
    )
    where = look.place if look is not None else place.find(cluster, ref.namespace or "")
    observed = replace(observed, place=where)
    if where is None or where.namespace_going:
        return observed
    tenant = place.in_the_name_of(cluster, where)
    observed = replace(observed, secret=tenant.get(Ref("v1", "Secret", ref.name, ref.namespace)))
    return _asked(cluster, authority, dial, observed)


def _asked(cluster: Cluster, authority: Authority, dial: Dial, observed: Observed) -> Observed:
    """Ask the service which logins it has; its silence is an observation too."""
    look = observed.look
    if look is None or look.order is None or look.driver is None or look.driver.accounts is None:
        return observed
    provisioned = look.driver.readiness(look.order)
    if provisioned.status != "True":
        return replace(observed, silence=provisioned.message or provisioned.reason)
    try:
        door = looking.door(cluster, authority, look, dial)
        return replace(observed, seen=look.driver.accounts.seen(look.order, door, observed.prefix))
    except errors.NotReady as error:
        return replace(observed, silence=str(error))


def _perform(cluster: Cluster, authority: Authority, dial: Dial, observed: Observed, decision: Decision) -> None:
    look = observed.look
    if decision.logins and look is not None:
        _logins(look, looking.door(cluster, authority, look, dial), decision)
    if decision.tenant and observed.place is not None:
        actions.perform(place.in_the_name_of(cluster, observed.place), decision.tenant)
    actions.perform(cluster, decision.own)


def _logins(look: Look, door: Door, decision: Decision) -> None:
    if look.order is None or look.driver is None or look.driver.accounts is None:
        return
    for step in decision.logins:
        if isinstance(step, Issue):
            look.driver.accounts.ensure(look.order, door, step.credentials)
        else:
            look.driver.accounts.remove(look.order, door, step.user)


def _tells_of_use(observed: Observed, decision: Decision) -> bool:
    """A login that is gone cannot be asked again when it was used last."""
    told = (decision.status or {}).get("lastUsed")
    ends = any(isinstance(step, TakeBack) for step in decision.logins)
    return ends and told is not None and told != observed.binding.status.last_used


def _write(cluster: Cluster, ref: Ref, observed: Observed, decision: Decision) -> None:
    if decision.status is not None:
        statuses.write_if_changed(cluster, ref, observed.binding, decision.status)
