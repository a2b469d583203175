"""From what probes saw to conditions of the site. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from govcloud_infra.health.health import Condition, condition
from govcloud_kube.cluster import Object

TYPES = ("DnsAnswers", "ServicesReachable", "NetworkPolicyEnforced", "StorageWritable")
_CILIUM = "kubectl -n kube-system logs daemonset/cilium"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One target of netprobe; `ok`: it answered, or stayed silent, as expected."""

    target: str
    ok: bool
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one client pod saw, or `fault`: why it saw nothing."""

    results: tuple[Result, ...] = ()
    fault: str = ""

    @property
    def ok(self) -> bool:
        """Everything was as expected."""
        return not self.fault and all(result.ok for result in self.results)

    def failed(self, kind: str) -> list[Result]:
        """Targets of a kind (`dns`, `tcp`) that were not as expected."""
        return [result for result in self.results if result.target.startswith(f"{kind}:") and not result.ok]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`allowed` was seen before the policy stood, `denied` after; `storage_fault` is empty when the file came back."""

    server: str
    client: str
    allowed: Seen
    denied: Seen
    storage_fault: str

    @property
    def way(self) -> str:
        """From where to where."""
        return f"from {self.client} to {self.server}"


def conditions(outcome: Outcome) -> list[Condition]:
    """In the order of `TYPES`."""
    return [_dns(outcome), _services(outcome), _policy(outcome), _storage(outcome)]


def unknown(message: str, reason: str = "NotProbed") -> list[Condition]:
    """All of them, when nothing could be tried out."""
    return [Condition(type=name, status="Unknown", reason=reason, message=message) for name in TYPES]


def seen(pod: Object) -> Seen | None:
    """What a client pod reports in its last words; None while it has not ended."""
    ended = last_words(pod)
    if ended is None:
        return None
    try:
        found = json.loads(ended)["results"]
        results = [Result(target=item["target"], ok=item["ok"], message=item["message"]) for item in found]
    except (ValueError, KeyError, TypeError):
        return Seen(fault=f"pod {pod['metadata']['name']} ended without a result: {ended[:200] or 'no word'}")
    return Seen(results=tuple(results))


def last_words(pod: Object) -> str | None:
    """The termination message of a pod that ended, else None."""
    status = pod.get("status") or {}
    if status.get("phase") not in ("Succeeded", "Failed"):
        return None
    states = [item.get("state", {}).get("terminated") for item in status.get("containerStatuses") or []]
    texts = [str(state.get("message", "")) for state in states if state]
    return texts[0].strip() if texts and texts[0] else str(status.get("message") or "")


def why_waiting(pod: Object) -> str:
    """Why a pod does not run yet, in the cluster's own words."""
    status, name = pod.get("status") or {}, pod["metadata"]["name"]
    waiting = [item.get("state", {}).get("waiting") for item in status.get("containerStatuses") or []]
    reasons = [f"{state['reason']}: {state.get('message', '')}".strip(": ") for state in waiting if state]
    unmet = [item for item in status.get("conditions") or [] if item["status"] != "True" and item.get("message")]
    reasons += [str(item["message"]) for item in unmet]
    return f"pod {name} is {status.get('phase') or 'not seen by any node yet'}{_in_brackets(reasons)}"


def _in_brackets(reasons: Sequence[str]) -> str:
    return f" ({reasons[0][:200]})" if reasons else ""


def _dns(outcome: Outcome) -> Condition:
    seen = outcome.allowed
    if seen.fault:
        return condition("DnsAnswers", "Unknown", "ProbeFailed", seen.fault)
    failed = seen.failed("dns")
    if failed:
        text = f"{_targets(failed)} on {outcome.client}; look at: kubectl -n kube-system logs deployment/coredns"
        return condition("DnsAnswers", "False", "NameNotResolved", text)
    return condition("DnsAnswers", "True", "NamesResolve", f"names of services resolve on {outcome.client}")


def _services(outcome: Outcome) -> Condition:
    seen = outcome.allowed
    if seen.fault:
        return condition("ServicesReachable", "Unknown", "ProbeFailed", seen.fault)
    failed = seen.failed("tcp")
    if failed:
        text = f"no way {outcome.way}: {_targets(failed)}; look at: {_CILIUM}"
        return condition("ServicesReachable", "False", "ServiceUnreachable", text)
    return condition("ServicesReachable", "True", "Answered", f"a pod reaches a service {outcome.way}")


def _policy(outcome: Outcome) -> Condition:
    name, seen = "NetworkPolicyEnforced", outcome.denied
    if outcome.allowed.fault or outcome.allowed.failed("tcp"):
        text = "cannot be told: the probe did not get through before the policy stood either"
        return condition(name, "Unknown", "NotMeasured", text)
    if seen.fault:
        return condition(name, "Unknown", "ProbeFailed", seen.fault)
    if not seen.ok:
        text = f"a default-deny policy stops nothing {outcome.way}: {_targets(seen.failed('tcp'))}; look at: {_CILIUM}"
        return condition(name, "False", "NotDropped", text)
    return condition(name, "True", "Dropped", f"what went {outcome.way} is dropped once a policy says so")


def _storage(outcome: Outcome) -> Condition:
    if outcome.storage_fault:
        text = f"{outcome.storage_fault}; look at: kubectl -n local-path-storage logs deployment/local-path-provisioner"
        return condition("StorageWritable", "False", "NotWritten", text)
    return condition("StorageWritable", "True", "WrittenAndRead", "a volume was written, and read by another pod")


def _targets(results: Sequence[Result]) -> str:
    return "; ".join(f"{result.target} ({result.message or 'no word'})" for result in results)
