"""Is the environment shut off? Reads what the probe pod and the operator saw. Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from govcloud_api import conditions
from govcloud_api.objects import Object, ref_of
from govcloud_api.v1alpha1 import environment as environment_model
from govcloud_operators.environment import desired
from govcloud_operators.environment.observed import Observed

PROOF_LASTS = timedelta(days=1)
RETRY_BASE_SECONDS = 2.0
RETRY_MAX_SECONDS = 60.0

Record = environment_model.IsolationProbe
Next = Literal["nothing", "start", "wait", "record", "admit", "remove"]
"""`admit`: it is proven by a pod that is still there; it goes once the status says what it proved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """State of the proof: what to do with the pod, what to remember, what to tell."""

    do: Next
    record: Record
    isolated: Literal["True", "False", "Unknown"]
    reason: str
    message: str = ""


def probe_key(observed: Observed) -> str:
    """Names what a proof is about: this namespace, these policies in this generation, these targets."""
    namespace = observed.namespace or {"metadata": {}}
    policies = [observed.live.get(ref_of(wanted)) for wanted in desired.network_policies(observed.plan)]
    identity: list[Any] = [namespace["metadata"].get("uid"), observed.network.targets]
    for found in policies:
        metadata = (found or {}).get("metadata") or {}
        identity.append([metadata.get("uid"), metadata.get("generation")])
    return f"sha256:{hashlib.sha256(json.dumps(identity).encode()).hexdigest()}"


def look(observed: Observed) -> Look:
    """What the proof of isolation needs next. Call it only when namespace and policies stand."""
    record = observed.environment.status.isolation_probe or Record()
    key, pod = probe_key(observed), observed.probe
    if record.key == key and _is_fresh(record, observed.now):
        return Look(do="nothing" if pod is None else "remove", record=record, isolated="True", reason="Proven")
    known = _believed(record, key)
    if len(observed.network.targets) < 2:
        text = f"the canary ({desired.CANARY}) is not there, so isolation cannot be proven; deploy it"
        return Look(do="wait", record=record, isolated="Unknown", reason="CanaryMissing", message=text)
    if pod is None:
        return _start(known, observed.now)
    if "deletionTimestamp" in pod["metadata"]:
        return known
    if (pod["metadata"].get("annotations") or {}).get(desired.PROBE_KEY) != key:
        return replace(known, do="remove")
    known = replace(known, message=known.message or _under_way(pod, again=known.isolated == "True"))
    phase = (pod.get("status") or {}).get("phase", "Pending")
    if phase in ("Succeeded", "Failed"):
        return _finished(observed, record, key, pod)
    if phase == "Running" and observed.network.probe_entered is not None:
        return _ingress_seen(observed, known, pod)
    return known


def resting(observed: Observed) -> Look:
    """What is known while nothing runs and no probe can: the next look comes when it wakes up."""
    record = observed.environment.status.isolation_probe or Record()
    return replace(_believed(record, probe_key(observed)), do="nothing")


def retry_seconds(record: Record) -> float:
    """Pause before the next look after `attempts` that failed."""
    return float(min(RETRY_MAX_SECONDS, RETRY_BASE_SECONDS * 2 ** min(record.attempts or 0, 10)))


def _is_fresh(record: Record, now: datetime) -> bool:
    if record.last_passed_at is None:
        return False
    return now - conditions.parse_timestamp(record.last_passed_at) < PROOF_LASTS


def _believed(record: Record, key: str) -> Look:
    """What holds while a new look is under way: the daily one does not take yesterday's proof away."""
    if record.attempts:
        failed = record.message or ""
        if failed.startswith("open"):
            return Look(do="wait", record=record, isolated="False", reason="ProbeFailed", message=failed)
        return Look(do="wait", record=record, isolated="Unknown", reason="Inconclusive", message=failed)
    if record.key == key:
        return Look(do="wait", record=record, isolated="True", reason="Proven")
    return Look(do="wait", record=record, isolated="Unknown", reason="Probing")


