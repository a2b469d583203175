"""What services of one server with one volume have in common: its objects, and whether it answers. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from govcloud_api import labels, quantity
from govcloud_api.conditions import Condition
from govcloud_api.objects import Object, Ref
from govcloud_operators.services import driver, trouble
from govcloud_operators.services.driver import Order, owned

USER_ID = 65532
COMPONENT = "app.kubernetes.io/component"
VERSION = "app.kubernetes.io/version"
SETTINGS_ID = "state.govcloud.internal/settings"
"""Annotation of pods: another value starts the server again."""
STOP_SECONDS = 30


def claim_ref(order: Order) -> Ref:
    """Claim of the server's volume."""
    return Ref("v1", "PersistentVolumeClaim", f"data-{order.name}-0", order.namespace)


def server_ref(order: Order) -> Ref:
    """The StatefulSet."""
    return Ref("apps/v1", "StatefulSet", order.name, order.namespace)


def selector(order: Order) -> dict[str, str]:
    """Labels of the server's pod."""
    return driver.own_labels(order.instance.metadata.name) | {COMPONENT: "server"}


def claim(order: Order) -> Object:
    """A volume of the plan's size; one that is larger already stays so, volumes never shrink."""
    found = order.live.get(claim_ref(order)) or {}
    now = ((found.get("spec") or {}).get("resources") or {}).get("requests", {}).get("storage", "0")
    size = max(order.plan.storage, str(now), key=quantity.size_bytes)
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": labels.DEFAULT_STORAGE_CLASS,
        "resources": {"requests": {"storage": size}},
    }
    body = owned(order, "v1", "PersistentVolumeClaim", spec=spec)
    body["metadata"]["name"] = claim_ref(order).name
    return body


def network_policy(order: Order, port: int) -> Object:
    """The operator gets in; pods of the namespace do already, by the environment's own policy."""
    peer = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": labels.SYSTEM_NAMESPACE}},
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "operator"}},
    }
    spec = {
        "podSelector": {"matchLabels": selector(order)},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [peer], "ports": [{"protocol": "TCP", "port": port}]}],
    }
    return owned(order, "networking.k8s.io/v1", "NetworkPolicy", spec=spec)


def service(order: Order, name: str, port: int) -> Object:
    """The name that programs call."""
    ports = [{"name": name, "port": port, "targetPort": port, "protocol": "TCP"}]
    return owned(order, "v1", "Service", spec={"type": "ClusterIP", "selector": selector(order), "ports": ports})


def stateful_set(order: Order, container: Object, volumes: Mapping[str, Object], settings: Sequence[str]) -> Object:
    """The server; another content of `settings` starts it again. Its certificate and volume are added here."""
    metadata = {
        "labels": selector(order) | {VERSION: order.version},
        "annotations": {SETTINGS_ID: hashlib.sha256("\0".join(settings).encode()).hexdigest()[:16]},
    }
    spec = {
        "replicas": min(order.replicas, 1),
        "serviceName": order.name,
        "podManagementPolicy": "Parallel",
        "revisionHistoryLimit": 2,
        "selector": {"matchLabels": selector(order)},
        "template": {"metadata": metadata, "spec": _pod(order, container, volumes)},
    }
    body = owned(order, "apps/v1", "StatefulSet", spec=spec)
    body["metadata"]["labels"] |= {VERSION: order.version}
    return body


def container(order: Order, name: str, mounts: Mapping[str, str]) -> dict[str, Any]:
    """A container of the plan's size; `mounts` are names of volumes and their paths, only `data` can be written."""
    burst = quantity.cpu_text(2 * quantity.cpu_millicores(order.plan.cpu))
    return {
        "name": name,
        "image": order.image,
        "imagePullPolicy": "IfNotPresent",
        "resources": {
            "requests": {"cpu": order.plan.cpu, "memory": order.plan.memory},
            "limits": {"cpu": burst, "memory": order.plan.memory},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": volume, "mountPath": path} | ({} if volume == "data" else {"readOnly": True})
            for volume, path in mounts.items()
        ],
    }


def readiness(order: Order) -> Condition:
    """Condition `Provisioned`: True only when the server answers as it is ordered."""
    if order.suspended:
        return _no("Suspended", "the environment is suspended; the data is kept")
    found = order.live.get(server_ref(order))
    if found is None:
        return _no("Creating", "the server is being set up")
    status = found.get("status") or {}
    seen = status.get("observedGeneration", 0) >= found["metadata"].get("generation", 0)
    if seen and status.get("readyReplicas", 0) >= 1 and status.get("updatedReplicas", 0) >= 1:
        return Condition(type="Provisioned", status="True", reason="Answers")
    why = trouble.of_pods(order.pods)
    return _no(why.reason, why.message) if why else _no("Starting", "the server does not answer yet")


def applied_version(order: Order) -> str | None:
    """Version that the StatefulSet was last made for; None before."""
    found = order.live.get(server_ref(order)) or {}
    return ((found.get("metadata") or {}).get("labels") or {}).get(VERSION)


def fault(order: Order, *, smallest_memory: str) -> str:
    """What is wrong with the plan, in words for the platform; empty when nothing is."""
    plan = order.plan
    if plan.replicas != 1:
        return f"plan {plan.name} has {plan.replicas} replicas, but this service runs one; the platform must mend it"
    if quantity.size_bytes(plan.memory) < quantity.size_bytes(smallest_memory):
        return (
            f"plan {plan.name} has {plan.memory} of memory, {smallest_memory} is the least; the platform must mend it"
        )
    if not quantity.size_bytes(plan.storage):
        return f"plan {plan.name} has no storage, but this service keeps data; the platform must mend it"
    return ""


def _pod(order: Order, only: Object, volumes: Mapping[str, Object]) -> Object:
    tls = {"secretName": driver.tls_secret_name(order.instance.metadata.name), "defaultMode": 0o440}
    every: dict[str, Object] = {
        "data": {"persistentVolumeClaim": {"claimName": claim_ref(order).name}},
        "tls": {"secret": tls},
        **volumes,
    }
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": STOP_SECONDS,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER_ID,
            "runAsGroup": USER_ID,
            "fsGroup": USER_ID,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [only],
        "volumes": [{"name": name, **source} for name, source in every.items()],
    }


def _no(reason: str, message: str) -> Condition:
    return Condition(type="Provisioned", status="False", reason=reason, message=message)
