"""An order -> the objects of one database in the tenant's namespace, in stages. Pure."""

from __future__ import annotations

import hashlib
from datetime import UTC
from typing import Any

from govcloud_api import conditions, labels, quantity
from govcloud_api.objects import Object, Ref, ref_of
from govcloud_operators.services import driver
from govcloud_operators.services.authority import encoded
from govcloud_operators.services.backups.vault import NAMESPACE as BACKUPS_NAMESPACE
from govcloud_operators.services.backups.vault import PORT as STORE_PORT
from govcloud_operators.services.backups.vault import WORKLOAD
from govcloud_operators.services.driver import Order, owned
from govcloud_operators.services.postgresql import config

USER_ID = 65532
COMPONENT = "app.kubernetes.io/component"
VERSION = "app.kubernetes.io/version"
SETTINGS_ID = "state.govcloud.internal/settings"
"""Annotation of pods: the server is started again when settings change that it reads only at its start."""
KEEPER_CPU_MILLICORES = 50
KEEPER_MEMORY_BYTES = 128 * config.MIB
STOP_SECONDS = 60
RESTORE_ATTEMPTS = 8
FOLDERS = config.Folders()
BACKS_UP = {"govcloud.internal/backs-up": "true"}
"""Label of pods that the backup store lets in, if they belong to a service as well."""
AWAY_FROM_STORE = {
    "weight": 100,
    "podAffinityTerm": {
        "namespaces": [BACKUPS_NAMESPACE],
        "labelSelector": {"matchLabels": {"app.kubernetes.io/name": WORKLOAD}},
        "topologyKey": "kubernetes.io/hostname",
    },
}
"""A machine that is lost should not take a database and its backups along."""


def data_ref(order: Order) -> Ref:
    """Claim of the database's own volume."""
    return Ref("v1", "PersistentVolumeClaim", f"data-{order.name}-0", order.namespace)


def backup_ref(order: Order) -> Ref:
    """Secret with the way to its backups."""
    return Ref("v1", "Secret", f"{order.name}-backup", order.namespace)


def source_ref(order: Order) -> Ref:
    """Secret with the way to the backups that it starts from."""
    return Ref("v1", "Secret", f"{order.name}-source", order.namespace)


def server_ref(order: Order) -> Ref:
    """The StatefulSet."""
    return Ref("apps/v1", "StatefulSet", order.name, order.namespace)


def restore_ref(order: Order) -> Ref:
    """The Job that fills an empty volume from another instance's backups."""
    return Ref("batch/v1", "Job", f"{order.name}-restore", order.namespace)


def stages(order: Order) -> list[list[Object]]:
    """Volumes and settings, then a restore if one was ordered, then the server, then the way in."""
    ground = [config_map(order), claim(order, data_ref(order)), network_policy(order), way_out(order)]
    if must_restore(order):
        return [[*ground, source_secret(order)], [restore_job(order)]]
    return [[*ground, backup_secret(order)], [service(order), server(order)]]


def refs(order: Order) -> list[Ref]:
    """Everything that can be there; removed from the last to the first."""
    ground = [ref_of(config_map(order)), data_ref(order), ref_of(network_policy(order)), ref_of(way_out(order))]
    secrets = [backup_ref(order), source_ref(order)]
    return [*ground, *secrets, restore_ref(order), ref_of(service(order)), server_ref(order)]


def must_restore(order: Order) -> bool:
    """True until the copy is complete; a server that exists proves that it is."""
    if order.instance.spec.restore_from is None or order.source_vault is None or server_ref(order) in order.live:
        return False
    return not conditions.holds(order.live.get(restore_ref(order)) or {}, "Complete")


def memory_bytes(order: Order) -> int:
    """What the server's container may use."""
    return quantity.size_bytes(order.plan.memory)


def config_map(order: Order) -> Object:
    """Settings and scripts."""
    texts = config.files(memory_bytes=memory_bytes(order), backup_hour=order.instance.spec.backup.hour, at=FOLDERS)
    return owned(order, "v1", "ConfigMap", data=texts)


