"""The operator as a process: a sandbox request becomes an isolated namespace, then access, then is given back."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from govcloud_api import labels
from govcloud_kube import Cluster, Object, Ref
from support import tenancy


def request_ref(home: str, name: str) -> Ref:
    return Ref(labels.API_VERSION, "EnvironmentRequest", name, home)


def environment_ref(home: str, name: str) -> Ref:
    return Ref(labels.API_VERSION, "Environment", name, home)


def give_back(home: str, name: str, environment: str) -> Object:
    """A request that ends an environment."""
    spec = {"type": "Delete", "environmentRef": environment, "justification": {"why": "a test"}}
    metadata = {"name": name, "namespace": home}
    return {"apiVersion": labels.API_VERSION, "kind": "EnvironmentRequest", "metadata": metadata, "spec": spec}


def bindings(admin: Cluster, namespace: str) -> list[str]:
    return [
        o["metadata"]["name"] for o in admin.list("rbac.authorization.k8s.io/v1", "RoleBinding", namespace=namespace)
    ]


def test_a_sandbox_request_becomes_an_isolated_environment(
    tax: str, admin: Cluster, owner_of: Callable[[str], Cluster]
) -> None:
    owner = owner_of("tax")
    started = time.monotonic()
    owner.create(tenancy.request(tax, "first", product="portal"))
    environment = environment_ref(tax, "portal-sandbox")
    namespace = "tax-portal-sandbox"

    probe = Ref("v1", "Pod", "govcloud-probe", namespace)
    tenancy.eventually(lambda: admin.get(probe), "the probe starts")
    assert time.monotonic() - started < 15
    tenancy.eventually(lambda: tenancy.condition(admin.get(environment), "NetworkIsolated")[0] == "Unknown", "it waits")
    assert tenancy.condition(admin.get(environment), "AccessReady")[0] == "False"
    assert bindings(admin, namespace) == []
    policies = admin.list("networking.k8s.io/v1", "NetworkPolicy", namespace=namespace)
    assert {p["metadata"]["name"] for p in policies} == {
        "govcloud-default-deny",
        "govcloud-allow-dns",
        "govcloud-allow-same-namespace",
    }
    quota = admin.get(Ref("v1", "ResourceQuota", "govcloud-quota", namespace))
    assert quota is not None
    assert quota["status"]["hard"]["requests.cpu"] == "1"

    tenancy.play_kubelet(admin, namespace)
    tenancy.eventually(lambda: tenancy.is_ready(admin.get(environment)), "the environment is Ready")
    assert bindings(admin, namespace) == ["govcloud:environment-owner", "govcloud:tenant-services"]
    # What it proved is written first, so that a crash between loses nothing; the pod goes right after.
    tenancy.eventually(lambda: admin.get(probe) is None, "the probe is gone", seconds=10)
    request = tenancy.eventually(lambda: _ready_request(owner, tax, "first"), "the request says so")
    assert request["status"]["phase"] == "Ready"
    assert request["spec"]["requestedBy"] == "tax-owner"
    assert owner.list("v1", "Pod", namespace=namespace) == []


def test_an_open_network_keeps_people_out(tax: str, admin: Cluster, owner_of: Callable[[str], Cluster]) -> None:
    owner_of("tax").create(tenancy.request(tax, "leaky", product="leaky"))
    tenancy.play_kubelet(admin, "tax-leaky-sandbox", results_ok=False)
    environment = environment_ref(tax, "leaky-sandbox")
    tenancy.eventually(
        lambda: tenancy.condition(admin.get(environment), "NetworkIsolated") == ("False", "ProbeFailed"),
        "the leak is reported",
    )
    assert bindings(admin, "tax-leaky-sandbox") == []
    assert tenancy.condition(admin.get(environment), "Ready")[0] == "False"


def test_what_somebody_changes_is_repaired(tax: str, admin: Cluster, owner_of: Callable[[str], Cluster]) -> None:
    owner_of("tax").create(tenancy.request(tax, "drift", product="drift"))
    namespace = "tax-drift-sandbox"
    tenancy.play_kubelet(admin, namespace)
    tenancy.eventually(lambda: tenancy.is_ready(admin.get(environment_ref(tax, "drift-sandbox"))), "Ready")
    tenancy.eventually(lambda: admin.get(Ref("v1", "Pod", "govcloud-probe", namespace)) is None, "the probe is gone")
    deny = Ref("networking.k8s.io/v1", "NetworkPolicy", "govcloud-default-deny", namespace)
    before = admin.get(deny)
    assert before is not None
    admin.delete(deny)
    again = tenancy.eventually(lambda: admin.get(deny), "the policy is back")
    assert again["spec"] == before["spec"]
    told = tenancy.eventually(lambda: repairs(admin, tax), "the repair is told")
    assert told == ["NetworkPolicy govcloud-default-deny was removed by somebody; it was made again"]
    tenancy.play_kubelet(admin, namespace)  # the policies are other objects now, so isolation is proven anew
    tenancy.eventually(lambda: tenancy.is_ready(admin.get(environment_ref(tax, "drift-sandbox"))), "Ready again")


def repairs(admin: Cluster, home: str) -> list[str]:
    return [event["message"] for event in admin.list("v1", "Event", namespace=home, field_selector="reason=Repaired")]


def test_what_needs_a_person_waits(tax: str, admin: Cluster, owner_of: Callable[[str], Cluster]) -> None:
    owner_of("tax").create(tenancy.request(tax, "production", product="portal", purpose="production"))
    found = tenancy.eventually(lambda: _checked(admin, tax, "production"), "the rules are checked")
    assert found["status"]["phase"] == "PolicyChecked"
    assert found["status"]["waitingOn"].startswith("an approver of tax")
    assert admin.get(environment_ref(tax, "portal-prod")) is None


def test_over_quota_waits_and_passes_when_there_is_room(
    new_department: Callable[..., str], admin: Cluster, owner_of: Callable[[str], Cluster]
) -> None:
    home = new_department("tiny", cpu="1")
    owner = owner_of("tiny")
    owner.create(tenancy.request(home, "one", product="one"))
    tenancy.play_kubelet(admin, "tiny-one-sandbox")
    tenancy.eventually(lambda: tenancy.is_ready(admin.get(environment_ref(home, "one-sandbox"))), "first is Ready")
    owner.create(tenancy.request(home, "two", product="two"))
    found = tenancy.eventually(lambda: _checked(admin, home, "two"), "the second is checked")
    failing = [r for r in found["status"]["policyResults"] if not r["pass"]]
    assert [r["rule"] for r in failing] == ["quota"]
    assert "at most 0 passes" in failing[0]["message"]
    department = admin.get(Ref(labels.API_VERSION, "Department", "tiny"))
    assert department is not None
    assert department["status"]["quota"]["allocated"]["cpu"] == "1"
    owner.delete(request_ref(home, "one"))  # history: nothing happens to the environment
    owner.create(give_back(home, "one-back", "one-sandbox"))
    tenancy.eventually(
        lambda: admin.get(Ref("v1", "Namespace", "tiny-one-sandbox")) is None, "the first is gone", seconds=60
    )
    tenancy.eventually(lambda: admin.get(Ref("v1", "Namespace", "tiny-two-sandbox")), "the second comes")


def test_a_foreign_namespace_is_never_taken(tax: str, admin: Cluster, owner_of: Callable[[str], Cluster]) -> None:
    admin.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "tax-taken-sandbox"}})
    owner_of("tax").create(tenancy.request(tax, "taken", product="taken"))
    environment = environment_ref(tax, "taken-sandbox")
    tenancy.eventually(
        lambda: tenancy.condition(admin.get(environment), "NamespaceReady") == ("False", "NamespaceTaken"), "refused"
    )
    found = admin.get(Ref("v1", "Namespace", "tax-taken-sandbox"))
    assert found is not None
    assert "labels" in found["metadata"]
    assert labels.DEPARTMENT not in found["metadata"]["labels"]
    owner_of("tax").create(give_back(tax, "taken-back", "taken-sandbox"))
    tenancy.eventually(lambda: admin.get(environment) is None, "the environment goes")
    assert admin.get(Ref("v1", "Namespace", "tax-taken-sandbox")) is not None


def test_a_quiet_cluster_sees_no_writes(tax: str, admin: Cluster, operator: Path) -> None:
    def versions() -> dict[str, str]:
        kinds = ("Department", "EnvironmentRequest", "Environment")
        found = [o for kind in kinds for o in admin.list(labels.API_VERSION, kind)]
        return {o["metadata"]["uid"]: o["metadata"]["resourceVersion"] for o in found}

    def is_quiet() -> bool:
        before = versions()
        time.sleep(5)  # two resyncs of the operator under test
        return versions() == before

    tenancy.eventually(is_quiet, "nothing changes any more", seconds=40)
    assert "Traceback" not in operator.read_text()


def _checked(cluster: Cluster, home: str, name: str) -> Object | None:
    found = cluster.get(request_ref(home, name))
    return found if tenancy.condition(found, "PolicyChecked")[0] == "True" else None


def _ready_request(cluster: Cluster, home: str, name: str) -> Object | None:
    found = cluster.get(request_ref(home, name))
    return found if tenancy.is_ready(found) else None
