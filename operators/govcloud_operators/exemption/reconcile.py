"""PolicyExemption: gather -> count the platform's words -> status. The room `environment` takes it on."""

from __future__ import annotations

from datetime import datetime

from govcloud_api import conditions, decision, exemptions, labels
from govcloud_api.decision import Outcome
from govcloud_api.objects import Ref
from govcloud_api.v1alpha1 import PolicyExemption
from govcloud_kube import Cluster
from govcloud_operators import approvals, statuses
from govcloud_operators.exemption import status


def exemption_ref(namespace: str, name: str) -> Ref:
    """Ref of a PolicyExemption."""
    return Ref(labels.API_VERSION, "PolicyExemption", name, namespace)


def reconcile(cluster: Cluster, ref: Ref, now: datetime) -> float | None:
    """Say whether an exemption holds; returns seconds until it ends, None when it does not hold."""
    found = cluster.get(ref)
    if found is None:
        return None
    exemption = PolicyExemption.parse(found)
    named = Ref(labels.API_VERSION, "Environment", exemption.spec.environment_ref, ref.namespace)
    there = cluster.get(named) is not None
    wanted = status.status(exemption, _outcome(cluster, exemption), there=there, now=now)
    statuses.write_if_changed(cluster, ref, exemption, wanted)
    if exemptions.is_over(exemption, now):
        return None
    return (conditions.parse_timestamp(exemption.spec.expires_at) - now).total_seconds()


def _outcome(cluster: Cluster, exemption: PolicyExemption) -> Outcome | None:
    """None when it was decided before: a word that is taken away later changes nothing."""
    if status.is_decided(exemption):
        return None
    question = decision.about_exemption(exemption)
    words = approvals.about(cluster, question.kind, exemption.metadata, [labels.APPROVALS_NAMESPACE])
    return decision.count(question, words)
