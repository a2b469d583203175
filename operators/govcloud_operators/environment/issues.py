"""What the cluster refused or could not do in an environment -> what its people must mend. Pure.

Whoever writes a Deployment sees no error when its pods are refused: only an Event tells. Pods that fail for other
reasons are told the same way. Source of reasons: k8s.io/kubernetes pkg/controller and pkg/kubelet/events.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from govcloud_api import conditions
from govcloud_api.objects import Object, Ref
from govcloud_api.v1alpha1.environment import Issue

FRESH = timedelta(hours=1)
"""An Event is kept this long; the pause between two tries of a controller is shorter."""
ISSUES_MAX = 32
MESSAGE_MAX_CHARS = 1000
_GENERATED_NAME = re.compile(r'^Error creating: pods "[^"]*" is forbidden: ')
"""Each try has another name: without it the same fault keeps the same text."""
_VERSIONS = {
    "ReplicaSet": "apps/v1",
    "StatefulSet": "apps/v1",
    "DaemonSet": "apps/v1",
    "Job": "batch/v1",
    "Pod": "v1",
    "PersistentVolumeClaim": "v1",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """The first rule whose reason and words fit names the issue."""

    reasons: frozenset[str]
    words: str
    code: str
    severity: Literal["error", "warning"]
    fix: str


_CREATE = frozenset({"FailedCreate"})
_RULES = (
    _Rule(
        reasons=_CREATE, words="exceeded quota", code="QuotaExceeded", severity="error",
        fix="lower the requests and limits of its pods or their number, or ask for more with a request of type Change",
    ),
    _Rule(
        reasons=_CREATE, words="PodSecurity", code="PodSecurity", severity="error",
        fix="set what the message names in the pod's securityContext: environments run restricted pods only",
    ),
    _Rule(
        reasons=_CREATE, words="ValidatingAdmissionPolicy", code="PolicyDenied", severity="error",
        fix="change what the message names; if that cannot be done, ask for a PolicyExemption",
    ),
    _Rule(
        reasons=_CREATE, words="usage per", code="LimitExceeded", severity="error",
        fix="set requests and limits within the namespace's LimitRange",
    ),
    _Rule(
        reasons=_CREATE, words="", code="CreateRefused", severity="error",
        fix="change the pod template as the message says",
    ),
    _Rule(
        reasons=frozenset({"FailedScheduling"}), words="", code="NotScheduled", severity="warning",
        fix="lower the pod's requests, or ask the platform team whether a machine is missing",
    ),
    _Rule(
        reasons=frozenset({"Failed", "BackOff", "ErrImagePull", "InspectFailed"}), words="image",
        code="ImageNotPulled", severity="error", fix="check its name and tag, and that the site's registry has it",
    ),
    _Rule(
        reasons=frozenset({"BackOff"}), words="restarting", code="CrashLoop", severity="error",
        fix="read the logs of the container's last run and mend what ends it",
    ),
    _Rule(
        reasons=frozenset({"FailedMount", "FailedAttachVolume", "ProvisioningFailed"}), words="",
        code="VolumeNotReady", severity="error",
        fix="check that the volume, Secret or ConfigMap that the message names is there and within the quota",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """The newest Event of one fault of one object."""

    ref: Ref
    uid: str
    rule: _Rule
    message: str


def complaints(events: Iterable[Object], now: datetime) -> list[Complaint]:
    """Fresh Events that name a fault, the newest of each object and fault, oldest first, at most `ISSUES_MAX`."""
    newest: dict[tuple[str, str], Complaint] = {}
    for event in sorted(events, key=_time):
        about, rule = event.get("involvedObject") or {}, _rule(event)
        version = _VERSIONS.get(about.get("kind", ""))
        if rule is None or version is None or not about.get("name") or not _is_fresh(event, now):
            continue
        ref = Ref(version, about["kind"], about["name"], event["metadata"].get("namespace"))
        uid = str(about.get("uid", ""))
        newest.pop((uid, rule.code), None)
        newest[(uid, rule.code)] = Complaint(ref=ref, uid=uid, rule=rule, message=str(event.get("message", "")))
    return list(newest.values())[-ISSUES_MAX:]


def issues(found: Iterable[Complaint], live: Mapping[Ref, Object]) -> list[Issue]:
    """Those whose object is still there and still lacks what it wants, in a fixed order and each once."""
    told: dict[tuple[str, str], Issue] = {}
    for complaint in found:
        obj = live.get(complaint.ref)
        if obj is None or obj["metadata"]["uid"] != complaint.uid or not _lacks(obj):
            continue
        name = _owner(obj)
        told[(name, complaint.rule.code)] = Issue(
            code=complaint.rule.code,
            severity=complaint.rule.severity,
            object=name[:253],
            message=_GENERATED_NAME.sub("", complaint.message)[:MESSAGE_MAX_CHARS],
            fix=complaint.rule.fix,
        )
    return [told[key] for key in sorted(told)]


def _rule(event: Object) -> _Rule | None:
    reason, message = event.get("reason", ""), str(event.get("message", ""))
    return next((rule for rule in _RULES if reason in rule.reasons and rule.words in message), None)


def _time(event: Object) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp") or "")


def _is_fresh(event: Object, now: datetime) -> bool:
    try:
        return now - conditions.parse_timestamp(_time(event)) < FRESH
    except ValueError:
        return False


def _lacks(obj: Object) -> bool:
    """Pods are missing, or not ready: what was complained about may have gone away by itself."""
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    match obj["kind"]:
        case "ReplicaSet" | "StatefulSet":
            return int(status.get("replicas", 0)) < int(spec.get("replicas", 1))
        case "DaemonSet":
            return int(status.get("currentNumberScheduled", 0)) < int(status.get("desiredNumberScheduled", 0))
        case "Job":
            started = int(status.get("active", 0)) + int(status.get("succeeded", 0))
            return not started and not conditions.holds(obj, "Complete") and not spec.get("suspend")
        case "PersistentVolumeClaim":
            return status.get("phase") != "Bound"
        case _:
            return status.get("phase") not in ("Succeeded", "Failed") and not conditions.holds(obj, "Ready")


def _owner(obj: Object) -> str:
    """`Kind name` of what people wrote: a Deployment, not its ReplicaSet."""
    owners = obj["metadata"].get("ownerReferences") or []
    owner = next((owner for owner in owners if owner.get("controller")), None)
    if owner is None:
        return f"{obj['kind']} {obj['metadata']['name']}"
    kind, name = owner["kind"], owner["name"]
    if kind == "ReplicaSet" and "-" in name:
        return f"Deployment {name.rpartition('-')[0]}"
    return f"{kind} {name}"