def _start(known: Look, now: datetime) -> Look:
    record = known.record
    if record.attempted_at is None or not record.attempts:
        return replace(known, do="start")
    due = conditions.parse_timestamp(record.attempted_at) + timedelta(seconds=retry_seconds(record))
    return replace(known, do="start" if now >= due else "wait")


def _ingress_seen(observed: Observed, known: Look, pod: Object) -> Look:
    """Kept on the object: who comes after this process knows it, too."""
    record, uid = known.record, pod["metadata"]["uid"]
    if record.pod_uid == uid and record.ingress is not None:
        return known
    seen = record.model_copy(update={"pod_uid": uid, "ingress": _ingress(observed, record, pod)})
    return replace(known, do="record", record=seen)


def _finished(observed: Observed, record: Record, key: str, pod: Object) -> Look:
    now = conditions.timestamp(observed.now)
    open_ways, unknown = _open_ways(pod), ""
    ingress = _ingress(observed, record, pod)
    if ingress == "Reached":
        open_ways.append("the operator got into a pod from another namespace")
    if ingress is None:
        unknown = "nobody tried to get in while the probe ran"
    if observed.network.canary_alive is not True:
        unknown = "the canary does not answer, so not reaching it proves nothing"
    if _results(pod) is None:
        unknown = f"the probe pod left no result{_why_failed(pod)}"
    if open_ways or unknown:
        text = f"open: {'; '.join(open_ways)}" if open_ways else unknown
        failed = record.model_copy(
            update={"attempts": (record.attempts or 0) + 1, "attempted_at": now, "message": text[:1000]}
        )
        verdict: tuple[Literal["False", "Unknown"], str] = (
            ("False", "ProbeFailed") if open_ways else ("Unknown", "Inconclusive")
        )
        return Look(do="remove", record=failed, isolated=verdict[0], reason=verdict[1], message=text)
    passed = Record(key=key, last_passed_at=now, attempts=0)
    return Look(do="admit", record=passed, isolated="True", reason="Proven")


def _ingress(observed: Observed, record: Record, pod: Object) -> Literal["Reached", "Denied"] | None:
    """What is known of the way in, by this process or one before it; None: nobody tried while the probe ran."""
    if record.pod_uid == pod["metadata"]["uid"] and record.ingress is not None:
        return record.ingress
    entered = observed.network.probe_entered
    return None if entered is None else "Reached" if entered else "Denied"


def _results(pod: Object) -> list[dict[str, Any]] | None:
    """What the probe wrote as its termination message, None when it is not there or not whole."""
    for status in (pod.get("status") or {}).get("containerStatuses") or []:
        message = ((status.get("state") or {}).get("terminated") or {}).get("message") or ""
        try:
            document = json.loads(message)
        except ValueError:
            return None
        if isinstance(document, dict) and isinstance(document.get("results"), list):
            return [result for result in document["results"] if isinstance(result, dict)]
    return None


def _open_ways(pod: Object) -> list[str]:
    return [
        f"{result.get('expect')} {result.get('target')}: {result.get('message')}"
        for result in _results(pod) or []
        if result.get("ok") is not True
    ]


def _under_way(pod: Object, *, again: bool) -> str:
    """The same from start to end, so that a look tells nothing new; `again`: what holds needs no word but trouble's."""
    why = _why_pending(pod)
    return "" if again and not why else f"it is being proven{why}"


def _why_pending(pod: Object) -> str:
    for found in (pod.get("status") or {}).get("conditions") or []:
        if found.get("type") == "PodScheduled" and found.get("status") == "False":
            return f": {found.get('message', '')}"
    for status in (pod.get("status") or {}).get("containerStatuses") or []:
        waiting = (status.get("state") or {}).get("waiting")
        if waiting:
            return f": {waiting.get('reason', '')} {waiting.get('message', '')}".rstrip()
    return ""


def _why_failed(pod: Object) -> str:
    status = pod.get("status") or {}
    reason = status.get("reason") or status.get("message")
    return f": {reason}" if reason else ""
