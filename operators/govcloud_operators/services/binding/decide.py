"""What to do about a ServiceBinding: issue, renew, take back. Pure.

A login lives for `rotationSeconds` and is replaced after half of that: the Secret gets the new one, the old one goes on
to its end, and so do the sessions that were opened with it. A crash between any two steps is found by the next look:
the Secret says which login is the valid one, the service says which exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from govcloud_api import conditions, labels
from govcloud_api.objects import Object, ref_of
from govcloud_api.v1alpha1 import ServiceBinding
from govcloud_operators.actions import Action, Apply, Delete
from govcloud_operators.drift import covers
from govcloud_operators.services.authority import decoded, encoded
from govcloud_operators.services.binding import status
from govcloud_operators.services.binding.observed import ISSUED_AT, Observed, number
from govcloud_operators.services.driver import Credentials, Seen

CALM_POLL_SECONDS = 60.0
RETRY_POLL_SECONDS = 5.0
AFTERMATH = timedelta(seconds=1)
"""The service's clock and ours may differ a little; an old login is removed after its end, not at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """The login exists with this password."""

    credentials: Credentials


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBack:
    """The login is gone, its sessions are ended."""

    user: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to do now, in this order: logins, then the Secret, then our own object; and what is true before it."""

    status: dict[str, Any] | None = None
    """None: the object goes away with these actions."""
    logins: tuple[Issue | TakeBack, ...] = ()
    tenant: tuple[Action, ...] = ()
    own: tuple[Action, ...] = ()
    again_seconds: float | None = None

    @property
    def idle(self) -> bool:
        """Nothing to do."""
        return not (self.logins or self.tenant or self.own)


def decide(observed: Observed) -> Decision:
    """The next step towards what the binding says, or its way out."""
    binding = observed.binding
    deleted = binding.metadata.deletion_timestamp is not None
    if deleted and not observed.held:
        return Decision(status=status.over(observed, "Deleting", "others still hold it"))
    if ending := _ending(observed):
        return _end(observed, *ending)
    if not observed.held:
        return Decision(status=status.standing(observed), own=(Apply(with_finalizer(binding, held=True)),))
    if fault := _fault(observed):
        return Decision(status=status.refused(observed, *fault), again_seconds=RETRY_POLL_SECONDS)
    if observed.seen is None:
        return Decision(status=status.standing(observed), again_seconds=RETRY_POLL_SECONDS)
    return _serve(observed, observed.seen)


def with_finalizer(binding: ServiceBinding, *, held: bool) -> Object:
    """Its metadata with or without our finalizer, for server-side apply; never creates one."""
    metadata = binding.metadata
    return {
        "apiVersion": labels.API_VERSION,
        "kind": "ServiceBinding",
        "metadata": {
            "name": metadata.name,
            "namespace": metadata.namespace,
            "uid": metadata.uid,
            "finalizers": [labels.BINDING_FINALIZER] if held else [],
        },
    }


def secret(observed: Observed, credentials: Credentials, issued_at: datetime) -> Object:
    """The Secret for a login, as servicebinding.io wants it."""
    look, binding = observed.look, observed.binding
    if look is None or look.order is None or look.driver is None or look.case is None or look.case.offering is None:
        raise ValueError("no service, no Secret")
    entries = {**look.driver.entries(look.order, credentials), "ca.crt": observed.authority}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": binding.metadata.name,
            "namespace": binding.metadata.namespace,
            "labels": {labels.MANAGED_BY: labels.MANAGER, labels.BINDING: binding.metadata.name},
            "annotations": {ISSUED_AT: conditions.timestamp(issued_at)},
        },
        "type": f"servicebinding.io/{look.case.offering.spec.driver}",
        "data": {key: encoded(text) for key, text in entries.items() if text},
    }


def _serve(observed: Observed, seen: tuple[Seen, ...]) -> Decision:
    told = status.standing(observed)
    if _must_issue(observed, seen):
        issued_at = observed.now.replace(microsecond=0)
        credentials = _credentials(observed, _next_user(observed, seen), observed.fresh_password, issued_at)
        return Decision(
            status=told,
            logins=(Issue(credentials=credentials),),
            tenant=(Apply(secret(observed, credentials, issued_at)),),
        )
    old = tuple(TakeBack(user=login.user) for login in seen if _is_past(observed, login))
    if old:
        return Decision(status=told, logins=old)
    return Decision(status=told, tenant=_repair(observed), again_seconds=_again_seconds(observed, seen))


def _must_issue(observed: Observed, seen: tuple[Seen, ...]) -> bool:
    """No login yet, the service lost it (a restored copy), or half of its life is over."""
    if not observed.user or observed.issued_at is None or not decoded(observed.secret, "password"):
        return True
    if all(login.user != observed.user for login in seen):
        return True
    return observed.renew_at is not None and observed.now >= observed.renew_at


def _next_user(observed: Observed, seen: tuple[Seen, ...]) -> str:
    """The number after the Secret's. One that a crash left behind is taken again, with another password."""
    before = number(observed.user) or max((number(login.user) for login in seen), default=1) - 1
    return f"{observed.prefix}{before + 1}"


