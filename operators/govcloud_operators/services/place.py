"""Whose namespace is it? Proven by UIDs on what only the operator writes, never by names or labels alone."""

from __future__ import annotations

from dataclasses import dataclass

from govcloud_api import conditions, labels
from govcloud_api.objects import Ref
from govcloud_api.v1alpha1 import Department, Environment
from govcloud_kube import Cluster
from govcloud_operators import isolation


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A namespace, the Environment that it was made for, and the department it belongs to."""

    namespace: str
    department: Department
    environment: Environment
    leaving: bool
    """The namespace or its Environment is being deleted: everything in it goes."""
    namespace_uid: str = ""
    """Tells it from an earlier or later namespace of the same name."""
    namespace_going: bool = False
    """The cluster itself removes everything in it; the tenant's rights may be gone already."""

    @property
    def suspended(self) -> bool:
        """Data stays, nothing runs."""
        found = {"status": self.environment.status.wire()}
        return self.environment.spec.suspended or conditions.holds(found, "Suspended")

    @property
    def ready(self) -> bool:
        """Isolation was proven and quota is counted; before that nothing is put into it."""
        found = {"status": self.environment.status.wire()}
        return all(conditions.holds(found, part) for part in ("QuotaEnforced", "NetworkIsolated"))


def find(cluster: Cluster, namespace: str) -> Place | None:
    """The place, None when this is no namespace of a living Environment. Raises what `Cluster` raises."""
    home = cluster.get(Ref("v1", "Namespace", namespace))
    if home is None:
        return None
    found = home["metadata"].get("labels") or {}
    code, name = found.get(labels.DEPARTMENT, ""), found.get(labels.ENVIRONMENT, "")
    if not code or not name:
        return None
    department = cluster.get(Ref(labels.API_VERSION, "Department", code))
    environment = cluster.get(Ref(labels.API_VERSION, "Environment", name, labels.home_namespace(code)))
    if department is None or environment is None or not isolation.is_owned(home, environment["metadata"]["uid"]):
        return None
    return Place(
        namespace=namespace,
        namespace_uid=home["metadata"]["uid"],
        department=Department.parse(department),
        environment=Environment.parse(environment),
        leaving=isolation.is_going(home) or isolation.is_going(environment),
        namespace_going=isolation.is_going(home),
    )


def in_the_name_of(cluster: Cluster, place: Place) -> Cluster:
    """The cluster with the rights of the department's service account."""
    return cluster.acting_as(labels.tenant_user(place.department.spec.code))
