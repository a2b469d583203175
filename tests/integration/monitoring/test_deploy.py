"""The API server accepts every manifest as it stands, strictly, and the rights are as narrow as they look."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from govcloud_api import errors
from govcloud_kube.real import RealCluster
from support.apiserver import ApiServer

FOLDER = Path(__file__).parents[3] / "monitoring" / "deploy"
PLACEHOLDERS = {"@VERSION@": "0.1.0", "@NODE_CIDR@": "10.77.0.0/24"}
EXPORTER = ("system:serviceaccount:govcloud-monitoring:exporter", "system:serviceaccounts")


def objects() -> list[dict[str, Any]]:
    text = "\n---\n".join(file.read_text() for file in sorted(FOLDER.glob("*.yaml")))
    for placeholder, value in PLACEHOLDERS.items():
        text = text.replace(placeholder, value)
    return list(yaml.safe_load_all(text))


@pytest.fixture(scope="module")
def deployed(apiserver: ApiServer) -> RealCluster:
    admin = apiserver.admin()
    system = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "govcloud-system"}}
    for each in (system, priority(), cilium_crd()):
        admin.apply(each, field_manager="govcloud-platform")
    wait_until_served(admin, "/apis/cilium.io/v2/ciliumnetworkpolicies")
    for each in objects():
        admin.apply(each, field_manager="govcloud-platform")
    return admin


def priority() -> dict[str, Any]:
    """The class of the platform's own pods, which comes with the operators."""
    return dict(yaml.safe_load((FOLDER.parents[1] / "operators" / "deploy" / "05-priority.yaml").read_text()))


def cilium_crd() -> dict[str, Any]:
    """What Cilium's operator installs, by name only: this API server has no network to enforce."""
    kind = "CiliumNetworkPolicy"
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v2", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "ciliumnetworkpolicies.cilium.io"},
        "spec": {
            "group": "cilium.io",
            "names": {"kind": kind, "plural": "ciliumnetworkpolicies", "singular": "ciliumnetworkpolicy"},
            "scope": "Namespaced",
            "versions": [version],
        },
    }


def wait_until_served(admin: RealCluster, path: str) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            admin.raw("GET", path)
        except errors.GovcloudError:
            assert time.monotonic() < deadline
            time.sleep(0.1)  # the API server publishes a new kind in its own time
        else:
            return


def test_a_second_apply_changes_nothing(deployed: RealCluster):
    first = [deployed.apply(each, field_manager="govcloud-platform") for each in objects()]
    second = [deployed.apply(each, field_manager="govcloud-platform") for each in objects()]
    versions = [[each["metadata"]["resourceVersion"] for each in round_] for round_ in (first, second)]
    assert versions[0] == versions[1]


def pod_of(workload: dict[str, Any]) -> dict[str, Any]:
    template = workload["spec"]["template"]
    metadata = {"name": "check", "namespace": workload["metadata"]["namespace"]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
def test_pod_security_admits_the_pods(deployed: RealCluster, kind: str):
    for workload in objects():
        if workload["kind"] == kind:
            pod = pod_of(workload)
            claims = workload["spec"].get("volumeClaimTemplates", ())
            claimed = [{"name": claim["metadata"]["name"], "emptyDir": {}} for claim in claims]
            pod["spec"]["volumes"] = [*pod["spec"].get("volumes", []), *claimed]
            assert deployed.create(pod, dry_run=True)["metadata"]["name"] == "check"


def allowed(apiserver: ApiServer, verb: str, resource: str, subresource: str = "", group: str = "") -> bool:
    name, _, own_group = resource.partition(".")
    attributes = {"verb": verb, "resource": name, "subresource": subresource, "group": group or own_group}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    user, *groups = EXPORTER
    answer = apiserver.connect(user, *groups).raw(
        "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review
    )
    return bool(json.loads(answer)["status"]["allowed"])


@pytest.mark.parametrize(
    ("verb", "resource", "subresource", "expected"),
    [
        ("list", "pods", "", True),
        ("list", "nodes", "", True),
        ("list", "persistentvolumeclaims", "", True),
        ("watch", "pods", "", True),
        ("watch", "nodes", "", True),
        ("watch", "namespaces", "", True),
        ("watch", "resourcequotas", "", True),
        ("watch", "persistentvolumeclaims", "", True),
        ("list", "serviceinstances.govcloud.internal", "", True),
        ("watch", "serviceinstances.govcloud.internal", "", True),
        ("watch", "serviceofferings.govcloud.internal", "", True),
        ("get", "serviceinstances.govcloud.internal", "", False),
        ("patch", "serviceinstances.govcloud.internal", "status", False),
        ("list", "servicebindings.govcloud.internal", "", False),
        ("watch", "secrets", "", False),
        ("get", "pods", "", False),
        ("get", "pods", "log", False),
        ("create", "pods", "exec", False),
        ("get", "nodes", "proxy", False),
        ("list", "secrets", "", False),
        ("list", "configmaps", "", False),
        ("patch", "namespaces", "", False),
    ],
)
@pytest.mark.usefixtures("deployed")
def test_rights_of_the_exporter(apiserver: ApiServer, verb: str, resource: str, subresource: str, expected: bool):
    assert allowed(apiserver, verb, resource, subresource) is expected
