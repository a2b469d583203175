"""Short-lived credentials for members of departments and of the platform, through the cluster's certificate API.

The private key is made here and goes into the kubeconfig only. The API server records who approved what.
Format: certificates.k8s.io/v1 CertificateSigningRequest with signer kubernetes.io/kube-apiserver-client.
"""

import base64
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from govcloud_api import labels
from govcloud_api.errors import InvalidSpec, NotFound, NotReady
from govcloud_kube.cluster import Cluster, Object, Ref

_API = "certificates.k8s.io/v1"
_WAIT_SECONDS = 15.0
# The length is X.509's for a common name; without a colon nobody is `system:` anything.
_USER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")


PLATFORM = "platform"
"""In place of a department's code: the team that runs the cloud. No department can be called so."""
PLATFORM_ROLES = ("owner", "approver", "finance", "auditor", "steward", "operator")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Who gets in: user name, role or group in the department (or `platform`), and for how long (at least 600 s)."""

    user: str
    department: str
    role: str = "owner"
    group: str | None = None
    valid_seconds: int = 8 * 3600


def issue(cluster: Cluster, member: Member, admin_kubeconfig: Path) -> str:
    """A kubeconfig (YAML) that lets `member` in, in one group, with the department's home as its namespace.

    Raises NotFound for an unknown department, InvalidSpec for a role or group that the department does not have and
    for a user name that could be taken for one of the cluster's own.
    """
    if not _USER.fullmatch(member.user):
        raise InvalidSpec(f"{member.user!r} is no name of a member; use up to 64 letters, digits and . _ @ + -")
    group = _group(cluster, member)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = [
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, group),
        x509.NameAttribute(NameOID.COMMON_NAME, member.user),
    ]
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(subject)).sign(key, hashes.SHA256())
    certificate = _sign(cluster, request.public_bytes(serialization.Encoding.PEM), member)
    form = serialization.PrivateFormat.PKCS8
    private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    return kubeconfig(
        yaml.safe_load(admin_kubeconfig.read_text()), member, certificate, base64.b64encode(private).decode()
    )


def kubeconfig(admin: dict[str, Any], member: Member, certificate: str, key: str) -> str:
    """Cluster address and authority as the administrator's, credentials the member's (base64). Pure."""
    name = f"{member.user}@{member.department}"
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "govcloud", "cluster": admin["clusters"][0]["cluster"]}],
        "users": [{"name": name, "user": {"client-certificate-data": certificate, "client-key-data": key}}],
        "contexts": [
            {"name": name, "context": {"cluster": "govcloud", "user": name, "namespace": _namespace(member.department)}}
        ],
        "current-context": name,
    }
    return yaml.safe_dump(document, sort_keys=False)


def _namespace(department: str) -> str:
    return labels.APPROVALS_NAMESPACE if department == PLATFORM else labels.home_namespace(department)


def _group(cluster: Cluster, member: Member) -> str:
    """The group that the certificate names; only one that gives a role to people."""
    if member.department == PLATFORM:
        return _platform_group(member)
    department = cluster.get(Ref(labels.API_VERSION, "Department", member.department))
    if department is None:
        raise NotFound(f"there is no department {member.department}; `govcloud dept ls` lists them")
    groups = [item for item in department["spec"].get("subjects") or [] if item["kind"] == "Group"]
    if member.group is not None:
        found = [item["name"] for item in groups if item["name"] == member.group]
        has = ", ".join(sorted({item["name"] for item in groups})) or "none"
        what = f"group {member.group}"
    else:
        found = [item["name"] for item in groups if item["role"] == member.role]
        has = ", ".join(sorted({item["role"] for item in groups})) or "none"
        what = f"group with role {member.role}"
    if not found:
        raise InvalidSpec(f"department {member.department} has no {what}; it has: {has}")
    return str(found[0])


def _platform_group(member: Member) -> str:
    group = member.group or f"{PLATFORM}:{member.role}"
    known = [f"{PLATFORM}:{role}" for role in PLATFORM_ROLES]
    if group not in known:
        raise InvalidSpec(f"the platform has no group {group}; it has: {', '.join(known)}")
    return group


def _sign(cluster: Cluster, request: bytes, member: Member) -> str:
    made = cluster.create(_signing_request(request, member))
    reference = Ref(_API, "CertificateSigningRequest", made["metadata"]["name"])
    try:
        _approve(cluster, made)
        deadline = time.monotonic() + _WAIT_SECONDS
        while time.monotonic() < deadline:
            found = cluster.get(reference) or {}
            certificate = (found.get("status") or {}).get("certificate")
            if certificate:
                return str(certificate)
            time.sleep(0.2)
        raise NotReady(f"the cluster did not sign the certificate of {member.user}; is kube-controller-manager up?")
    finally:
        cluster.delete(reference)


def _signing_request(request: bytes, member: Member) -> Object:
    return {
        "apiVersion": _API,
        "kind": "CertificateSigningRequest",
        "metadata": {"name": f"govcloud-{member.department}-{int(time.time() * 1000)}"},
        "spec": {
            "request": base64.b64encode(request).decode(),
            "signerName": "kubernetes.io/kube-apiserver-client",
            "expirationSeconds": member.valid_seconds,
            "usages": ["client auth"],
        },
    }


def _approve(cluster: Cluster, made: Object) -> None:
    approval = {
        "type": "Approved",
        "status": "True",
        "reason": "GovcloudCLI",
        "message": "issued by govcloud dept kubeconfig",
    }
    path = f"/apis/{_API}/certificatesigningrequests/{made['metadata']['name']}/approval"
    cluster.raw("PUT", path, {**made, "status": {"conditions": [approval]}})
