"""Departments' commands on a real API server with our kinds, policies and roles, each person with own credentials.

The operator's part is played by the test, under its name: what it would write is written, nothing else.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from govcloud_api import decision, labels
from govcloud_api.v1alpha1 import EnvironmentRequest
from govcloud_kube import Cluster, Object, Ref
from support import apiserver, places, tenancy, tenants

GOVCLOUD = Path(sys.executable).with_name("govcloud")
PEOPLE = {
    "anna": "owner", "bob": "approver", "carl": "finance", "dora": "auditor", "mia": "member-manager",
}  # fmt: skip
Done = subprocess.CompletedProcess[str]


class Person:
    """Somebody with a kubeconfig and nothing else."""

    def __init__(self, kubeconfig: Path) -> None:
        self._environment = {**os.environ, "KUBECONFIG": str(kubeconfig)}

    def run(self, *words: str, **more: str) -> Done:
        command = [str(GOVCLOUD), *words]
        environment = self._environment | more
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=120)
        assert "Traceback" not in done.stderr
        return done

    def data(self, *words: str) -> Any:
        done = self.run(*words, "-o", "json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[apiserver.ApiServer]:
    """API server with our kinds; certificates are signed as in a real cluster."""
    with tenancy.platform(tmp_path_factory.mktemp("tenant")) as running, signer(running):
        yield running


def signer(server: apiserver.ApiServer) -> Any:
    """The controller that signs approved requests for certificates."""
    kubeconfig = str(server.kubeconfig("system:kube-controller-manager-signer", "system:masters"))
    key = server.folder / "signing.key"
    key.write_bytes(server.authority.key_pem())
    key.chmod(0o600)
    flags = {
        "kubeconfig": kubeconfig, "controllers": "certificatesigningrequest-signing-controller",
        "leader-elect": "false", "secure-port": "0",
        "cluster-signing-cert-file": str(server.authority.certificate), "cluster-signing-key-file": str(key),
    }  # fmt: skip
    command = [
        str(apiserver.binary("kube-controller-manager")),
        *(f"--{name}={value}" for name, value in flags.items()),
    ]
    return apiserver.process(command, server.folder / "signer.log")


@pytest.fixture(scope="module")
def operator(server: apiserver.ApiServer) -> Cluster:
    """The operator's name with every right."""
    return places.operator(server)


@pytest.fixture(scope="module")
def acme(server: apiserver.ApiServer, operator: Cluster) -> places.Place:
    """A department with people of every role, an environment, and an offering to order from."""
    place = places.make(server, "acme")
    admin = server.admin()
    subjects = [{"kind": "Group", "name": f"acme:{role}", "role": role} for role in PEOPLE.values()]
    admin.apply(tenancy.department("acme", subjects=subjects), field_manager=labels.PLATFORM_FIELD_MANAGER)
    admin.apply(tenants.offering("testdb"), field_manager=labels.PLATFORM_FIELD_MANAGER)
    environment = tenants.environment("portal-prod", place.home)
    stored = operator.create({key: value for key, value in environment.items() if key != "status"})
    play(operator, stored, {"namespace": place.work, "conditions": [tenants.condition("Ready")]})
    return place


@pytest.fixture(scope="module")
def person(server: apiserver.ApiServer, acme: places.Place) -> Callable[[str], Person]:
    """Factory: a member, with what `govcloud dept kubeconfig` gives out."""
    admin = Person(server.kubeconfig("admin", "system:masters"))
    known: dict[str, Person] = {}

    def make(user: str) -> Person:
        if user not in known:
            code, role = ("acme", PEOPLE[user]) if user in PEOPLE else ("platform", "approver")
            done = admin.run("dept", "kubeconfig", code, "--user", user, "--role", role)
            assert done.returncode == 0, done.stderr
            file = server.folder / f"{user}.issued"
            file.write_text(done.stdout)
            known[user] = Person(file)
        return known[user]

    return make


def play(operator: Cluster, obj: Object, status: dict[str, Any]) -> Object:
    """Write a status as the operator does."""
    return operator.patch_status({**obj, "status": status}, field_manager=labels.OPERATOR_FIELD_MANAGER)


def checked(operator: Cluster, request: Object) -> Object:
    """The operator has looked: production needs an approver and finance."""
    needed = [
        {"role": role, "scope": "requester", "department": "acme", "namespace": "dept-acme", "missing": 1}
        for role in ("approver", "finance")
    ]
    status = {
        "phase": "PolicyChecked", "waitingOn": "1 approver of acme, 1 finance of acme", "policy": "production",
        "specHash": decision.spec_hash(EnvironmentRequest.parse(request).spec), "requiredApprovals": needed,
        "estimate": {"monthlyCents": 2000, "monthlyChangeCents": 2000}, "due": "2099-01-05T00:00:00Z",
        "conditions": [tenants.condition("PolicyChecked")],
    }  # fmt: skip
    return play(operator, request, status)


