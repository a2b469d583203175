"""`dept`, `quota`, `issues` and `whoami` on a cluster in memory: what one person learns about a department."""

from typing import Any

import pytest

from govcloud_api import labels, notices
from govcloud_api.v1alpha1 import Department
from support import tenants
from support.desk import OpenDesk

USED = {"requests.cpu": "250m", "requests.memory": "512Mi", "requests.storage": "1Gi"}
MEDIUM = {"cpu": "4", "memory": "8Gi", "storage": "50Gi", "pods": 50}
HOMES = (tenants.namespace("dept-tax"), tenants.namespace("dept-civil"), tenants.namespace("tax-forms-prod"))
WORLD = (*HOMES, tenants.department(), tenants.department("civil"), tenants.tier())


def environment(name: str = "forms-prod", *, used: dict[str, str] | None = None, **parts: Any) -> dict[str, Any]:
    status = {"quota": {"hard": {}, "used": used or {}}} | parts.pop("status", {})
    return tenants.environment(name, status=status, **parts)


def test_a_member_sees_the_own_department(open_desk: OpenDesk) -> None:
    desk = open_desk(*WORLD)
    assert len(desk.data("dept", "ls")) == 2
    desk.cluster.closed = {"Department in all"}
    assert [item["spec"]["code"] for item in desk.data("dept", "ls")] == ["tax"]
    desk.cluster.closed = {"Department", "Department in all"}
    code, _, err = desk.run("dept", "ls")
    assert (code, "anna may see no department; `govcloud whoami` says what you may" in err) == (9, True)


def written(code: str = "tax", **spec: Any) -> dict[str, Any]:
    """What the operator tells a department of itself."""
    made = Department.parse(tenants.department(code, **spec))
    return notices.config_map(notices.DEPARTMENT, f"dept-{code}", notices.of_department(made))


UNSEEN = {"Department", "Department in all"}


def test_a_member_reads_at_home_what_the_cluster_hides(open_desk: OpenDesk) -> None:
    desk = open_desk(*WORLD, written(), written("civil"), environment(), environment("new-dev"))
    desk.cluster.closed = set(UNSEEN)
    [item] = desk.data("dept", "ls")
    assert (item["spec"]["code"], item["status"]["environments"]) == ("tax", 2)
    code, out, _ = desk.run("dept", "show", "tax")
    rows = [line.split() for line in out.splitlines()]
    assert code == 0
    for row in (["may", "use", "8", "16Gi", "80Gi"], ["given", "out", "2", "4Gi", "20Gi"], ["home:", "dept-tax"]):
        assert row in rows
    assert "phase:" not in out
    rows = [line.split() for line in desk.run("quota", "show")[1].splitlines()]
    assert rows[1:3] == [["may", "use", "8", "16Gi", "80Gi"], ["given", "out", "2", "4Gi", "20Gi"]]


def test_another_department_is_refused_as_before(open_desk: OpenDesk) -> None:
    desk = open_desk(*WORLD, written())
    desk.cluster.closed = set(UNSEEN)
    code, out, err = desk.run("dept", "show", "civil")
    assert (code, out) == (9, "")
    assert "forbidden" in err
    desk.cluster.closed |= {"ConfigMap"}
    assert desk.run("dept", "show", "tax")[0] == 9


def test_a_role_by_name_is_known_from_the_home_of_the_credentials(open_desk: OpenDesk) -> None:
    desk = open_desk(*WORLD, written(subjects=[{"kind": "User", "name": "anna", "role": "approver"}]), groups=())
    desk.cluster.closed = set(UNSEEN)
    assert desk.data("whoami")["roles"] == {"tax": ["approver"]}


def test_all_about_a_department(open_desk: OpenDesk) -> None:
    desk = open_desk(*WORLD)
    code, out, _ = desk.run("dept", "show", "tax")
    assert code == 0
    rows = [line.split() for line in out.splitlines()]
    for row in (
        ["given", "out", "1", "2Gi", "10Gi"],
        ["approver", "Group", "tax:approver"],
        ["data", "up", "to:", "internal"],
    ):
        assert row in rows
    assert "there is no department x; `govcloud dept ls` lists them" in desk.run("dept", "show", "x")[2]


