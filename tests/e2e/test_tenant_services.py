"""From a wish to a database: two people grant it, its password works from one place, and its end comes on time."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from govcloud_api import requests
from support import probe, tenancy
from support.lab import Lab, eventually

pytestmark = pytest.mark.e2e
NAME, NAMESPACE, HOME = "ledger-prod", "tax-ledger-prod", "dept-tax"
OPERATOR = "--as=system:serviceaccount:govcloud-system:operator"


@pytest.fixture(scope="module")
def people(lab: Lab) -> dict[str, Path]:
    """Credentials by role: of the owner who asks, and of the two who decide."""
    names = {"owner": "olga", "approver": "bob", "finance": "carol"}
    return {role: lab.member("tax", user, role) for role, user in names.items()}


@pytest.fixture(scope="module")
def request_name(lab: Lab, people: dict[str, Path]) -> str:
    """A request for production that waits."""
    wish = ["--product", "ledger", "--purpose", "production", "--why", "the ledger goes live in spring"]
    made = json.loads(tenant(lab, people["owner"], "env", "request", *wish, "--wait", "-o", "json", code=6))
    assert made["status"]["phase"] == "PolicyChecked"
    return str(made["metadata"]["name"])


@pytest.fixture(scope="module")
def half(lab: Lab, people: dict[str, Path], request_name: str) -> str:
    """The request, after one of two people agreed."""
    tenant(lab, people["approver"], "approvals", "approve", f"tax/{request_name}", "--yes")
    return request_name


@pytest.fixture(scope="module")
def granted(lab: Lab, people: dict[str, Path], half: str) -> str:
    """The environment's namespace, after two different people agreed."""
    tenant(lab, people["finance"], "approvals", "approve", f"tax/{half}", "--yes")
    eventually(lambda: condition(lab, "environment", NAME, HOME, "Ready") == "True", 60, "the environment is ready")
    return NAMESPACE


@pytest.fixture(scope="module")
def database(lab: Lab, people: dict[str, Path], granted: str) -> str:
    """Name of the Secret that a program gets."""
    wish = ["db", "-e", NAME, "--offering", "postgresql", "--plan", "small", "--wait"]
    tenant(lab, people["owner"], "service", "create", *wish)
    tenant(lab, people["owner"], "service", "bind", "app", "--instance", "db", "-e", NAME, "--role", "admin")
    eventually(lambda: condition(lab, "servicebinding", "app", granted, "Ready") == "True", 30, "credentials")
    return "app"


def tenant(lab: Lab, kubeconfig: Path, *words: str, code: int = 0) -> str:
    return lab.govcloud(*words, "--kubeconfig", str(kubeconfig), code=code)


def condition(lab: Lab, kind: str, name: str, namespace: str, type_: str) -> str:
    return tenancy.condition(lab.get(f"{kind}.govcloud.internal", name, "-n", namespace), type_)[0]