def backup_secret(order: Order) -> Object:
    """Settings of its own backups, with credentials and passphrase."""
    if order.vault is None:
        raise ValueError("a database is not built without a place for its backups")
    files = config.repository_files(
        order.vault,
        retention_days=order.instance.spec.backup.retention_days,
        storage_bytes=quantity.size_bytes(order.plan.storage),
        at=FOLDERS,
    )
    return _secret(order, "-backup", files)


def source_secret(order: Order) -> Object:
    """Settings for reading the backups that it starts from; goes when it has been filled."""
    if order.source_vault is None:
        raise ValueError("this order restores nothing that is known")
    return _secret(order, "-source", config.source_files(order.source_vault, at=FOLDERS))


def _secret(order: Order, suffix: str, files: dict[str, str]) -> Object:
    data = {name: encoded(text) for name, text in files.items()}
    return owned(order, "v1", "Secret", suffix, type="Opaque", data=data)


def claim(order: Order, ref: Ref) -> Object:
    """A volume claim of the plan's size; one that is larger already stays so, volumes never shrink."""
    found = order.live.get(ref) or {}
    now = ((found.get("spec") or {}).get("resources") or {}).get("requests", {}).get("storage", "0")
    size = max(order.plan.storage, str(now), key=quantity.size_bytes)
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {
            "name": ref.name,
            "namespace": ref.namespace,
            "labels": driver.own_labels(order.instance.metadata.name),
        },
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": labels.DEFAULT_STORAGE_CLASS,
            "resources": {"requests": {"storage": size}},
        },
    }


def network_policy(order: Order) -> Object:
    """The operator gets in; pods of the namespace do already, by the environment's own policy."""
    peer = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": labels.SYSTEM_NAMESPACE}},
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "operator"}},
    }
    spec = {
        "podSelector": {"matchLabels": selector(order)},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [peer], "ports": [{"protocol": "TCP", "port": config.PORT}]}],
    }
    return owned(order, "networking.k8s.io/v1", "NetworkPolicy", spec=spec)


def way_out(order: Order) -> Object:
    """Pods that back up or restore reach the backup store, beside what their environment lets them."""
    peer = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": BACKUPS_NAMESPACE}},
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": WORKLOAD}},
    }
    marks = driver.own_labels(order.instance.metadata.name) | BACKS_UP
    spec = {
        "podSelector": {"matchLabels": marks},
        "policyTypes": ["Egress"],
        "egress": [{"to": [peer], "ports": [{"protocol": "TCP", "port": STORE_PORT}]}],
    }
    return owned(order, "networking.k8s.io/v1", "NetworkPolicy", "-backup", spec=spec)


def selector(order: Order) -> dict[str, str]:
    """Labels of the server's pod, and of no other pod of the instance."""
    return driver.own_labels(order.instance.metadata.name) | {COMPONENT: "server"}


def service(order: Order) -> Object:
    """The name that programs call."""
    ports = [{"name": "postgresql", "port": config.PORT, "targetPort": config.PORT, "protocol": "TCP"}]
    return owned(order, "v1", "Service", spec={"selector": selector(order), "ports": ports, "type": "ClusterIP"})


def server(order: Order) -> Object:
    """The database and its keeper, one pod."""
    settings = config.settings(memory_bytes=memory_bytes(order), at=FOLDERS)
    metadata = {
        "labels": selector(order) | BACKS_UP | {VERSION: order.version},
        "annotations": {SETTINGS_ID: hashlib.sha256(settings.encode()).hexdigest()[:16]},
    }
    pod = _pod(order, [_server_container(order), _keeper_container(order)], backup_ref(order))
    pod["affinity"] = {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [AWAY_FROM_STORE]}}
    body = owned(
        order,
        "apps/v1",
        "StatefulSet",
        spec={
            "replicas": order.replicas,
            "serviceName": order.name,
            "podManagementPolicy": "Parallel",
            "revisionHistoryLimit": 2,
            "selector": {"matchLabels": selector(order)},
            "template": {"metadata": metadata, "spec": pod | {"terminationGracePeriodSeconds": STOP_SECONDS}},
        },
    )
    body["metadata"]["labels"] |= {VERSION: order.version}
    return body


