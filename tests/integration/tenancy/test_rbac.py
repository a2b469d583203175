"""Who may do what where, against the committed list `access.golden`; and what no role may ever hold.

After a wanted change of a role: copy the list that the failing test names over `access.golden`, and read the diff.
"""

from __future__ import annotations

import difflib
import tempfile
from pathlib import Path

import pytest

from govcloud_api import errors, labels
from govcloud_kube import Cluster
from support import access, apiserver, places, samples
from support.schema_cases import changed, put

GOLDEN = Path(__file__).parent / "access.golden"
PLATFORM = ("owner", "approver", "finance", "auditor", "steward", "member-manager", "operator")
FORBIDDEN_WRITES = {
    *("resourcequotas", "limitranges", "networkpolicies", "roles", "rolebindings", "clusterroles"),
    *("clusterrolebindings", "namespaces", "serviceaccounts/token", "endpoints", "endpointslices", "nodes"),
    *("customresourcedefinitions", "certificatesigningrequests", "events", "priorityclasses"),
}
WRITES = {*access.WRITE, "bind", "escalate", "impersonate", "*"}


def whole_list(server: apiserver.ApiServer, acme: places.Place, bolt: places.Place, *, ask_all: bool = False) -> str:
    """As it is now."""

    def table(groups: list[str], namespace: str) -> list[str]:
        return access.table(server, groups, namespace, ask_all=ask_all)

    elsewhere = [
        (labels.TENANTS_NAMESPACE, labels.TENANTS_NAMESPACE),
        (labels.SYSTEM_NAMESPACE, labels.SYSTEM_NAMESPACE),
        ("", "the cluster"),
    ]
    foreign = [(bolt.home, "another's home"), (bolt.work, "another's environment")]
    decisions = (labels.APPROVALS_NAMESPACE, labels.APPROVALS_NAMESPACE)
    everybody = table([], acme.home)
    blocks = [_block("everybody", "the cluster", everybody)]

    def ask(name: str, groups: list[str], spots: list[tuple[str, str]]) -> None:
        for namespace, where in spots:
            blocks.append(_block(name, where, [line for line in table(groups, namespace) if line not in everybody]))

    for role in places.ROLES:
        ask(f"acme:{role}", [f"acme:{role}"], [(acme.home, "own home"), (acme.work, "own environment")])
    tenants = [f"acme:{role}" for role in places.ROLES]
    ask("anybody of acme", tenants, [*foreign, decisions, *elsewhere])
    for role in PLATFORM:
        spots = [(acme.home, "a home"), (acme.work, "an environment"), decisions]
        ask(f"platform:{role}", [f"platform:{role}"], spots)
    ask("anybody of the platform", [f"platform:{role}" for role in PLATFORM], elsewhere)
    return "\n".join(blocks)


def _block(name: str, where: str, lines: list[str]) -> str:
    """One paragraph of the list: what somebody may do there beyond what everybody may."""
    return "\n".join([f"{name} in {where}", *[f"  {line}" for line in lines or ["nothing"]], ""])


def test_access_is_as_agreed(server: apiserver.ApiServer, acme: places.Place, bolt: places.Place) -> None:
    found = whole_list(server, acme, bolt)
    agreed = GOLDEN.read_text() if GOLDEN.exists() else ""
    if found == agreed:
        return
    new = Path(tempfile.gettempdir()) / GOLDEN.name
    new.write_text(found)
    diff = difflib.unified_diff(agreed.splitlines(), found.splitlines(), "agreed", "now", lineterm="", n=30)
    pytest.fail(f"rights have changed; if that is wanted: cp {new} {GOLDEN}\n" + "\n".join(diff))


@pytest.mark.long
def test_the_authorizer_says_so_to_every_question(
    server: apiserver.ApiServer, acme: places.Place, bolt: places.Place
) -> None:
    assert whole_list(server, acme, bolt, ask_all=True) == GOLDEN.read_text()


def test_the_list_holds_what_matters() -> None:
    """A list that was copied without being read would agree with anything."""
    blocks = {block.splitlines()[0]: block for block in GOLDEN.read_text().split("\n\n") if block.strip()}
    for where in ("another's home", "another's environment", *NOWHERE, "the cluster"):
        assert blocks[f"anybody of acme in {where}"].splitlines()[1:] == ["  nothing"], where
    for where in NOWHERE[1:]:
        assert blocks[f"anybody of the platform in {where}"].count("create") == 0, where
    assert "approvals.govcloud.internal: get list watch create\n" in blocks["acme:approver in own home"] + "\n"
    assert "create" not in blocks["acme:auditor in own home"]
    assert "secrets" not in blocks["acme:viewer in own environment"]
    assert "pods/exec" not in blocks["acme:viewer in own environment"]


