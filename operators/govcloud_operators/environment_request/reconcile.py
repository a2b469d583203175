"""EnvironmentRequest: gather -> decide -> perform -> status.

Allocation has a single writer: everything from reading the department's environments to creating one more happens
under the department's lock, and the lease keeps a second operator from writing at all.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from govcloud_api import labels
from govcloud_api.objects import Ref
from govcloud_api.v1alpha1 import Department, Environment, EnvironmentRequest
from govcloud_kube import Cluster
from govcloud_operators import actions, isolation, statuses
from govcloud_operators.actions import Action, Create
from govcloud_operators.environment_request import checks, desired, status
from govcloud_operators.environment_request.observed import Observed

Clock = Callable[[], datetime]


def request_ref(namespace: str, name: str) -> Ref:
    """Ref of an EnvironmentRequest."""
    return Ref(labels.API_VERSION, "EnvironmentRequest", name, namespace)


def gather(cluster: Cluster, ref: Ref, now: datetime) -> Observed | None:
    """Read everything live; None when the request is gone. Raises InvalidSpec when it cannot be understood."""
    found = cluster.get(ref)
    if found is None:
        return None
    listed = cluster.list(labels.API_VERSION, "Environment", namespace=ref.namespace)
    return Observed(
        request=EnvironmentRequest.parse(found),
        department=_department_of(cluster, ref.namespace or ""),
        environments=tuple(Environment.parse(item) for item in listed),
        now=now,
    )


def decide(observed: Observed) -> tuple[tuple[Action, ...], dict[str, Any]]:
    """What to create, and the status that is true before it is created. Pure."""
    if observed.environment is not None:
        return (), status.provisioned(observed, observed.environment)
    if observed.was_provisioned:
        return (), status.closed(observed)
    results = checks.evaluate(observed)
    granted = all(result.pass_ for result in results) and observed.department is not None
    going = observed.request.metadata.deletion_timestamp is not None
    wanted = status.waiting(observed, results)
    if not granted or going or observed.department is None:
        return (), wanted
    return (Create(desired.environment(observed, observed.department.spec.code)),), wanted


def reconcile(cluster: Cluster, ref: Ref, clock: Clock) -> float | None:
    """Take a request one step further; the caller holds the department's lock. Returns None: events wake it."""
    observed = gather(cluster, ref, clock())
    if observed is None:
        return None
    wanted, new_status = decide(observed)
    statuses.write_if_changed(cluster, ref, observed.request, new_status)
    if not wanted:
        return None
    actions.perform(cluster, wanted)
    return reconcile(cluster, ref, clock)


def _department_of(cluster: Cluster, namespace: str) -> Department | None:
    """The department whose home this is, proven by the UID on the namespace, not by names."""
    home = cluster.get(Ref("v1", "Namespace", namespace))
    code = ((home or {}).get("metadata") or {}).get("labels", {}).get(labels.DEPARTMENT)
    if home is None or not code or namespace != labels.home_namespace(code):
        return None
    found = cluster.get(Ref(labels.API_VERSION, "Department", code))
    if found is None or not isolation.is_owned(home, found["metadata"]["uid"]):
        return None
    return Department.parse(found)