def test_whoami_knows_name_roles_and_rights(person: Callable[[str], Person]) -> None:
    anna = person("anna").data("whoami")
    assert (anna["user"], anna["roles"]) == ("anna", {"acme": ["owner"]})
    may = {(item["where"], item["what"]) for item in anna["may"]}
    assert {("dept-acme", "ask for environments"), ("acme-portal-prod", "order services")} <= may
    assert ("dept-acme", "write decisions") not in may
    rita = person("rita").data("whoami")
    assert rita["roles"] == {"platform": ["approver"]}
    assert {"where": "govcloud-approvals", "what": "write decisions for the platform"} in rita["may"]


def test_a_dry_run_creates_nothing_and_names_who_decides(acme: places.Place, person: Callable[[str], Person]) -> None:
    anna = person("anna")
    words = ("env", "request", "--product", "forms", "--purpose", "production", "--why", "citizens send forms")
    found = anna.data(*words, "--dry-run")
    assert (found["verdict"]["policy"], found["verdict"]["grantedAtOnce"]) == ("production", False)
    assert found["verdict"]["requiredApprovals"] == ["1 approver of acme", "1 finance of acme"]
    assert found["verdict"]["estimate"]["monthlyCents"] == 2000
    assert found["request"]["spec"]["requestedBy"] == "anna"
    assert acme.person("owner").list(labels.API_VERSION, "EnvironmentRequest", namespace=acme.home) == []


def test_a_request_is_decided_by_others_and_bound_to_what_they_saw(
    acme: places.Place, operator: Cluster, person: Callable[[str], Person]
) -> None:
    anna, bob, rita = person("anna"), person("bob"), person("rita")
    words = ("--product", "forms", "--purpose", "production", "--why", "citizens send forms", "--name", "forms-1")
    assert anna.run("env", "request", *words).returncode == 0
    ref = Ref(labels.API_VERSION, "EnvironmentRequest", "forms-1", acme.home)
    stored = operator.get(ref)
    assert stored is not None
    assert stored["spec"]["requestedBy"] == "anna"
    assert bob.run("approvals", "approve", "forms-1").returncode == 5  # nothing was checked yet
    request = checked(operator, stored)

    assert anna.data("approvals", "inbox") == []
    assert rita.data("approvals", "inbox") == []
    assert [item["name"] for item in bob.data("approvals", "inbox")] == ["acme/forms-1"]
    assert "1 finance of acme, written in dept-acme" in bob.run("approvals", "show", "forms-1").stdout
    assert "another person must decide" in anna.run("approvals", "approve", "forms-1").stderr
    dora = person("dora").run("approvals", "approve", "forms-1", "--role", "approver")
    assert (dora.returncode, "cannot create" in dora.stderr) == (9, True)

    with answering(operator, acme.home, "True", "Counted"):
        done = bob.run("approvals", "approve", "forms-1", "--reason", "they need it")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["approved acme/forms-1 as approver", "still needed: 1 finance of acme"]
    [approval] = operator.list(labels.API_VERSION, "Approval", namespace=acme.home)
    spec = approval["spec"]
    assert (spec["decidedBy"], "acme:approver" in spec["decidedByGroups"]) == ("bob", True)
    assert spec["requestRef"]["specHash"] == request["status"]["specHash"]
    assert spec["requestRef"]["uid"] == stored["metadata"]["uid"]

    with answering(operator, acme.home, "False", "StaleHash"):
        refused = person("carl").run("approvals", "deny", "forms-1", "--reason", "there is no money left")
    assert (refused.returncode, "it does not count" in refused.stderr) == (5, True)
    assert anna.run("env", "status", "forms-1").returncode == 6
    assert anna.run("env", "cancel", "forms-1").returncode == 0
    assert operator.get(ref) is None


class answering:  # noqa: N801  # reads as a verb
    """Meanwhile every new Approval is judged."""

    def __init__(self, operator: Cluster, home: str, status: str, reason: str) -> None:
        self._operator, self._home = operator, home
        self._status = {"conditions": [tenants.condition("Valid", status, reason)]}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._judge)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _judge(self) -> None:
        while not self._over.wait(0.1):
            for found in self._operator.list(labels.API_VERSION, "Approval", namespace=self._home):
                if not (found.get("status") or {}).get("conditions"):
                    self._tell(found)
                    play(self._operator, found, self._status)

    def _tell(self, approval: Object) -> None:
        """The request says whose word counted."""
        request = self._operator.get(Ref(labels.API_VERSION, "EnvironmentRequest", "forms-1", self._home))
        assert request is not None
        spec, name = approval["spec"], approval["metadata"]["name"]
        word = {
            "role": spec["role"], "by": spec["decidedBy"], "verdict": spec["verdict"], "reason": spec["reason"],
            "at": approval["metadata"]["creationTimestamp"], "approval": f"{self._home}/{name}",
        }  # fmt: skip
        status = request["status"]
        left = [item | {"missing": int(item["role"] != spec["role"])} for item in status["requiredApprovals"]]
        play(self._operator, request, status | {"decisions": [word], "requiredApprovals": left})


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ("env", "request", "--product", "forms", "--purpose", "sandbox", "--why", "w"),
            "a member manager asks for changes of members only; an owner of the department asks for the rest",
        ),
        (("env", "extend", "portal-prod", "--days", "3", "--why", "w"), "a member manager asks for changes of members"),
    ],
)
def test_a_refusal_is_the_policys_own_words(words: tuple[str, ...], says: str, person: Callable[[str], Person]) -> None:
    done = person("mia").run(*words)
    assert done.returncode == 5
    assert f"EnvironmentRequest: {says}" in done.stderr
    assert "ValidatingAdmissionPolicy" not in done.stderr
    assert person("mia").run("env", "change", "portal-prod", "--member", "eve=viewer", "--why", "w").returncode == 0