NOWHERE = (labels.APPROVALS_NAMESPACE, labels.TENANTS_NAMESPACE, labels.SYSTEM_NAMESPACE)


def test_everybody_sees_the_catalogue_and_nothing_else() -> None:
    block = GOLDEN.read_text().partition("everybody in the cluster\n")[2].partition("\n\n")[0]
    assert [line.strip() for line in block.splitlines()] == [
        f"{kind}.govcloud.internal: get list watch"
        for kind in ("servicetiers", "workcalendars", "approvalpolicies", "serviceofferings")
    ]


def test_no_role_holds_what_would_open_the_rest(admin: Cluster) -> None:
    """Read from the roles themselves, so that no question is forgotten."""
    found = admin.list("rbac.authorization.k8s.io/v1", "ClusterRole")
    roles = [r for r in found if r["metadata"]["name"].startswith(("govcloud:department-", "govcloud:environment-"))]
    assert {role["metadata"]["name"] for role in roles} >= {*places.AT_HOME.values(), *places.AT_WORK.values()}
    for role in roles:
        for rule in role["rules"]:
            assert "*" not in [*rule["verbs"], *rule["resources"], *rule["apiGroups"]], role["metadata"]["name"]
            if WRITES & set(rule["verbs"]):
                assert not FORBIDDEN_WRITES & set(rule["resources"]), role["metadata"]["name"]
                assert not any(r.endswith("/status") for r in rule["resources"]), role["metadata"]["name"]


def test_reading_another_departments_objects_fails(acme: places.Place, bolt: places.Place) -> None:
    spy = changed(samples.CREATE, put("metadata.namespace", bolt.home), put("spec.requestedBy", None))
    for role in places.ROLES:
        with pytest.raises(errors.Forbidden):
            acme.person(role).list(labels.API_VERSION, "EnvironmentRequest", namespace=bolt.home)
        with pytest.raises(errors.Forbidden):
            acme.person(role).create(spy)


OPERATOR_REFUSED = [
    ("list", "", "secrets", ""),
    ("get", "", "secrets", "kube-system"),
    ("create", "", "pods/exec", ""),
    ("get", "", "nodes/proxy", ""),
    ("create", "rbac.authorization.k8s.io", "clusterrolebindings", ""),
    ("create", "rbac.authorization.k8s.io", "clusterroles", ""),
    ("escalate", "rbac.authorization.k8s.io", "clusterroles", ""),
    ("bind", "rbac.authorization.k8s.io", "clusterroles", ""),
    ("impersonate", "", "users", ""),
    ("impersonate", "", "groups", ""),
    ("impersonate", "", "serviceaccounts", ""),
    ("impersonate", "", "serviceaccounts", "kube-system"),
    ("impersonate", "", "serviceaccounts", labels.SYSTEM_NAMESPACE),
    ("create", "", "serviceaccounts/token", ""),
    ("create", "", "serviceaccounts/token", labels.TENANTS_NAMESPACE),
    ("update", "admissionregistration.k8s.io", "validatingadmissionpolicies", ""),
    ("patch", "apiextensions.k8s.io", "customresourcedefinitions", ""),
    ("patch", labels.GROUP, "environmentrequests", ""),
    ("create", labels.GROUP, "approvals", ""),
    ("patch", labels.GROUP, "approvals", ""),
    ("deletecollection", labels.GROUP, "approvals", ""),
    ("deletecollection", labels.GROUP, "environmentrequests", ""),
    ("list", "", "configmaps", ""),
    ("create", "", "configmaps", ""),
    ("create", "rbac.authorization.k8s.io", "roles", ""),
    ("create", labels.GROUP, "approvalpolicies", ""),
    ("patch", labels.GROUP, "approvalpolicies", ""),
]


@pytest.mark.parametrize("what", OPERATOR_REFUSED, ids=str)
def test_operator_may_not(admin: Cluster, what: tuple[str, str, str, str]) -> None:
    *asked, namespace = what
    verb, group, resource = asked
    groups = [f"system:serviceaccounts:{labels.SYSTEM_NAMESPACE}", "system:serviceaccounts"]
    assert not access.allowed(admin, labels.OPERATOR_USER, groups, namespace, (verb, group, resource))