def test_a_role_or_a_group(open_desk: OpenDesk) -> None:
    code, _, err = open_desk(*WORLD).run("dept", "kubeconfig", "tax", "--user", "u", "--role", "owner", "--group", "g")
    assert (code, "not both" in err) == (2, True)


def test_quota_of_the_department_and_what_of_it_is_reserved(open_desk: OpenDesk) -> None:
    desk = open_desk(*WORLD, environment(used=USED), environment("new-dev"))
    rows = [line.split() for line in desk.run("quota", "show")[1].splitlines()]
    assert rows[1:3] == [["may", "use", "8", "16Gi", "80Gi"], ["given", "out", "1", "2Gi", "10Gi"]]
    assert ["forms-prod", "250m", "of", "1", "512Mi", "of", "2Gi", "1Gi", "of", "10Gi", "20.00"] in rows
    assert ["new-dev", "?", "of", "1", "?", "of", "2Gi", "?", "of", "10Gi", "20.00"] in rows
    desk.cluster.closed = {"Department", "ServiceTier in all"}
    rows = [line.split() for line in desk.run("quota", "show")[1].splitlines()]
    assert rows[1:3] == [["may", "use", "?", "?", "?"], ["given", "out", "2", "4Gi", "20Gi"]]  # by its environments
    assert desk.data("quota", "show")[0]["environments"][0]["monthlyCents"] is None


def test_the_platform_sees_the_quota_of_all(open_desk: OpenDesk) -> None:
    desk = open_desk(*WORLD, user="rita", groups=("platform:operator",), department="")
    assert [item["department"] for item in desk.data("quota", "show")] == ["civil", "tax"]


@pytest.mark.parametrize(
    ("quota", "used", "command", "saves"),
    [
        (MEDIUM, USED, 'change forms-prod --size small --why "it needs less"', 8100 - 2000),
        (tenants.SMALL, USED, None, 0),  # there is nothing smaller
        (MEDIUM, USED | {"requests.memory": "1700Mi"}, None, 0),  # small would leave less than the headroom
        (MEDIUM, {key: "0" for key in USED}, 'delete forms-prod --confirm forms-prod --why "nothing runs in it"', 8100),
        (MEDIUM, {}, None, 0),  # nobody counted: nothing is known
        (MEDIUM | {"storage": "1Gi"}, USED | {"requests.storage": "0"}, None, 0),  # small would be more storage
    ],
)
def test_what_could_be_given_back(
    quota: dict[str, Any], used: dict[str, str], command: str | None, saves: int, open_desk: OpenDesk
) -> None:
    desk = open_desk(*WORLD, environment(used=used, spec={"quota": quota}))
    found = desk.data("quota", "advise")
    if command is None:
        assert found == []
        assert "nothing to give back" in desk.run("quota", "advise")[1]
    else:
        assert [(item["command"], item["savesMonthlyCents"]) for item in found] == [(f"govcloud env {command}", saves)]
        assert "not what they really use" in desk.run("quota", "advise")[1]


ISSUE = {"code": "A", "severity": "error", "object": "Pod web", "message": "crashes", "fix": "read its log"}


