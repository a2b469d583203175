"""Admission in an environment: what people may run there, and which names, hosts and images they may use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from govcloud_api import errors, labels
from govcloud_kube import Cluster, Object, Ref
from support import places, tenancy
from support.places import container, ingress, pod, workload
from support.schema_cases import changed, put

FOREIGN_IMAGE = "docker.io/library/nginx:1"


def service(namespace: str, **spec: object) -> Object:
    metadata = {"name": "web", "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [{"port": 80}]} | spec}


def secret(namespace: str, name: str = "mine", **metadata: Any) -> Object:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": namespace, **metadata}}


def refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(errors.InvalidSpec, match=message):
        call()


@pytest.mark.parametrize(
    "spec",
    [
        {"type": "NodePort"},
        {"type": "LoadBalancer"},
        {"type": "ExternalName", "externalName": "example.org"},
        {"externalIPs": ["192.0.2.1"]},
    ],
    ids=str,
)
def test_a_service_stays_inside(acme: places.Place, spec: Object) -> None:
    owner = acme.person("owner")
    refused(lambda: owner.create(service(acme.work, **spec), dry_run=True), "not allowed here")
    assert owner.create(service(acme.work), dry_run=True)


def test_the_platform_may_have_node_ports(admin: Cluster) -> None:
    assert admin.create(service("default", type="NodePort"), dry_run=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put("metadata.name", "govcloud-probe"), "belongs to the operator"),
        (put("metadata.annotations", {"state.govcloud.internal/probe-key": "k"}), "belong to the operator"),
        (put("spec.priorityClassName", "system-node-critical"), "leave priorityClassName out"),
        (put("spec.nodeName", "w1"), "passes the scheduler by"),
        (put("spec.tolerations", [{"operator": "Exists"}]), "leave such tolerations out"),
        (
            put("spec.tolerations", [{"key": "node-role.kubernetes.io/control-plane", "operator": "Exists"}]),
            "leave such tolerations out",
        ),
    ],
)
def test_a_pod_takes_nobody_elses_place(acme: places.Place, change: Callable[[Object], None], message: str) -> None:
    owner = acme.person("owner")
    tolerations = [{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute"}]
    assert owner.create(pod(acme.work, "mine", tolerations=tolerations), dry_run=True)
    refused(lambda: owner.create(changed(pod(acme.work, "mine"), change), dry_run=True), message)


@pytest.mark.parametrize("field", ["hostNetwork", "hostPID", "hostIPC"])
def test_a_privileged_pod_is_refused(acme: places.Place, field: str) -> None:
    with pytest.raises(errors.Forbidden, match="restricted"):
        acme.person("owner").create(pod(acme.work, "hostile", **{field: True}), dry_run=True)


FOREIGN_PODS = [
    {"containers": [container(FOREIGN_IMAGE)]},
    {"containers": [container(), container("nginx", "d")]},
    {"initContainers": [container(FOREIGN_IMAGE, "i")]},
    {"volumes": [{"name": "v", "image": {"reference": FOREIGN_IMAGE}}]},
    {"containers": [container("registry.govcloud.internal.evil.example/x:1")]},
    {"containers": [container("registry.govcloud.internal:5000/x:1")]},
    {"containers": [container("registry.govcloud.internal")]},
    {"containers": [container("evil.example/registry.govcloud.internal/x:1")]},
    {"containers": [container("REGISTRY.govcloud.internal/x:1")]},
]


@pytest.mark.parametrize("spec", FOREIGN_PODS, ids=str)
def test_images_come_from_the_sites_registry(acme: places.Place, spec: Object) -> None:
    owner = acme.person("owner")
    refused(lambda: owner.create(pod(acme.work, "mine", **spec), dry_run=True), r"is not from registry\.govcloud")


def test_a_template_with_a_foreign_image_may_be_written(acme: places.Place) -> None:
    """It is warned about; its pods are refused. Else nobody could scale down what an exemption once allowed."""
    obj = workload(acme.work, "Deployment", "mine")
    obj["spec"]["template"]["spec"]["containers"] = [container(FOREIGN_IMAGE)]
    assert acme.person("owner").create(obj, dry_run=True)


def test_a_debug_container_needs_the_registry_too(acme: places.Place) -> None:
    owner = acme.person("owner")
    owner.create(pod(acme.work, "debugged"))
    path = f"/api/v1/namespaces/{acme.work}/pods/debugged/ephemeralcontainers?dryRun=All"

    def debug(image: str) -> bytes:
        body = {"spec": {"ephemeralContainers": [container(image, "debug")]}}
        return owner.raw("PATCH", path, body, "application/strategic-merge-patch+json")

    refused(lambda: debug(FOREIGN_IMAGE), r"is not from registry\.govcloud")
    assert debug(places.IMAGE)


@pytest.fixture
def exempt(operator_name: Cluster, admin: Cluster, bolt: places.Place) -> Iterator[Callable[[str, str | None], None]]:
    """Factory: set (or with None remove) an exemption on the environment of bolt."""

    def label(rule: str, value: str | None) -> None:
        body = {"metadata": {"labels": {f"{labels.EXEMPT_PREFIX}{rule}": value}}}
        operator_name.raw("PATCH", f"/api/v1/namespaces/{bolt.work}", body, "application/merge-patch+json")

    yield label
    for rule in ("image-registry", "ingress-hosts"):
        label(rule, None)
    admin.delete(Ref("v1", "Pod", "exempt", bolt.work))


def test_an_exemption_opens_other_registries(bolt: places.Place, exempt: Callable[[str, str | None], None]) -> None:
    owner = bolt.person("owner")
    exempt("image-registry", "false")
    refused(lambda: owner.create(pod(bolt.work, "exempt", FOREIGN_IMAGE), dry_run=True), r"is not from registry")
    exempt("image-registry", "true")
    # The API server sees a namespace's new label a moment later.
    tenancy.eventually(lambda: owner.create(pod(bolt.work, "exempt", FOREIGN_IMAGE)), "the exemption counts")
    exempt("image-registry", None)
    tenancy.eventually(lambda: not _accepts(owner, pod(bolt.work, "other", FOREIGN_IMAGE)), "the exemption has ended")
    path = f"/api/v1/namespaces/{bolt.work}/pods/exempt?dryRun=All"
    assert owner.raw("PATCH", path, {"metadata": {"labels": {"a": "b"}}}, "application/merge-patch+json")
    swapped = {"spec": {"containers": [{"name": "c", "image": "other.example/x"}]}}
    patch_type = "application/strategic-merge-patch+json"
    refused(lambda: owner.raw("PATCH", path, swapped, patch_type), r"is not from registry")


OWN = "acme-portal-prod.apps.govcloud.internal"


@pytest.mark.parametrize("host", [OWN, f"www.{OWN}", f"a.b.{OWN}", "www.acme.example", "acme"])
def test_hosts_of_an_environment(acme: places.Place, host: str) -> None:
    owner = acme.person("owner")
    assert owner.create(ingress(acme.work, host, tls=[{"hosts": [host]}]), dry_run=True)


@pytest.mark.parametrize(
    ("hosts", "spec", "message"),
    [
        (("www.bolt.example",), {}, "www.bolt.example was not granted"),
        ((f"www.{OWN}", "www.bolt.example"), {}, "www.bolt.example was not granted"),
        (("bolt-portal-prod.apps.govcloud.internal",), {}, "not granted"),
        (("x-acme-portal-prod.apps.govcloud.internal",), {}, "not granted"),
        (("apps.govcloud.internal",), {}, "not granted"),
        ((f"{OWN}.evil.example",), {}, "not granted"),
        (("acme.example",), {}, "not granted"),
        (("www.acme.example.",), {}, r"one host|invalid|Invalid"),
        (("*.acme.example",), {}, "without a wildcard"),
        ((f"*.{OWN}",), {}, "without a wildcard"),
        (("",), {}, "every rule names one host"),
        ((OWN, ""), {}, "every rule names one host"),
        ((), {"defaultBackend": {"service": {"name": "web", "port": {"number": 80}}}}, "catch everybody's names"),
        ((OWN,), {"defaultBackend": {"service": {"name": "web", "port": {"number": 80}}}}, "catch everybody's names"),
        ((OWN,), {"tls": [{"hosts": ["www.bolt.example"]}]}, "hosts that no rule has"),
    ],
    ids=str,
)
def test_hosts_of_others(acme: places.Place, hosts: tuple[str, ...], spec: Object, message: str) -> None:
    refused(lambda: acme.person("owner").create(ingress(acme.work, *hosts, **spec), dry_run=True), message)


def test_a_host_is_not_taken_by_an_update(acme: places.Place, admin: Cluster) -> None:
    owner = acme.person("owner")
    owner.create(ingress(acme.work, OWN))
    path = f"/apis/networking.k8s.io/v1/namespaces/{acme.work}/ingresses/web?dryRun=All"
    body = {"spec": ingress(acme.work, "www.bolt.example")["spec"]}
    refused(lambda: owner.raw("PATCH", path, body, "application/merge-patch+json"), "not granted")
    assert owner.raw("PATCH", path, {"metadata": {"labels": {"a": "b"}}}, "application/merge-patch+json")
    admin.delete(Ref("networking.k8s.io/v1", "Ingress", "web", acme.work))


def test_an_exemption_opens_other_hosts_but_never_all(
    bolt: places.Place, exempt: Callable[[str, str | None], None]
) -> None:
    owner = bolt.person("owner")
    exempt("ingress-hosts", "true")
    tenancy.eventually(lambda: owner.create(ingress(bolt.work, "any.example"), dry_run=True), "the exemption counts")
    refused(lambda: owner.create(ingress(bolt.work, ""), dry_run=True), "every rule names one host")


def test_no_secret_becomes_a_token(acme: places.Place) -> None:
    owner = acme.person("owner")
    token = secret(acme.work, annotations={"kubernetes.io/service-account.name": "default"})
    assert owner.create(token, dry_run=True)
    token["type"] = "kubernetes.io/service-account-token"
    refused(lambda: owner.create(token, dry_run=True), "never ends")


@pytest.mark.parametrize(
    "metadata",
    [
        {"annotations": {"state.govcloud.internal/replicas": "900"}},
        {"annotations": {"state.govcloud.internal/replicas": ""}},
        {"finalizers": ["govcloud.internal/environment"]},
        {"ownerReferences": [{"apiVersion": labels.API_VERSION, "kind": "Environment", "name": "e", "uid": "u"}]},
        {"ownerReferences": [{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "svc-db", "uid": "u"}]},
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["Secret", "Deployment", "Job"])
def test_what_the_operator_reads_cannot_be_forged(acme: places.Place, kind: str, metadata: Object) -> None:
    obj = secret(acme.work) if kind == "Secret" else workload(acme.work, kind, "mine")
    owner = acme.person("owner")
    assert owner.create(obj, dry_run=True)
    obj["metadata"] |= metadata
    refused(lambda: owner.create(obj, dry_run=True), "belong to the operator")


def test_other_owners_are_free(acme: places.Place) -> None:
    obj = secret(acme.work)
    obj["metadata"]["ownerReferences"] = [{"apiVersion": "v1", "kind": "Pod", "name": "mine", "uid": "u"}]
    assert acme.person("owner").create(obj, dry_run=True)


def _accepts(cluster: Cluster, obj: Object) -> bool:
    try:
        cluster.create(obj, dry_run=True)
    except errors.InvalidSpec:
        return False
    return True
