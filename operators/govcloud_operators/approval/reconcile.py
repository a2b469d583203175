"""Approval: find what it is about -> judge it beside all others -> status."""

from __future__ import annotations

from datetime import datetime

from govcloud_api import decision, labels
from govcloud_api.decision import Judgement, Question, Seat
from govcloud_api.objects import Ref
from govcloud_api.v1alpha1 import Approval, ApprovalPolicy, EnvironmentRequest, PolicyExemption
from govcloud_kube import Cluster
from govcloud_operators import approvals, statuses
from govcloud_operators.approval import status

UNSEEN_SECONDS = 1.0
"""Pause until a request that the operator has not judged yet is looked at again."""


def approval_ref(namespace: str, name: str) -> Ref:
    """Ref of an Approval."""
    return Ref(labels.API_VERSION, "Approval", name, namespace)


def reconcile(cluster: Cluster, ref: Ref, now: datetime) -> float | None:
    """Say whether an Approval counts; returns seconds until the next look, None when events bring it."""
    found = cluster.get(ref)
    if found is None:
        return None
    if status.is_settled(found):
        return None
    approval = Approval.parse(found)
    asked = _question(cluster, approval)
    if asked is None:
        return UNSEEN_SECONDS
    judgement = asked if isinstance(asked, Judgement) else _judge(cluster, approval, asked)
    statuses.write_if_changed(cluster, ref, approval, status.status(approval, judgement, now))
    return None


def _judge(cluster: Cluster, approval: Approval, asked: Question) -> Judgement:
    """Among all words about the same object: each person counts once, and only as many as are needed."""
    if asked.closed:
        return decision.count(asked, [approval]).judgements[decision.key(approval)]
    places = [seat.namespace for seat in asked.seats]
    places += [labels.APPROVALS_NAMESPACE] if asked.escalated else []
    about = approval.spec.request_ref
    named = approval.metadata.model_copy(update={"namespace": about.namespace, "name": about.name})
    others = approvals.about(cluster, about.kind, named, [*places, approval.metadata.namespace or ""])
    return decision.count(asked, others).judgements.get(decision.key(approval), _missing(approval))


def _question(cluster: Cluster, approval: Approval) -> Question | Judgement | None:
    """What it is about; a judgement when there is no such thing; None when the operator has yet to look at it."""
    about = approval.spec.request_ref
    found = cluster.get(Ref(labels.API_VERSION, about.kind, about.name, about.namespace))
    if found is None:
        return _missing(approval)
    if about.kind == "PolicyExemption":
        return decision.about_exemption(PolicyExemption.parse(found))
    request = EnvironmentRequest.parse(found)
    if request.status.phase is None:
        return None
    plain = decision.about_request(request, ())
    if plain.closed:
        return plain
    late = any(c.type == "Overdue" and c.status == "True" for c in request.status.conditions)
    return decision.about_request(request, _seats(cluster, request), escalated=late)


def _seats(cluster: Cluster, request: EnvironmentRequest) -> tuple[Seat, ...]:
    """Who is asked, by the policy that the request was last judged by; nobody while a person is of no use."""
    needed = request.status.required_approvals
    policy = cluster.get(Ref(labels.API_VERSION, "ApprovalPolicy", request.status.policy or ""))
    requester = approvals.department_of(cluster, request.metadata.namespace or "")
    if not needed or policy is None or requester is None:
        return ()
    code = request.spec.transfer_to
    receiver = approvals.department_of(cluster, labels.home_namespace(code)) if code else None
    return decision.seats(ApprovalPolicy.parse(policy), requester, receiver)


def _missing(approval: Approval) -> Judgement:
    about = approval.spec.request_ref
    return Judgement(reason="NoSuchRequest", message=f"there is no {about.kind} {about.namespace}/{about.name}")
