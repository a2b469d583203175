"""What is asked for, and who decides about it."""

from govcloud_api.definitions.definition import AGE, READY, SHORT_NAME, Column, Definition, unchanged
from govcloud_api.v1alpha1 import Approval, ApprovalPolicy, EnvironmentRequest, PolicyExemption

ENVIRONMENT_REQUEST = Definition(
    model=EnvironmentRequest,
    plural="environmentrequests",
    short="envreq",
    scope="Namespaced",
    columns=(
        Column(name="Type", path=".spec.type"),
        Column(name="Product", path=".spec.product"),
        Column(name="Purpose", path=".spec.purpose"),
        Column(name="Environment", path=".spec.environmentRef", wide=True),
        Column(name="Phase", path=".status.phase"),
        Column(name="Waiting-On", path=".status.waitingOn"),
        Column(name="Due", path=".status.due"),
        Column(name="Requested-By", path=".spec.requestedBy", wide=True),
        READY,
        AGE,
    ),
    rules=(SHORT_NAME,),
    selectable=("spec.transferTo",),
    spec_rules=(
        unchanged("a request cannot be changed; write a new one"),
        {
            "rule": "self.type == 'Create' ? has(self.product) && has(self.purpose) && !has(self.environmentRef)"
            " : has(self.environmentRef) && !has(self.product) && !has(self.purpose)",
            "message": "Create names product and purpose; every other type names environmentRef instead",
        },
        {
            "rule": "!(has(self.size) && has(self.quota))",
            "message": "ask for a size or for a quota, not for both",
        },
        {
            "rule": "self.type in ['Create', 'Change'] || !(has(self.size) || has(self.quota) || has(self.tierRef)"
            " || has(self.dataClass) || has(self.members) || has(self.network))",
            "message": "size, quota, tierRef, dataClass, members and network belong to Create and Change",
        },
        {
            "rule": "self.type != 'Change' || has(self.size) || has(self.quota) || has(self.tierRef)"
            " || has(self.dataClass) || has(self.members) || has(self.network)",
            "message": "a Change says what to change: size, quota, tierRef, dataClass, members or network",
        },
        {
            "rule": "self.type == 'Transfer' ? has(self.transferTo) : !has(self.transferTo)",
            "message": "a Transfer names transferTo; no other type does",
        },
        {
            "rule": "self.type == 'Extend' ? has(self.lifetimeDays) : self.type == 'Create' || !has(self.lifetimeDays)",
            "message": "an Extend names lifetimeDays, a Create may; no other type does",
        },
    ),
)

APPROVAL = Definition(
    model=Approval,
    plural="approvals",
    short="appr",
    scope="Namespaced",
    columns=(
        Column(name="Request", path=".spec.requestRef.name"),
        Column(name="Verdict", path=".spec.verdict"),
        Column(name="Role", path=".spec.role"),
        Column(name="By", path=".spec.decidedBy"),
        Column(name="Valid", path='.status.conditions[?(@.type=="Valid")].status'),
        Column(name="Reason", path='.status.conditions[?(@.type=="Valid")].reason'),
        AGE,
    ),
    rules=(SHORT_NAME,),
    spec_rules=(
        unchanged("a decision cannot be changed; write another one"),
        {
            "rule": "self.verdict != 'Deny' || (has(self.reason) && size(self.reason) >= 10)",
            "message": "a denial needs a reason of at least 10 characters",
        },
    ),
)

APPROVAL_POLICY = Definition(
    model=ApprovalPolicy,
    plural="approvalpolicies",
    short="appol",
    scope="Cluster",
    columns=(
        Column(name="Priority", path=".spec.priority", type="integer"),
        Column(name="Types", path=".spec.match.types"),
        Column(name="Purposes", path=".spec.match.purposes"),
        Column(name="Auto", path=".spec.auto.always", type="boolean"),
        Column(name="Approvers", path=".spec.require[*].role"),
        Column(name="Due-Days", path=".spec.dueWorkDays", type="integer"),
        READY,
        AGE,
    ),
    spec_rules=(
        {
            "rule": "(has(self.auto) && has(self.auto.always) && self.auto.always)"
            " || (has(self.require) && size(self.require) > 0)",
            "message": "a policy that does not grant everything names at least one required approval",
        },
    ),
)

POLICY_EXEMPTION = Definition(
    model=PolicyExemption,
    plural="policyexemptions",
    short="polex",
    scope="Namespaced",
    columns=(
        Column(name="Environment", path=".spec.environmentRef"),
        Column(name="Rule", path=".spec.rule"),
        Column(name="Expires", path=".spec.expiresAt"),
        READY,
        AGE,
    ),
    rules=(SHORT_NAME,),
    spec_rules=(unchanged("an exemption cannot be changed; write a new one"),),
)
