"""Short-lived credentials: whose group, what is asked of the cluster, and what a member gets."""

import base64
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import NameOID

from govcloud_api.errors import Conflict, InvalidSpec, NotFound
from govcloud_infra.credentials import Member, issue, kubeconfig
from govcloud_kube.cluster import Object
from govcloud_kube.memory import MemoryCluster

ADMIN = {"clusters": [{"name": "lab", "cluster": {"server": "https://10.77.0.11:6443"}}], "users": ["secret"]}
TAX = {
    "apiVersion": "govcloud.internal/v1alpha1",
    "kind": "Department",
    "metadata": {"name": "tax"},
    "spec": {
        "subjects": [
            {"kind": "User", "name": "eve", "role": "owner"},
            {"kind": "Group", "name": "tax:owner", "role": "owner"},
            {"kind": "Group", "name": "tax:auditor", "role": "auditor"},
        ]
    },
}


class Signing(MemoryCluster):
    """A cluster that signs what was approved, and remembers requests."""

    def __init__(self, *objects: Object) -> None:
        super().__init__(objects)
        self.requests: list[Object] = []

    def raw(self, method: str, path: str, body: Object | None = None, content_type: str = "application/json") -> bytes:
        assert body is not None
        assert (method, path.rsplit("/", 1)[1]) == ("PUT", "approval")
        assert body["status"]["conditions"][0]["type"] == "Approved"
        self.requests.append(body)
        certificate = base64.b64encode(b"signed").decode()
        self.patch_status({**body, "status": {"certificate": certificate}}, field_manager="signer")
        return b"{}"


@pytest.fixture
def admin(tmp_path: Path) -> Path:
    """The administrator's kubeconfig."""
    file = tmp_path / "kubeconfig"
    file.write_text(yaml.safe_dump(ADMIN))
    return file


def member(**changes: Any) -> Member:
    return Member(**{"user": "anna", "department": "tax", "role": "owner", **changes})


def test_a_member_gets_a_key_of_her_own_in_the_departments_group(admin: Path) -> None:
    cluster = Signing(TAX)
    found = yaml.safe_load(issue(cluster, member(valid_seconds=3600), admin))
    [request] = cluster.requests
    signing = x509.load_pem_x509_csr(base64.b64decode(request["spec"]["request"]))
    assert subject(request) == {NameOID.COMMON_NAME: "anna", NameOID.ORGANIZATION_NAME: "tax:owner"}
    assert request["spec"]["expirationSeconds"] == 3600
    assert (request["spec"]["signerName"], request["spec"]["usages"]) == (
        "kubernetes.io/kube-apiserver-client", ["client auth"],
    )  # fmt: skip
    user = found["users"][0]["user"]
    key = load_pem_private_key(base64.b64decode(user["client-key-data"]), password=None)
    assert key.public_key() == signing.public_key()
    assert base64.b64decode(user["client-certificate-data"]) == b"signed"
    assert cluster.list("certificates.k8s.io/v1", "CertificateSigningRequest") == []


def subject(request: Object) -> dict[Any, str | bytes]:
    signing = x509.load_pem_x509_csr(base64.b64decode(request["spec"]["request"]))
    return {attribute.oid: attribute.value for attribute in signing.subject}


@pytest.mark.parametrize(
    ("changes", "group", "namespace"),
    [
        ({"group": "tax:auditor"}, "tax:auditor", "dept-tax"),
        ({"role": "auditor"}, "tax:auditor", "dept-tax"),
        ({"department": "platform", "role": "finance"}, "platform:finance", "govcloud-approvals"),
        ({"department": "platform", "group": "platform:approver"}, "platform:approver", "govcloud-approvals"),
    ],
)
def test_which_group_and_home_a_person_gets(changes: dict[str, str], group: str, namespace: str, admin: Path) -> None:
    cluster = Signing(TAX)
    found = yaml.safe_load(issue(cluster, member(**changes), admin))
    [request] = cluster.requests
    assert subject(request) == {NameOID.COMMON_NAME: "anna", NameOID.ORGANIZATION_NAME: group}
    assert found["contexts"][0]["context"]["namespace"] == namespace


def test_the_kubeconfig_opens_the_departments_home_and_holds_nothing_of_the_administrators() -> None:
    found = yaml.safe_load(kubeconfig(ADMIN, member(), "Y2VydA==", "a2V5"))
    assert found["current-context"] == "anna@tax"
    assert found["contexts"][0]["context"] == {"cluster": "govcloud", "user": "anna@tax", "namespace": "dept-tax"}
    assert found["clusters"][0]["cluster"] == ADMIN["clusters"][0]["cluster"]
    assert "secret" not in yaml.safe_dump(found)


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"department": "none"}, NotFound, "there is no department none"),
        ({"role": "finance"}, InvalidSpec, "no group with role finance; it has: auditor, owner"),
        ({"group": "health:owner"}, InvalidSpec, "no group health:owner; it has: tax:auditor, tax:owner"),
        ({"group": "system:masters"}, InvalidSpec, "no group system:masters"),
        ({"group": "eve"}, InvalidSpec, "no group eve"),  # a person is no group
        ({"department": "platform", "role": "king"}, InvalidSpec, "the platform has no group platform:king; it has: "),
        ({"department": "platform", "group": "tax:owner"}, InvalidSpec, "the platform has no group tax:owner"),
        ({"department": "platform", "group": "system:masters"}, InvalidSpec, "no group system:masters"),
        ({"user": ""}, InvalidSpec, "'' is no name of a member"),
        ({"user": "x" * 65}, InvalidSpec, "up to 64 letters"),
        ({"user": "system:serviceaccount:govcloud-system:operator"}, InvalidSpec, "is no name of a member"),
        ({"user": "anna\n"}, InvalidSpec, "is no name of a member"),
    ],
)
def test_what_is_refused_makes_no_request(
    changes: dict[str, str], error: type[Exception], says: str, admin: Path
) -> None:
    cluster = Signing(TAX)
    with pytest.raises(error, match=says):
        issue(cluster, member(**changes), admin)
    assert cluster.writes == []


class Refusing(Signing):
    """A cluster that approves nothing."""

    def raw(self, method: str, path: str, body: Object | None = None, content_type: str = "application/json") -> bytes:
        raise Conflict("no")


def test_a_request_that_failed_is_not_left_behind(admin: Path) -> None:
    cluster = Refusing(TAX)
    with pytest.raises(Conflict):
        issue(cluster, member(), admin)
    assert cluster.list("certificates.k8s.io/v1", "CertificateSigningRequest") == []