def test_a_faulty_wish_is_refused_with_every_fault(person: Callable[[str], Person], tmp_path: Path) -> None:
    anna = person("anna")
    both = ("--product", "x", "--purpose", "test", "--size", "small", "--cpu", "1", "--memory", "1Gi")
    done = anna.run("env", "request", *both, "--storage", "1Gi", "--pods", "3", "--why", "w")
    assert (done.returncode, "ask for a size or for a quota, not for both" in done.stderr) == (5, True)
    file = tmp_path / "answers.yaml"
    file.write_text("produkt: forms\npurpose: fun\n")
    done = anna.run("env", "request", "-f", str(file))
    assert done.returncode == 3
    assert f"{file}:1:1: produkt: is no answer that is asked for; did you mean product?" in done.stderr


def test_a_service_from_order_to_deletion(
    acme: places.Place, operator: Cluster, person: Callable[[str], Person]
) -> None:
    anna = person("anna")
    assert "testdb" in anna.run("catalog", "ls").stdout
    order = ("service", "create", "db", "--offering", "testdb", "--plan", "small")
    assert anna.run(*order, "--dry-run").returncode == 0
    assert anna.run(*order).returncode == 0
    [instance] = operator.list(labels.API_VERSION, "ServiceInstance", namespace=acme.work)
    play(operator, instance, {"conditions": [tenants.condition("Ready", reason="Answers")], "monthlyCents": 900})
    assert anna.run("service", "show", "db").returncode == 0
    assert person("dora").data("service", "ls")[0]["metadata"]["name"] == "db"

    issued = threading.Thread(target=issue, args=(operator, acme.work))
    issued.start()
    done = anna.run("service", "credentials", "db", "--ttl", "4h", "--reason", "repair of case 17")
    issued.join()
    assert done.returncode == 0, done.stderr
    assert "PASSWORD='it'\"'\"'s secret'" in done.stdout
    [binding] = operator.list(labels.API_VERSION, "ServiceBinding", namespace=acme.work)
    assert (binding["spec"]["requestedBy"], binding["spec"]["ttlSeconds"]) == ("anna", 14400)
    name = binding["metadata"]["name"]
    assert anna.run("service", "revoke", name).returncode == 0
    revoked = operator.get(Ref(labels.API_VERSION, "ServiceBinding", name, acme.work))
    assert revoked is not None
    assert revoked["spec"]["revoked"] is True

    assert anna.run("service", "delete", "db", "--confirm", "db").returncode == 0
    assert operator.list(labels.API_VERSION, "ServiceInstance", namespace=acme.work) == []


def issue(operator: Cluster, namespace: str) -> None:
    """What the operator does about a binding: a Secret, then the word that it is there."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for found in operator.list(labels.API_VERSION, "ServiceBinding", namespace=namespace):
            name = found["metadata"]["name"]
            data = {"username": "anna", "password": "it's secret"}
            secret = {
                "apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": namespace},
                "data": {key: base64.b64encode(value.encode()).decode() for key, value in data.items()},
            }  # fmt: skip
            operator.apply(secret, field_manager=labels.OPERATOR_FIELD_MANAGER)
            play(operator, found, {"binding": {"name": name}, "conditions": [tenants.condition("Ready")]})
            return
        time.sleep(0.1)


def test_names_are_completed_from_the_cluster(acme: places.Place, person: Callable[[str], Person]) -> None:
    anna = person("anna")

    def offered(line: str) -> set[str]:
        words = {"_GOVCLOUD_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
        done = anna.run(**words)
        assert done.stderr == ""
        return {item.partition(",")[2] for item in done.stdout.split()}

    assert "portal-prod" in offered("govcloud env status ")
    assert {"testdb"} <= offered("govcloud catalog show te")
    assert {"standard", "basic"} <= offered("govcloud env change portal-prod --tier ")
    assert offered("govcloud dept show ") == set()  # departments are not hers to see


def test_issued_credentials_are_in_one_group_and_end(
    server: apiserver.ApiServer, person: Callable[[str], Person]
) -> None:
    person("anna")
    found = yaml.safe_load((server.folder / "anna.issued").read_text())
    assert found["contexts"][0]["context"]["namespace"] == "dept-acme"
    admin = Person(server.kubeconfig("admin", "system:masters"))
    for words in (("acme", "--group", "system:masters"), ("platform", "--role", "king"), ("acme", "--role", "steward")):
        assert admin.run("dept", "kubeconfig", words[0], "--user", "eve", *words[1:]).returncode == 5