def psql(name: str, secret: str, statement: str) -> dict[str, Any]:
    """A pod that asks the database once, with nothing but what the Secret holds."""
    made = probe.pod(name, [])
    container = made["spec"]["containers"][0]
    container["image"] = "registry.govcloud.internal/postgresql:15.20"
    connection = "host=$HOST port=$PORT dbname=$DATABASE user=$USERNAME password=$PASSWORD"
    script = f'exec psql "{connection} sslmode=verify-full sslrootcert=/binding/ca.crt connect_timeout=5" -Atc "$ASK"'
    container["command"] = ["/bin/sh", "-c", script]
    container.pop("args", None)
    keys = ("host", "port", "database", "username", "password")
    container["env"] = [
        *[{"name": key.upper(), "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}} for key in keys],
        {"name": "ASK", "value": statement},
        {"name": "HOME", "value": "/tmp"},
    ]
    container["volumeMounts"] = [{"name": "binding", "mountPath": "/binding", "readOnly": True}]
    made["spec"]["volumes"] = [{"name": "binding", "secret": {"secretName": secret}}]
    made["spec"]["restartPolicy"] = "Never"
    return made


def test_nobody_decides_about_the_own_wish_or_for_another_department(
    lab: Lab, people: dict[str, Path], request_name: str, health: Path
) -> None:
    own = lab.member("tax", "olga", "approver")
    tenant(lab, own, "approvals", "approve", f"tax/{request_name}", "--yes", code=5)
    words = ["approvals", "approve", f"tax/{request_name}", "--yes", "--kubeconfig", str(health)]
    assert "forbidden" in lab.govcloud_refused(*words, code=9)
    assert lab.try_kubectl("get", "namespace", NAMESPACE).returncode != 0


def test_an_altered_wish_needs_a_new_word(lab: Lab, people: dict[str, Path]) -> None:
    """What the approver saw is gone; another wish, for more, stands under its name when the word arrives."""
    owner, approver = people["owner"], people["approver"]
    wish = ["--product", "archive", "--purpose", "production", "--why", "the archive goes live in spring"]
    name = json.loads(tenant(lab, owner, "env", "request", *wish, "-o", "json"))["metadata"]["name"]
    seen = eventually(lambda: asked_for(lab, approver, name, "PolicyChecked"), 10, "it waits for people")
    larger = json.dumps({"spec": {"size": "large"}})
    there = ["environmentrequest.govcloud.internal", name, "-n", HOME]
    assert lab.try_kubectl("patch", *there, "--type=merge", "-p", larger, kubeconfig=owner).returncode != 0
    lab.kubectl("delete", *there, kubeconfig=owner)
    spec = {key: value for key, value in seen["spec"].items() if key != "requestedBy"} | {"size": "large"}
    altered = {key: seen[key] for key in ("apiVersion", "kind")} | {"metadata": {"name": name, "namespace": HOME}}
    lab.kubectl("create", "-f", "-", kubeconfig=owner, given=json.dumps(altered | {"spec": spec}))
    eventually(lambda: asked_for(lab, approver, name, "PolicyChecked"), 10, "the other waits, too")
    late = requests.build_approval(seen, requests.Word(verdict="Approve", role="approver", namespace=HOME))
    word = lab.kubectl("create", "-o", "name", "-f", "-", kubeconfig=approver, given=json.dumps(late)).strip()

    def judged() -> tuple[str, str]:
        return tenancy.condition(lab.get(word, "-n", HOME), "Valid")

    eventually(lambda: judged() == ("False", "StaleHash"), 10, "the word is told to be about another wish")
    assert asked_for(lab, approver, name, "PolicyChecked")["status"].get("decisions", []) == []
    lab.kubectl("delete", *there, kubeconfig=owner)
    assert lab.try_kubectl("get", "namespace", "tax-archive-prod").returncode != 0


def asked_for(lab: Lab, kubeconfig: Path, name: str, phase: str) -> dict[str, Any]:
    """A request as a person sees it, empty while it is in another phase."""
    found = lab.get("environmentrequest.govcloud.internal", name, "-n", HOME, kubeconfig=kubeconfig)
    return found if found.get("status", {}).get("phase") == phase else {}


def test_one_word_of_two_is_not_enough(lab: Lab, half: str) -> None:
    def missing() -> dict[str, int]:
        status = lab.get("environmentrequest", half, "-n", HOME)["status"]
        return {item["role"]: item["missing"] for item in status["requiredApprovals"]}

    eventually(lambda: missing() == {"approver": 0, "finance": 1}, 10, "the word is counted")
    assert lab.try_kubectl("get", "namespace", NAMESPACE).returncode != 0


def test_two_people_later_it_is_there(lab: Lab, granted: str) -> None:
    assert lab.get("namespace", granted)["metadata"]["labels"]["govcloud.internal/purpose"] == "production"


def test_the_password_works_from_the_environment_and_from_nowhere_else(
    lab: Lab, people: dict[str, Path], database: str, health: Path
) -> None:
    owner = people["owner"]
    phase, said = probe.run(
        lab, NAMESPACE, psql("ask-1", database, "create table t as select 42 as n; table t"), kubeconfig=owner
    )
    assert (phase, said.splitlines()[-1]) == ("Succeeded", "42")
    address = lab.get("service", "svc-db", "-n", NAMESPACE)["spec"]["clusterIP"]
    wish = ["--product", "spy", "--purpose", "sandbox", "--why", "try it", "--wait"]
    tenant(lab, health, "env", "request", *wish)
    target = f"--deny tcp:{address}:5432"
    assert probe.check(lab, "health-spy-sandbox", health, target) == {target: True}


def test_people_cannot_enter_the_server(lab: Lab, people: dict[str, Path], database: str) -> None:
    done = lab.try_kubectl("-n", NAMESPACE, "exec", "svc-db-0", "--", "true", kubeconfig=people["owner"])
    assert done.returncode != 0
    gone = lab.try_kubectl("-n", NAMESPACE, "delete", "statefulset", "svc-db", kubeconfig=people["owner"])
    assert gone.returncode != 0


def test_a_revoked_password_ends(lab: Lab, people: dict[str, Path], database: str) -> None:
    owner = people["owner"]
    tenant(lab, owner, "service", "bind", "late", "--instance", "db", "-e", NAME)
    eventually(lambda: condition(lab, "servicebinding", "late", NAMESPACE, "Ready") == "True", 30, "credentials")
    secret = lab.get("secret", "late", "-n", NAMESPACE, kubeconfig=owner)
    secret["metadata"] = {"name": "kept"}
    secret.pop("type")
    lab.kubectl("-n", NAMESPACE, "apply", "-f", "-", kubeconfig=owner, given=json.dumps(secret))
    assert probe.run(lab, NAMESPACE, psql("ask-2", "kept", "select 1"), kubeconfig=owner)[0] == "Succeeded"
    tenant(lab, owner, "service", "revoke", "late", "-e", NAME)
    time.sleep(5)
    assert probe.run(lab, NAMESPACE, psql("ask-3", "kept", "select 1"), kubeconfig=owner)[0] == "Failed"


def test_everything_is_visible_at_once(lab: Lab, database: str) -> None:
    shown = lab.kubectl("get", "govcloud", "-A", "-o", "name")
    for kind in ("department", "servicetier", "approvalpolic", "environmentrequest", "approval", "environment",
                 "serviceoffering", "serviceinstance", "servicebinding", "workcalendar"):  # fmt: skip
        assert f"{kind}" in shown, kind


@pytest.fixture
def sandbox(lab: Lab, tax: Path) -> str:
    """A sandbox with a program in it."""
    tenant(lab, tax, "env", "request", "--product", "brief", "--purpose", "sandbox", "--why", "try it", "--wait")
    probe.serve(lab, "tax-brief-sandbox", tax)
    return "tax-brief-sandbox"


def test_expiry_suspends_and_then_removes(lab: Lab, sandbox: str) -> None:
    """Two weeks lie between the two; the operator's own name moves its clock."""

    def moved(days: int) -> str:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + days * 86400 - 60))

    def write(body: dict[str, Any], *more: str) -> None:
        identity = {"apiVersion": "govcloud.internal/v1alpha1", "kind": "Environment"}
        item = identity | {"metadata": {"name": "brief-sandbox", "namespace": HOME}} | body
        words = ["apply", "--server-side", "--force-conflicts", "--field-manager=clock", OPERATOR, "-f", "-"]
        lab.kubectl(*words, *more, given=json.dumps(item))

    write({"spec": {"expiresAt": moved(0)}})
    eventually(lambda: condition(lab, "environment", "brief-sandbox", HOME, "Suspended") == "True", 30, "suspended")
    eventually(lambda: not lab.get("pods", "-n", sandbox)["items"], 60, "nothing runs")
    assert lab.get("services", "-n", sandbox)["items"], "what is kept"
    write({"spec": {"expiresAt": moved(-20)}})
    over = {"status": {"deleteAfter": moved(0)}}
    eventually(lambda: removed(lab, sandbox, lambda: write(over, "--subresource=status")), 90, "removed")


def removed(lab: Lab, namespace: str, write: Callable[[], None]) -> bool:
    """Is it gone? Until it ends, its day is written again: the operator may write what it had read before."""
    found = lab.try_kubectl("get", "namespace", namespace, "-o", "jsonpath={.status.phase}")
    if found.stdout == "Active":
        write()
    return found.returncode != 0