def test_issues_of_everything_that_is_wrong_errors_first(open_desk: OpenDesk) -> None:
    expiring = tenants.condition("Expiring", message="ends in 5 days")
    rule = {"rule": "quota", "pass": False, "message": "choose a smaller size", "measured": "9 of 8"}
    desk = open_desk(
        *WORLD,
        environment(status={"issues": [ISSUE], "conditions": [tenants.condition("Ready"), expiring]}),
        tenants.instance(
            status={"conditions": [tenants.condition("Ready", "False", "RestoreFailed", "no such moment")]}
        ),
        tenants.binding(status={"conditions": [tenants.condition("Ready", "False", "NoSuchInstance", "db2")]}),
        tenants.binding("old", spec={"revoked": True}),
        tenants.request("held", status={"policyResults": [rule]}),
        tenants.request("waits"),
        tenants.request(
            "no", status={"phase": "Denied", "conditions": [tenants.condition("Denied", message="no money")]}
        ),
    )
    code, out, _ = desk.run("issues")
    assert code == 6
    found = [[part.strip() for part in line.split("   ") if part.strip()] for line in out.splitlines()[1:]]
    assert found == [
        ["error", "tax", "binding tax-forms-prod/forms-db", "NoSuchInstance: db2", "govcloud service show db"],
        ["error", "tax", "forms-prod: Pod web", "crashes", "read its log"],
        ["error", "tax", "request held", "quota: choose a smaller size", "govcloud env status held"],
        ["error", "tax", "service tax-forms-prod/db", "RestoreFailed: no such moment", "govcloud service show db"],
        ["warning", "tax", "environment forms-prod", "Expiring: ends in 5 days",
         "extend it (govcloud env extend) or let it go"],
        ["warning", "tax", "request no", "Denied: no money; read the reason and ask anew",
         "read the reason and ask anew"],
    ]  # fmt: skip


def test_what_is_on_its_way_is_no_issue(open_desk: OpenDesk) -> None:
    desk = open_desk(
        *WORLD,
        environment(),
        tenants.instance(status={"conditions": [tenants.condition("Ready", "False", "Starting", "the pod starts")]}),
        tenants.request("waits"),
        tenants.request("done", status={"phase": "Ready"}),
    )
    assert desk.run("issues")[:2] == (0, "nothing to mend\n")


def test_a_late_decision_is_an_issue_of_those_who_can_make_it(open_desk: OpenDesk) -> None:
    late = tenants.request("late", status={"conditions": [tenants.condition("Overdue", message="since Monday")]})
    desk = open_desk(*WORLD, late, user="bob", groups=("tax:approver",))
    assert "your decision is late: Create forms production" in desk.run("issues")[1]
    owner = open_desk(*WORLD, late)
    out = owner.run("issues")[1]
    assert "since Monday" in out
    assert "your decision" not in out


def test_whoami_says_roles_and_what_is_allowed(open_desk: OpenDesk) -> None:
    desk = open_desk(*WORLD, environment(), groups=("tax:owner", "platform:approver", "system:authenticated"))
    desk.cluster.rights = {
        ("create", "environmentrequests", "dept-tax"),
        ("create", "serviceinstances", "tax-forms-prod"),
        ("create", "approvals", labels.APPROVALS_NAMESPACE),
    }
    assert desk.data("whoami") == {
        "user": "anna", "groups": ["tax:owner", "platform:approver", "system:authenticated"],
        "roles": {"tax": ["owner"], "platform": ["approver"]},
        "authorityCertificates": [],
        "may": [
            {"where": "dept-tax", "what": "ask for environments"},
            {"where": "tax-forms-prod", "what": "order services"},
            {"where": "govcloud-approvals", "what": "write decisions for the platform"},
        ],
    }  # fmt: skip
    out = desk.run("whoami")[1]
    assert "role: owner of tax\nrole: approver of the platform\n" in out


PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


def test_everybody_learns_which_certificate_to_trust(open_desk: OpenDesk) -> None:
    desk = open_desk(*WORLD, environment(), notices.config_map(notices.AUTHORITY, "dept-tax", {"ca.crt": PEM}))
    assert desk.run("dept", "ca")[:2] == (0, PEM)
    assert desk.data("whoami")["authorityCertificates"] == ["dept-tax/govcloud-ca"]
    told = "certificate to trust: dept-tax/govcloud-ca (print it: govcloud dept ca)"
    for words in (("whoami",), ("env", "status", "forms-prod")):
        assert told in desk.run(*words)[1].splitlines()
    code, out, err = desk.run("dept", "ca", "--department", "civil")
    assert (code, out) == (5, "")
    assert "dept-civil was not told of the certificate yet, or is not yours" in err


def test_a_stranger_may_nothing(open_desk: OpenDesk) -> None:
    out = open_desk(*WORLD, user="zoe", groups=(), department="").run("whoami")[1]
    assert out.splitlines() == [
        "user: zoe", "groups: none", "role: none", "you may nothing here; ask your member manager for a role",
    ]  # fmt: skip
