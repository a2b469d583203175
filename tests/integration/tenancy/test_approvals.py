"""People decide, on a real API server with real users: two of them for production, none for an own request."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from govcloud_api import errors, labels, notices
from govcloud_cli import run
from govcloud_cli.main import cli
from govcloud_kube import Cluster, Object, Ref
from support import tenancy
from support.apiserver import ApiServer

PEOPLE = [
    {"kind": "Group", "name": "civil:owner", "role": "owner"},
    {"kind": "Group", "name": "civil:approver", "role": "approver"},
    {"kind": "Group", "name": "civil:finance", "role": "finance"},
    {"kind": "User", "name": "both", "role": "owner"},
    {"kind": "User", "name": "both", "role": "approver"},
    {"kind": "User", "name": "both", "role": "finance"},
]
SMALL = {"cpu": "500m", "memory": "1Gi", "storage": "5Gi", "pods": 10}
Person = Callable[..., Cluster]


@pytest.fixture(scope="module")
def civil(new_department: Callable[..., str]) -> str:
    """Home of a department with an owner, an approver, somebody for the money, and one who is all of these."""
    return new_department("civil", subjects=PEOPLE)


@pytest.fixture(scope="module")
def person(server: ApiServer) -> Person:
    """Factory: the connection of a user with groups."""
    return lambda name, *groups: server.connect(name, *groups)


@pytest.fixture(scope="module")
def owner(person: Person, civil: str) -> Cluster:
    return person("olga", "civil:owner")


@pytest.fixture(scope="module")
def approver(person: Person, civil: str) -> Cluster:
    return person("anna", "civil:approver")


@pytest.fixture(scope="module")
def finance(person: Person, civil: str) -> Cluster:
    return person("fritz", "civil:finance")


def ref(kind: str, home: str, name: str) -> Ref:
    return Ref(labels.API_VERSION, kind, name, home)


def request(cluster: Cluster, home: str, name: str) -> Object:
    found = cluster.get(ref("EnvironmentRequest", home, name))
    assert found is not None
    return found


def phase(cluster: Cluster, home: str, name: str) -> str:
    return str((request(cluster, home, name).get("status") or {}).get("phase", ""))


def reaches(cluster: Cluster, home: str, name: str, *phases: str) -> Object:
    tenancy.eventually(lambda: phase(cluster, home, name) in phases, f"request {name} is {' or '.join(phases)}")
    return request(cluster, home, name)


def ask(who: Cluster, home: str, name: str, type_: str, environment: str, **spec: Any) -> None:
    wanted = {"type": type_, "environmentRef": environment, "justification": {"why": "a test"}} | spec
    metadata = {"name": name, "namespace": home}
    who.create({"apiVersion": labels.API_VERSION, "kind": "EnvironmentRequest", "metadata": metadata, "spec": wanted})


def say(who: Cluster, about: Object, name: str, role: str, *, where: str = "", **said: Any) -> Ref:
    """Write an Approval about an object as it was shown, as this person."""
    metadata = about["metadata"]
    spec = {
        "requestRef": {
            "kind": about["kind"],
            "namespace": metadata["namespace"],
            "name": metadata["name"],
            "uid": metadata["uid"],
            "specHash": about["status"]["specHash"],
        },
        "verdict": "Approve",
        "role": role,
    }
    home = where or metadata["namespace"]
    body = {"apiVersion": labels.API_VERSION, "kind": "Approval", "metadata": {"name": name, "namespace": home}}
    who.create(body | {"spec": spec | said})
    return ref("Approval", home, name)


def judged(admin: Cluster, word: Ref, reason: str) -> None:
    tenancy.eventually(lambda: tenancy.condition(admin.get(word), "Valid")[1] == reason, f"{word} is judged {reason}")


def test_production_waits_for_two_different_people(
    civil: str, admin: Cluster, owner: Cluster, approver: Cluster, finance: Cluster
) -> None:
    owner.create(tenancy.request(civil, "prod", product="portal", purpose="production"))
    found = reaches(owner, civil, "prod", "PolicyChecked")
    assert found["status"]["policy"] == "production"
    assert found["status"]["due"]
    first = say(approver, found, "prod-a", "approver")
    judged(admin, first, "Counted")
    word = admin.get(first)
    assert word is not None
    assert word["spec"]["decidedBy"] == "anna"
    assert "civil:approver" in word["spec"]["decidedByGroups"]
    tenancy.eventually(lambda: _missing(owner, civil, "prod") == {"approver": 0, "finance": 1}, "one is missing")
    assert admin.get(ref("Environment", civil, "portal-prod")) is None
    judged(admin, say(finance, found, "prod-f", "finance"), "Counted")
    found = reaches(owner, civil, "prod", "Provisioning", "Ready")
    assert [d["by"] for d in found["status"]["decisions"]] == ["anna", "fritz"]
    made = admin.get(ref("Environment", civil, "portal-prod"))
    assert made is not None
    assert made["spec"]["requestRef"]["uid"] == found["metadata"]["uid"]
    assert made["spec"]["tierRef"] == "standard"


def test_one_person_with_every_role_is_not_two(civil: str, admin: Cluster, owner: Cluster, person: Person) -> None:
    owner.create(tenancy.request(civil, "alone", product="alone", purpose="production"))
    found = reaches(owner, civil, "alone", "PolicyChecked")
    both = person("both")
    judged(admin, say(both, found, "alone-a", "approver"), "Counted")
    judged(admin, say(both, found, "alone-f", "finance"), "AlreadyDecided")
    assert phase(owner, civil, "alone") == "PolicyChecked"
    owner.delete(ref("EnvironmentRequest", civil, "alone"))


def test_nobody_approves_an_own_request(civil: str, admin: Cluster, person: Person) -> None:
    both = person("both")
    both.create(tenancy.request(civil, "own", product="own", purpose="test"))
    found = reaches(both, civil, "own", "PolicyChecked")
    judged(admin, say(both, found, "own-a", "approver"), "SelfApproval")
    assert phase(both, civil, "own") == "PolicyChecked"
    assert admin.get(ref("Environment", civil, "own-test")) is None
    both.delete(ref("EnvironmentRequest", civil, "own"))


def test_an_altered_request_needs_a_new_word(civil: str, admin: Cluster, owner: Cluster, approver: Cluster) -> None:
    owner.create(tenancy.request(civil, "altered", product="altered", purpose="test"))
    shown = reaches(owner, civil, "altered", "PolicyChecked")
    with pytest.raises(errors.InvalidSpec, match="cannot be changed"):
        owner.apply(
            tenancy.request(civil, "altered", product="altered", purpose="test", size="medium"), field_manager="x"
        )
    owner.delete(ref("EnvironmentRequest", civil, "altered"))
    owner.create(tenancy.request(civil, "altered", product="altered", purpose="test", size="medium"))
    reaches(owner, civil, "altered", "PolicyChecked")
    judged(admin, say(approver, shown, "altered-a", "approver"), "StaleHash")
    assert phase(owner, civil, "altered") == "PolicyChecked"
    assert admin.get(ref("Environment", civil, "altered-test")) is None
    owner.delete(ref("EnvironmentRequest", civil, "altered"))


def test_nobody_of_another_department_decides(
    civil: str, admin: Cluster, owner: Cluster, person: Person, new_department: Callable[..., str]
) -> None:
    people = [{"kind": "Group", "name": "roads:approver", "role": "approver"}]
    elsewhere = new_department("roads", subjects=people)
    owner.create(tenancy.request(civil, "foreign", product="foreign", purpose="test"))
    found = reaches(owner, civil, "foreign", "PolicyChecked")
    rita = person("rita", "roads:approver")
    with pytest.raises(errors.Forbidden):
        say(rita, found, "foreign-a", "approver")
    judged(admin, say(rita, found, "foreign-b", "approver", where=elsewhere), "WrongPlace")
    paula = person("paula", "platform:approver")
    judged(admin, say(paula, found, "foreign-c", "approver", where=labels.APPROVALS_NAMESPACE), "WrongPlace")
    with pytest.raises(errors.InvalidSpec, match="rita"):
        say(rita, found, "foreign-d", "approver", where=elsewhere, decidedBy="anna")
    assert phase(owner, civil, "foreign") == "PolicyChecked"


def test_one_no_ends_it(civil: str, admin: Cluster, owner: Cluster, approver: Cluster) -> None:
    found = reaches(owner, civil, "foreign", "PolicyChecked")
    with pytest.raises(errors.InvalidSpec, match="10 characters"):
        say(approver, found, "no", "approver", verdict="Deny", reason="no")
    judged(admin, say(approver, found, "no", "approver", verdict="Deny", reason="not this year"), "Counted")
    found = reaches(owner, civil, "foreign", "Denied")
    assert tenancy.condition(found, "Denied") == ("True", "DeniedByPerson")
    assert "not this year" in found["status"]["conditions"][2]["message"]


def test_an_environment_is_changed_extended_and_given_back(
    civil: str, admin: Cluster, owner: Cluster, approver: Cluster
) -> None:
    environment = ref("Environment", civil, "lab-sandbox")
    owner.create(tenancy.request(civil, "lab", product="lab"))
    reaches(owner, civil, "lab", "Provisioning", "Ready")
    uid = _live(admin, environment)["metadata"]["uid"]

    ask(owner, civil, "less", "Change", "lab-sandbox", quota=SMALL)
    reaches(owner, civil, "less", "Provisioning", "Ready")
    spec = _live(admin, environment)["spec"]
    assert {name: spec["quota"][name] for name in SMALL} == SMALL
    assert "size" not in spec
    quota = Ref("v1", "ResourceQuota", "govcloud-quota", "civil-lab-sandbox")
    tenancy.eventually(
        lambda: _hard(admin.get(quota)).get("requests.cpu") == "500m", "the namespace has the smaller quota"
    )

    ask(owner, civil, "more", "Change", "lab-sandbox", size="small")
    found = reaches(owner, civil, "more", "PolicyChecked")
    assert found["status"]["waitingOn"] == "an approver of civil"
    judged(admin, say(approver, found, "more-a", "approver"), "Counted")
    reaches(owner, civil, "more", "Provisioning", "Ready")
    assert _live(admin, environment)["spec"]["quota"]["cpu"] == "1"

    ask(owner, civil, "long", "Extend", "lab-sandbox", lifetimeDays=181)
    found = reaches(owner, civil, "long", "PolicyChecked")
    assert "twice the longest life" in found["status"]["waitingOn"]
    before = _live(admin, environment)["spec"]["expiresAt"]
    owner.delete(ref("EnvironmentRequest", civil, "long"))
    ask(owner, civil, "longer", "Extend", "lab-sandbox", lifetimeDays=170)
    reaches(owner, civil, "longer", "Provisioning", "Ready")
    live = _live(admin, environment)
    assert live["spec"]["expiresAt"] > before
    assert live["metadata"]["uid"] == uid
    assert labels.ENVIRONMENT_FINALIZER in live["metadata"]["finalizers"]

    owner.delete(ref("EnvironmentRequest", civil, "lab"))
    ask(owner, civil, "back", "Delete", "lab-sandbox")
    reaches(owner, civil, "back", "Provisioning", "Closed")
    tenancy.eventually(lambda: admin.get(environment) is None, "the environment is gone", seconds=60)
    assert reaches(owner, civil, "back", "Closed")["status"]["environmentRef"]["uid"] == uid


def test_a_transfer_needs_both_and_takes_the_namespace_along(
    civil: str,
    admin: Cluster,
    owner: Cluster,
    approver: Cluster,
    person: Person,
    new_department: Callable[..., str],
    server: ApiServer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    people = [{"kind": "Group", "name": "parks:approver", "role": "approver"}]
    receiver = new_department("parks", subjects=people)
    owner.create(tenancy.request(civil, "moving", product="moving"))
    reaches(owner, civil, "moving", "Provisioning", "Ready")
    old, new = ref("Environment", civil, "moving-sandbox"), ref("Environment", receiver, "moving-sandbox")
    namespace = Ref("v1", "Namespace", "civil-moving-sandbox")
    uid = tenancy.eventually(lambda: admin.get(namespace), "the namespace is there")["metadata"]["uid"]
    tenancy.eventually(lambda: (admin.get(old) or {}).get("status", {}).get("namespaceUid"), "it is known")

    ask(owner, civil, "move", "Transfer", "moving-sandbox", transferTo="parks")
    found = reaches(owner, civil, "move", "PolicyChecked")
    judged(admin, say(approver, found, "move-a", "approver"), "Counted")
    assert admin.get(new) is None
    pia = person("pia", "parks:approver")
    _is_told_of_this_alone(pia, civil, receiver)
    credentials = str(server.kubeconfig("pia", "parks:approver"))
    assert run.run(cli, ["approvals", "show", "civil/move", "--kubeconfig", credentials]) == 0
    assert "a test" in capsys.readouterr().out
    assert run.run(cli, ["approvals", "approve", "civil/move", "--yes", "--kubeconfig", credentials]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "approved civil/move as approver"
    [word] = admin.list(labels.API_VERSION, "Approval", namespace=receiver)
    judged(admin, ref("Approval", receiver, word["metadata"]["name"]), "Counted")
    reaches(owner, civil, "move", "Provisioning", "Ready")
    notice = notices.ref(notices.TRANSFERS, receiver)
    tenancy.eventually(lambda: pia.get(notice) is None, "a request that is decided is shown no more")
    made = _live(admin, new)
    tenancy.eventually(lambda: admin.get(old) is None, "the old environment is gone", seconds=60)
    moved = _live(admin, namespace)
    assert moved["metadata"]["uid"] == uid
    assert moved["metadata"]["annotations"][labels.OWNER_UID] == made["metadata"]["uid"]
    assert moved["metadata"]["labels"][labels.DEPARTMENT] == "parks"
    reaches(owner, civil, "moving", "Closed")


def _is_told_of_this_alone(pia: Cluster, giver: str, receiver: str) -> None:
    """The request and its environment lie in the receiver's home; the giver's home stays closed."""
    notice = notices.ref(notices.TRANSFERS, receiver)
    [offer] = tenancy.eventually(lambda: notices.transfers(pia.get(notice)), "the receiver is told")
    assert offer.is_genuine
    assert (offer.request["metadata"]["namespace"], offer.request["metadata"]["name"]) == (giver, "move")
    assert offer.environment["spec"]["product"] == "moving"
    for kind, name in (("EnvironmentRequest", "move"), ("Environment", "moving-sandbox"), ("Approval", "move-a")):
        with pytest.raises(errors.Forbidden):
            pia.get(ref(kind, giver, name))
        with pytest.raises(errors.Forbidden):
            pia.list(labels.API_VERSION, kind, namespace=giver)


def test_the_platform_decides_about_exemptions(civil: str, admin: Cluster, owner: Cluster, person: Person) -> None:
    spec = {
        "environmentRef": "portal-prod",
        "rule": "image-registry",
        "reason": "the vendor ships from elsewhere",
        "expiresAt": "2099-01-01T00:00:00Z",
    }
    body = {"apiVersion": labels.API_VERSION, "kind": "PolicyExemption"}
    owner.create(body | {"metadata": {"name": "images", "namespace": civil}, "spec": spec})
    exemption = ref("PolicyExemption", civil, "images")
    tenancy.eventually(lambda: (admin.get(exemption) or {}).get("status", {}).get("specHash"), "it is looked at")
    found = _live(admin, exemption)
    paula = person("paula", "platform:approver")
    judged(admin, say(paula, found, "images-a", "approver", where=labels.APPROVALS_NAMESPACE), "Counted")
    tenancy.eventually(lambda: tenancy.is_ready(admin.get(exemption)), "the exemption holds")
    assert tenancy.condition(admin.get(exemption), "Approved") == ("True", "Approved")


def test_rules_say_whether_they_can_be_used(admin: Cluster, operator: object) -> None:
    for kind in ("ApprovalPolicy", "WorkCalendar"):
        for obj in admin.list(labels.API_VERSION, kind):
            here = Ref(labels.API_VERSION, kind, obj["metadata"]["name"])
            tenancy.eventually(lambda here=here: tenancy.is_ready(admin.get(here)), f"{here} is Ready")


def _hard(quota: Object | None) -> dict[str, str]:
    return dict((quota or {}).get("spec", {}).get("hard") or {})


def _live(cluster: Cluster, what: Ref) -> Object:
    found = cluster.get(what)
    assert found is not None
    return found


def test_what_is_decided_is_written_once(civil: str, admin: Cluster, operator: Path) -> None:
    kinds = ("EnvironmentRequest", "Approval", "PolicyExemption", "ApprovalPolicy", "WorkCalendar")

    def versions() -> dict[str, str]:
        found = [obj for kind in kinds for obj in admin.list(labels.API_VERSION, kind)]
        return {obj["metadata"]["uid"]: obj["metadata"]["resourceVersion"] for obj in found}

    def is_quiet() -> bool:
        before = versions()
        time.sleep(5)  # two resyncs of the operator under test
        return versions() == before

    tenancy.eventually(is_quiet, "nothing changes any more", seconds=40)
    assert "Traceback" not in operator.read_text()


def _missing(cluster: Cluster, home: str, name: str) -> dict[str, int]:
    status = request(cluster, home, name).get("status") or {}
    return {need["role"]: need["missing"] for need in status.get("requiredApprovals") or []}
