"""Departments, the environments they have, and what the platform promises them."""

from govcloud_api.definitions.definition import AGE, READY, REASON, Column, Definition, unchanged
from govcloud_api.v1alpha1 import Department, Environment, ServiceTier, WorkCalendar

DEPARTMENT = Definition(
    model=Department,
    plural="departments",
    short="dept",
    scope="Cluster",
    columns=(
        Column(name="Code", path=".spec.code"),
        Column(name="Tier", path=".spec.serviceTierRef", wide=True),
        Column(name="Home", path=".status.homeNamespace", wide=True),
        Column(name="Envs", path=".status.environments", type="integer"),
        Column(name="CPU", path=".status.quota.allocated.cpu"),
        Column(name="CPU-Limit", path=".spec.quota.hard.cpu"),
        Column(name="Memory", path=".status.quota.allocated.memory"),
        Column(name="Memory-Limit", path=".spec.quota.hard.memory"),
        READY,
        AGE,
    ),
    rules=({"rule": "self.metadata.name == self.spec.code", "message": "metadata.name must equal spec.code"},),
    field_rules={
        "code": (
            unchanged("a department's code never changes; make a new department"),
            {
                "rule": "!(self in ['default', 'dept', 'govcloud', 'kube', 'system', 'platform'])"
                " && !self.startsWith('kube-') && !self.startsWith('dept-') && !self.startsWith('govcloud-')",
                "message": "this code is kept for the cloud itself",
            },
        ),
    },
)

ENVIRONMENT = Definition(
    model=Environment,
    plural="environments",
    short="env",
    scope="Namespaced",
    columns=(
        Column(name="Department", path=".spec.departmentRef", wide=True),
        Column(name="Product", path=".spec.product"),
        Column(name="Purpose", path=".spec.purpose", wide=True),
        Column(name="Namespace", path=".status.namespace"),
        Column(name="CPU", path=".spec.quota.cpu"),
        Column(name="Memory", path=".spec.quota.memory"),
        Column(name="Expires", path=".spec.expiresAt"),
        READY,
        REASON,
        AGE,
    ),
    field_rules={
        "product": (unchanged("an environment keeps its product; ask for another environment"),),
        "purpose": (unchanged("an environment keeps its purpose; ask for another environment"),),
    },
)

SERVICE_TIER = Definition(
    model=ServiceTier,
    plural="servicetiers",
    short="tier",
    scope="Cluster",
    columns=(
        Column(name="Availability", path=".spec.objectives.availabilityPercent"),
        Column(name="RPO-Minutes", path=".spec.objectives.rpoMinutes", type="integer"),
        Column(name="RTO-Minutes", path=".spec.objectives.rtoMinutes", type="integer"),
        Column(name="Departments", path=".status.departments", type="integer"),
        AGE,
    ),
    rules=(
        {
            "rule": "self.metadata.name != 'platform'",
            "message": "the priority class govcloud-platform is the platform's own; give the tier another name",
        },
    ),
)

WORK_CALENDAR = Definition(
    model=WorkCalendar,
    plural="workcalendars",
    short="workcal",
    scope="Cluster",
    columns=(Column(name="Time-Zone", path=".spec.timeZone"), READY, AGE),
)
