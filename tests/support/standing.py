"""Departments exactly as the operator leaves them, from its own pure parts, without waiting for it and its probe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from govcloud_api import labels
from govcloud_api.v1alpha1 import Department, Environment
from govcloud_kube import Object, Ref
from govcloud_operators import isolation
from govcloud_operators.department import desired as home
from govcloud_operators.environment import desired as work
from govcloud_operators.tier import reconcile as tiers
from support import places, samples, tenancy
from support.apiserver import ApiServer
from support.schema_cases import changed, put

TIER = "standard"
QUOTA = {"cpu": "8", "memory": "16Gi", "storage": "10Gi", "pods": 40}


def departments(server: ApiServer, codes: Sequence[str]) -> list[places.Place]:
    """Each with a home and one environment, `<code>-portal-prod`, of the tier `standard`; ready to take pods."""
    writer, admin = places.operator(server), server.admin()
    tiers.reconcile(writer, TIER, datetime.now(UTC))
    for code in codes:
        for obj in _objects(code):
            writer.apply(obj, field_manager=labels.OPERATOR_FIELD_MANAGER)
    made = [places.Place(code=code, server=server) for code in codes]
    for place in made:
        quota = Ref("v1", "ResourceQuota", isolation.QUOTA_NAME, place.work)
        tenancy.eventually(lambda ref=quota: isolation.is_enforced(admin.get(ref)), f"the quota of {place.work} counts")
        pod = places.pod(place.work, "first")
        tenancy.eventually(lambda it=pod: admin.create(it, dry_run=True), f"{place.work} takes pods")
    return made


def environment(code: str) -> Environment:
    """The one environment of a department."""
    members = [{"kind": "Group", "name": f"{code}:{role}", "role": role} for role in ("editor", "viewer")]
    spec = {"departmentRef": code, "purpose": "production", "quota": QUOTA, "tierRef": TIER, "members": members}
    changes = [put(f"spec.{field}", value) for field, value in spec.items()]
    named = [put("metadata.namespace", labels.home_namespace(code)), put("metadata.name", "portal-prod")]
    closed = put("spec.network", {"egress": "closed"})
    return Environment.parse(changed(samples.ENVIRONMENT, *changes, *named, put("metadata.uid", code), closed))


def _objects(code: str) -> Iterator[Object]:
    people = [
        {"kind": "Group", "name": f"{code}:{role}", "role": role} for role in places.ROLES if role in places.AT_HOME
    ]
    subjects = [person for person in people if person["role"] != "reader"]
    department = Department.parse(changed(tenancy.department(code, subjects=subjects), put("metadata.uid", code)))
    for stage in home.stages(department):
        yield from stage
    for stage in work.closed_stages(work.Plan(environment=environment(code))):
        yield from stage
    yield from work.access(environment(code), department)
