"""Department: gather -> decide -> perform -> status. Level-based: the same answer however often it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from govcloud_api import conditions, labels, notices
from govcloud_api.notices import Offer
from govcloud_api.objects import Object, Ref, ref_of
from govcloud_api.v1alpha1 import Department, Environment
from govcloud_kube import Cluster
from govcloud_operators import isolation, roles, rounds, statuses
from govcloud_operators.actions import Action, Apply, Delete, first_stage, read, read_bindings
from govcloud_operators.department import desired, incoming, status
from govcloud_operators.department.observed import Observed

POLL_SECONDS = 2.0
NUDGE_SECONDS = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to do now, and what is still missing afterwards (empty: nothing)."""

    actions: tuple[Action, ...] = ()
    pending: str = ""
    poll: bool = False
    """Something outside is on its way: look again soon."""


def department_ref(code: str) -> Ref:
    """Ref of a Department."""
    return Ref(labels.API_VERSION, "Department", code)


def gather(cluster: Cluster, code: str, now: datetime, certificate: str = "") -> Observed | None:
    """Read everything; None when there is no such Department. Raises InvalidSpec when it cannot be understood."""
    found = cluster.get(department_ref(code))
    if found is None:
        return None
    department = Department.parse(found)
    listed = cluster.list(labels.API_VERSION, "Environment", namespace=desired.home(department))
    environments = tuple(Environment.parse(item) for item in listed)
    bindings = read_bindings(cluster, desired.home(department), roles.in_home())
    live = read(cluster, desired.refs(department)) | bindings
    offers = tuple(_offers(cluster, department))
    return Observed(
        department=department, environments=environments, live=live, now=now, offers=offers, certificate=certificate
    )


def decide(observed: Observed) -> Decision:
    """The next step towards what the Department says. Pure."""
    department, home = observed.department, observed.home
    if department.metadata.deletion_timestamp:
        return _teardown(observed)
    if labels.DEPARTMENT_FINALIZER not in department.metadata.finalizers:
        return Decision(actions=(Apply(desired.with_finalizer(department, held=True)),), pending="starting")
    if home is not None and not isolation.is_owned(home, department.metadata.uid):
        return Decision(pending="the home namespace belongs to somebody else")
    if home is not None and isolation.is_going(home):
        return Decision(pending="the old home namespace is being deleted", poll=True)
    actions: tuple[Action, ...] = (*first_stage(desired.stages(department), observed.live), *_surplus(observed))
    counted = isolation.is_enforced(observed.quota)
    actions = actions or (_told(observed) if counted else _nudge(observed))
    return Decision(actions=actions, pending="objects are being made" if actions else "", poll=not counted)


def reconcile(cluster: Cluster, code: str, now: datetime, certificate: str = "") -> float | None:
    """Bring a Department to where it says; returns seconds until the next look, None when nothing is due.

    `certificate`: what its people are told to trust, in PEM; what they were told stays when it is empty.
    """

    def look() -> Observed | None:
        return gather(cluster, code, now, certificate)

    outcome = rounds.converge(cluster, look, decide, lambda decision: decision.actions)
    if outcome is None:
        return None
    observed, decision = outcome
    if _released(decision):
        return None
    wanted = status.status(observed, pending=decision.pending)
    statuses.write_if_changed(cluster, department_ref(code), observed.department, wanted)
    return POLL_SECONDS if decision.poll else None


def _teardown(observed: Observed) -> Decision:
    """Nothing of a department goes while it has environments; then its home, its account, and the finalizer."""
    department, home = observed.department, observed.home
    if labels.DEPARTMENT_FINALIZER not in department.metadata.finalizers:
        return Decision()
    if observed.environments:
        return Decision(pending="environments remain")
    if home is not None and isolation.is_owned(home, department.metadata.uid):
        going = isolation.is_going(home)
        actions = () if going else (Delete(desired.home_ref(department), home["metadata"]["uid"]),)
        return Decision(actions=actions, pending="the home namespace is being deleted", poll=True)
    account = observed.live.get(desired.account_ref(department))
    if account is not None and isolation.note(account, labels.OWNER_UID) == department.metadata.uid:
        gone = Delete(desired.account_ref(department), account["metadata"]["uid"])
        return Decision(actions=(gone,), pending="its service account is being deleted")
    return Decision(actions=(Apply(desired.with_finalizer(department, held=False)),))


def _surplus(observed: Observed) -> tuple[Delete, ...]:
    """Bindings of roles that nobody has any more."""
    wanted = {ref_of(obj) for stage in desired.stages(observed.department) for obj in stage}
    surplus: list[tuple[Ref, Object]] = [
        (ref, obj) for ref, obj in observed.live.items() if ref.kind == "RoleBinding" and ref not in wanted
    ]
    return tuple(Delete(ref, obj["metadata"]["uid"]) for ref, obj in surplus)


def _offers(cluster: Cluster, department: Department) -> Iterator[Offer]:
    """What others want to hand over to the department, with the environments as they are."""
    listed = cluster.list(
        labels.API_VERSION, "EnvironmentRequest", field_selector=f"spec.transferTo={department.spec.code}"
    )
    for request in incoming.waiting(listed, desired.home(department)):
        name, home = request["spec"].get("environmentRef", ""), request["metadata"]["namespace"]
        found = cluster.get(Ref(labels.API_VERSION, "Environment", name, home))
        yield Offer(request=request, environment=found if incoming.is_about(found, request) else None)


def _told(observed: Observed) -> tuple[Action, ...]:
    """Notices as they are to be: written whole, as an entry that is left over tells something that is no more."""
    wanted = {ref_of(obj): obj for obj in desired.told(observed.department, observed.offers, observed.certificate)}
    found: list[Action] = []
    for name in notices.NAMES if observed.certificate else (notices.DEPARTMENT, notices.TRANSFERS):
        ref = notices.ref(name, desired.home(observed.department))
        live, notice = observed.live.get(ref), wanted.get(ref)
        if live is not None and (notice is None or (live.get("data") or {}).keys() - notice["data"].keys()):
            found.append(Delete(ref, live["metadata"]["uid"]))
        elif notice is not None:
            found.extend(first_stage([[notice]], observed.live))
    return tuple(found)


def _nudge(observed: Observed) -> tuple[Delete, ...]:
    """Make the quota anew when it is not counted for long.

    The quota controller learns new kinds within 30 s, but looks again at a quota it could not count only every
    5 minutes; until then it refuses every request of the department. A new quota it looks at once.
    """
    quota = observed.quota
    if quota is None or isolation.is_enforced(quota) or not (quota.get("status") or {}).get("hard"):
        return ()
    age = observed.now - conditions.parse_timestamp(quota["metadata"]["creationTimestamp"])
    return (Delete(ref_of(quota), quota["metadata"]["uid"]),) if age.total_seconds() >= NUDGE_SECONDS else ()


def _released(decision: Decision) -> bool:
    """True when the finalizer was just taken off: the object is gone and has no status."""
    return any(isinstance(a, Apply) and a.obj["metadata"].get("finalizers") == [] for a in decision.actions)
