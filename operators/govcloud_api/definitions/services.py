"""Services of the catalogue, their instances and who may use them."""

from govcloud_api.definitions.definition import AGE, READY, REASON, SHORT_NAME, Column, Definition, unchanged
from govcloud_api.v1alpha1 import ServiceBinding, ServiceInstance, ServiceOffering

MAX_INSTANCE_NAME_CHARS = 40
"""Leaves room for what is made of it: `NAME-superuser`, pods, volumes."""

SERVICE_OFFERING = Definition(
    model=ServiceOffering,
    plural="serviceofferings",
    short="svcoff",
    scope="Cluster",
    columns=(
        Column(name="Driver", path=".spec.driver"),
        Column(name="Status", path=".spec.supportStatus"),
        Column(name="Plans", path=".spec.plans[*].name"),
        Column(name="Versions", path=".spec.versions[*].version"),
        Column(name="Instances", path=".status.instances", type="integer"),
        AGE,
    ),
    spec_rules=(
        {
            "rule": "self.driver == 'web' || (has(self.versions) && size(self.versions) > 0)",
            "message": "an offering names the versions that it has; only web runs images of others",
        },
        {
            "rule": "self.plans.all(p, self.plans.exists_one(q, q.name == p.name))",
            "message": "two plans have the same name",
        },
        {
            "rule": "!has(self.versions) || self.versions.filter(v, has(v.default) && v.default).size() <= 1",
            "message": "at most one version is the default",
        },
    ),
)

SERVICE_INSTANCE = Definition(
    model=ServiceInstance,
    plural="serviceinstances",
    short="svcinst",
    scope="Namespaced",
    columns=(
        Column(name="Offering", path=".spec.offeringRef"),
        Column(name="Plan", path=".spec.plan"),
        Column(name="Version", path=".status.version.applied"),
        Column(name="Endpoint", path=".status.endpoint.host", wide=True),
        Column(name="Last-Backup", path=".status.lastBackup"),
        READY,
        REASON,
        AGE,
    ),
    rules=(
        {
            "rule": f"size(self.metadata.name) <= {MAX_INSTANCE_NAME_CHARS}"
            " && self.metadata.name.matches('^[a-z]([a-z0-9-]*[a-z0-9])?$')",
            "message": f"the name has at most {MAX_INSTANCE_NAME_CHARS} characters and begins with a letter",
        },
    ),
    spec_rules=(
        {
            "rule": "has(self.restoreFrom) == has(oldSelf.restoreFrom)"
            " && (!has(self.restoreFrom) || self.restoreFrom == oldSelf.restoreFrom)",
            "message": "where an instance started from never changes; make a new one to restore",
        },
    ),
    field_rules={
        "offeringRef": (unchanged("an instance keeps its offering; make a new one"),),
        "web": (
            {
                "rule": "!has(self.minReplicas) || !has(self.maxReplicas) || self.minReplicas <= self.maxReplicas",
                "message": "minReplicas is more than maxReplicas",
            },
        ),
        "web.variables[]": (
            {
                "rule": "has(self.value) ? !has(self.secretName) && !has(self.secretKey)"
                " : has(self.secretName) && has(self.secretKey)",
                "message": "a variable has a value, or secretName and secretKey",
            },
        ),
    },
)

SERVICE_BINDING = Definition(
    model=ServiceBinding,
    plural="servicebindings",
    short="svcbind",
    scope="Namespaced",
    columns=(
        Column(name="Instance", path=".spec.instanceRef"),
        Column(name="Role", path=".spec.role"),
        Column(name="Secret", path=".status.binding.name"),
        Column(name="Expires", path=".status.expiresAt"),
        Column(name="Last-Used", path=".status.lastUsed", wide=True),
        READY,
        REASON,
        AGE,
    ),
    rules=(SHORT_NAME,),
    spec_rules=(
        {
            "rule": "self.instanceRef == oldSelf.instanceRef && self.role == oldSelf.role"
            " && self.rotationSeconds == oldSelf.rotationSeconds && has(self.ttlSeconds) == has(oldSelf.ttlSeconds)"
            " && (!has(self.ttlSeconds) || self.ttlSeconds == oldSelf.ttlSeconds)"
            " && has(self.requestedBy) == has(oldSelf.requestedBy)"
            " && (!has(self.requestedBy) || self.requestedBy == oldSelf.requestedBy)",
            "message": "a binding cannot be changed, only revoked; make a new one",
        },
        {
            "rule": "!oldSelf.revoked || self.revoked",
            "message": "a revoked binding stays revoked; make a new one",
        },
        {
            "rule": "!has(self.ttlSeconds) || (has(self.reason) && size(self.reason) >= 10)",
            "message": "temporary credentials need a reason of at least 10 characters",
        },
    ),
)