def restore_job(order: Order) -> Object:
    """Copies another instance's backup into the empty volume; tried again until the log it needs has arrived."""
    wanted = order.instance.spec.restore_from
    if wanted is None:
        raise ValueError("this order restores nothing")
    # An empty value would be dropped by the API server, and so look like drift for ever.
    moment = {"GOVCLOUD_RESTORE_TIME": _moment(wanted.time)} if wanted.time else {}
    container = _container(
        order,
        "restore",
        memory_bytes(order),
        quantity.cpu_millicores(order.plan.cpu),
        moment,
    )
    pod = _pod(order, [container], source_ref(order)) | {"restartPolicy": "Never"}
    metadata = {"labels": driver.own_labels(order.instance.metadata.name) | BACKS_UP | {COMPONENT: "restore"}}
    spec = {"backoffLimit": RESTORE_ATTEMPTS, "template": {"metadata": metadata, "spec": pod}}
    return owned(order, "batch/v1", "Job", "-restore", spec=spec)


def _moment(text: str) -> str:
    """As PostgreSQL reads it, whatever zone it was written in."""
    return f"{conditions.parse_timestamp(text).astimezone(UTC):%Y-%m-%d %H:%M:%S+00}"


def _pod(order: Order, containers: list[Object], backups: Ref) -> Object:
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER_ID,
            "runAsGroup": USER_ID,
            "fsGroup": USER_ID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": containers,
        "volumes": [
            {"name": "data", "persistentVolumeClaim": {"claimName": data_ref(order).name}},
            {"name": "backup", "secret": {"secretName": backups.name, "defaultMode": 0o440}},
            {"name": "config", "configMap": {"name": order.name}},
            {
                "name": "tls",
                "secret": {
                    "secretName": driver.tls_secret_name(order.instance.metadata.name),
                    "defaultMode": 0o440,
                },
            },
            {"name": "run", "emptyDir": {}},
            {"name": "scratch", "emptyDir": {}},
        ],
    }


def _server_container(order: Order) -> Object:
    cpu = quantity.cpu_millicores(order.plan.cpu)
    ready = ["pg_isready", "-q", "-h", FOLDERS.run, "-U", "postgres"]
    stop = ["pg_ctl", f"--pgdata={FOLDERS.pgdata}", "--wait", "--mode=fast", "stop"]
    return _container(order, "entry", memory_bytes(order), cpu, {}) | {
        "name": "server",
        "ports": [{"name": "postgresql", "containerPort": config.PORT, "protocol": "TCP"}],
        "readinessProbe": {"exec": {"command": ready}, "periodSeconds": 2, "timeoutSeconds": 5, "failureThreshold": 3},
        # The server takes SIGTERM as "when all have left".
        "lifecycle": {"preStop": {"exec": {"command": stop}}},
    }


def _keeper_container(order: Order) -> Object:
    return _container(order, "keeper", KEEPER_MEMORY_BYTES, KEEPER_CPU_MILLICORES, {})


def _container(order: Order, script: str, memory: int, cpu_millicores: int, extra: dict[str, str]) -> dict[str, Any]:
    at = {
        "data": FOLDERS.data,
        "backup": FOLDERS.backup,
        "config": FOLDERS.config,
        "tls": FOLDERS.tls,
        "run": FOLDERS.run,
        "scratch": FOLDERS.scratch,
    }
    size = quantity.bytes_text(memory)
    return {
        "name": script,
        "image": order.image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", f"{FOLDERS.config}/{script}.sh"],
        "env": [{"name": key, "value": value} for key, value in (FOLDERS.variables() | extra).items()],
        "resources": {
            "requests": {"cpu": quantity.cpu_text(cpu_millicores), "memory": size},
            "limits": {"cpu": quantity.cpu_text(2 * cpu_millicores), "memory": size},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": name, "mountPath": path} | ({"readOnly": True} if name in ("config", "tls", "backup") else {})
            for name, path in at.items()
        ],
    }