def _credentials(observed: Observed, user: str, password: str, issued_at: datetime) -> Credentials:
    until = issued_at + timedelta(seconds=observed.binding.spec.rotation_seconds)
    ends = min(until, observed.ends_at) if observed.ends_at else until
    return Credentials(user=user, role=observed.binding.spec.role, password=password, valid_until=ends)


def _is_past(observed: Observed, login: Seen) -> bool:
    """A login that is not the Secret's and has no time left; one with a higher number was never given out."""
    if login.user == observed.user:
        return False
    return _ends_at(observed, login) + AFTERMATH <= observed.now


def _ends_at(observed: Observed, login: Seen) -> datetime:
    if login.valid_until is not None:
        return login.valid_until
    if observed.issued_at is None or number(login.user) != number(observed.user) - 1:
        return observed.now - AFTERMATH
    return observed.issued_at + timedelta(seconds=observed.binding.spec.rotation_seconds) / 2


def _repair(observed: Observed) -> tuple[Action, ...]:
    """The Secret as it should be around its password: a new authority or address, a label somebody took off."""
    if observed.issued_at is None:
        return ()
    kept = _credentials(observed, observed.user, decoded(observed.secret, "password"), observed.issued_at)
    wanted = secret(observed, kept, observed.issued_at)
    return () if covers(observed.secret, wanted) else (Apply(wanted),)


def _ending(observed: Observed) -> tuple[str, str] | None:
    """Reason and sentence when the binding is over."""
    binding, ends = observed.binding, observed.ends_at
    if binding.metadata.deletion_timestamp is not None:
        return "Deleting", "it is being deleted"
    if binding.spec.revoked:
        return "Revoked", "it was revoked; make a new binding for new access"
    if ends is not None and observed.now >= ends:
        return "Expired", f"it ended at {conditions.timestamp(ends)}; make a new binding for new access"
    return None


def _end(observed: Observed, reason: str, text: str) -> Decision:
    """The logins first and, whatever becomes of them, the Secret as well."""
    gone: tuple[Action, ...] = ()
    if observed.secret is not None and observed.owns_secret and not _may_not_write(observed):
        gone = (Delete(ref_of(observed.secret), observed.secret["metadata"]["uid"]),)
    left = observed.seen or ()
    if left or (observed.silence and not observed.service_goes):
        step = f"{text}; its sessions are being ended" + (f": {observed.silence}" if observed.silence else "")
        told = status.over(observed, reason, step)
        back = tuple(TakeBack(user=login.user) for login in left)
        return Decision(status=told, logins=back, tenant=gone, again_seconds=RETRY_POLL_SECONDS)
    told = status.over(observed, reason, text)
    if gone:
        return Decision(status=told, tenant=gone)
    if observed.binding.metadata.deletion_timestamp is not None:
        return Decision(own=(Apply(with_finalizer(observed.binding, held=False)),))
    return Decision(status=told)


def _may_not_write(observed: Observed) -> bool:
    """The namespace goes, or was never an environment's: nobody's rights are left to write there with."""
    return observed.place is None or observed.place.namespace_going


def _fault(observed: Observed) -> tuple[str, str] | None:
    look, name = observed.look, observed.binding.spec.instance_ref
    if look is None:
        return "NoSuchInstance", f"service instance {name} is not in this namespace"
    if look.instance.metadata.deletion_timestamp is not None and observed.service_goes:
        return "InstanceDeleting", f"service instance {name} is being deleted"
    if look.order is None or look.driver is None:
        return "InstanceNotReady", f"service instance {name}: {look.fault.message if look.fault else 'not ready'}"
    if look.driver.accounts is None:
        return "NoLogins", f"service instance {name} has no logins; programs call it as it is"
    if observed.secret is not None and not observed.owns_secret:
        text = f"Secret {observed.binding.metadata.name} exists and is not of this binding"
        return "SecretTaken", f"{text}; remove it or make a binding with another name"
    provisioned = look.driver.readiness(look.order)
    if provisioned.status != "True":
        return "InstanceNotReady", f"service instance {name}: {provisioned.message or provisioned.reason}"
    return None


def _again_seconds(observed: Observed, seen: tuple[Seen, ...]) -> float:
    """When time alone changes something, and at least once a minute for the last use."""
    moments = [observed.renew_at, observed.ends_at]
    moments += [_ends_at(observed, login) + AFTERMATH for login in seen if login.user != observed.user]
    left = [(moment - observed.now).total_seconds() for moment in moments if moment is not None]
    return max(0.1, min([CALM_POLL_SECONDS, *left]))
