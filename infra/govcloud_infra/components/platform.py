"""Everything shared inside the cluster: kinds, admission policies, operator, monitoring, departments."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi
import yaml

from govcloud_infra.components import alerting, departments
from govcloud_infra.components.manifests import Object, pinned, read_file, read_folder, resource_name, workload_name
from govcloud_infra.provider.resources import Manifest, Refusal

_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
_BEFORE_ALL = ("Namespace", "PriorityClass")
"""Everything else may lie in one, or name one."""
_SHARED = ("backups.sh", "pgbackrest-push.sh", "refill.sh", "restore.sh", "backup.sql")
"""Of the files of departments' databases those that the ledger's pod runs as well (`postgresql.config.SHARED`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformArgs:
    """`version` is the tag of our own images, `images` the manifest digest (hex) of each `name:tag` in the bundle.

    `repository` holds the manifests, `departments` the Department files.
    """

    kubeconfig: Path
    repository: Path
    departments: Path
    version: str
    images: Mapping[str, str]
    node_cidr: str
    pod_cidr: str
    service_cidr: str
    webhook_url: str | None

    @property
    def replacements(self) -> dict[str, str]:
        """Placeholders of the manifests."""
        return {
            "@VERSION@": self.version,
            "@NODE_CIDR@": self.node_cidr,
            "@POD_CIDR@": self.pod_cidr,
            "@SERVICE_CIDR@": self.service_cidr,
        }


class Group(pulumi.ComponentResource):
    """Objects that are applied together, after the resources in `after`; `last` stands when all of them do.

    Whoever waits for a component waits for each of its children: naming one keeps the lists short that the engine keeps
    and compares for every object.
    """

    def __init__(
        self, name: str, objects: Sequence[Object], args: PlatformArgs, after: Sequence[pulumi.Resource]
    ) -> None:
        super().__init__("govcloud:platform:Group", name, {}, pulumi.ResourceOptions(depends_on=list(after)))
        made: list[pulumi.Resource] = []
        first: list[pulumi.Resource] = []
        for number, item in enumerate(objects, start=1):
            # Namespaces of a group first: everything else may lie in one.
            before = made if number == len(objects) else first
            options = pulumi.ResourceOptions(parent=self, depends_on=[*before, *after])
            made.append(Manifest(resource_name(item), kubeconfig=str(args.kubeconfig), manifest=item, opts=options))
            if item["kind"] == "Namespace":
                first.append(made[-1])
        self.last = made[-1:] or list(after)
        self.register_outputs({})


def admission_canary(args: PlatformArgs, after: Sequence[pulumi.Resource]) -> Refusal:
    """Stands once the policies act: only then may anybody be given rights."""
    labels = {"govcloud.internal/department": "canary"}
    forged = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "admission-canary", "labels": labels}}
    return Refusal(
        "admission acts",
        kubeconfig=str(args.kubeconfig),
        manifest=forged,
        because="belong to the operator",
        opts=pulumi.ResourceOptions(depends_on=list(after)),
    )


def groups(args: PlatformArgs) -> list[tuple[str, list[Object]]]:
    """Groups in apply order: policies stand before anybody has rights, kinds before objects of them."""
    root, fill = args.repository, args.replacements
    operator = [
        item for file in sorted((root / "operators" / "deploy").glob("*.yaml")) for item in read_file(file, fill)
    ]
    found = [
        ("kinds", read_folder(root / "operators" / "crds", fill)),
        ("namespaces", [item for item in operator if item["kind"] in _BEFORE_ALL]),
        ("admission", read_folder(root / "operators" / "deploy" / "admission", fill)),
        ("operator", [item for item in operator if item["kind"] not in _BEFORE_ALL]),
        (
            "monitoring",
            monitoring(root, fill, alerting.objects(args.webhook_url, args.pod_cidr, args.service_cidr)),
        ),
        ("departments", departments.read(args.departments)),
    ]
    return [(name, [pinned(item, args.images) for item in objects]) for name, objects in found]


def workload_names(repository: Path) -> frozenset[str]:
    """Workloads that the groups hold, like `deployment govcloud-system/operator`."""
    folders = [repository / "operators" / "deploy", repository / "monitoring" / "deploy"]
    objects = [item for folder in folders for item in read_folder(folder, {})]
    return frozenset(workload_name(item) for item in objects if item["kind"] in _WORKLOADS)


def monitoring(root: Path, fill: dict[str, str], more: Sequence[Object]) -> list[Object]:
    """Monitoring's objects, `more` of them, and the ConfigMaps that hold rules and what the ledger's database needs."""
    folder = root / "monitoring"
    files = sorted([*(folder / "rules").glob("*.yaml"), *(folder / "alerts").glob("*.yaml")])
    rules = _config_map("prometheus-rules", {f"{file.parent.name}-{file.name}": file.read_text() for file in files})
    ledger = _config_map("ledger-files", {file.name: file.read_text() for file in ledger_files(root)})
    # What pods mount comes before them: a kubelet that finds nothing to mount waits longer and longer.
    objects = sorted([*read_folder(folder / "deploy", fill), rules, ledger, *more], key=_mounted_first)
    return [with_config_digest(item, objects) for item in objects]


def ledger_files(root: Path) -> list[Path]:
    """What the pod of the ledger mounts: its own, its schema, and how databases are backed up and restored here."""
    monitoring, shared = root / "monitoring", root / "operators/govcloud_operators/services/postgresql/files"
    own = [file for file in (monitoring / "ledger").glob("*") if file.is_file()]
    schema = monitoring / "govcloud_monitoring/ledger/schema.sql"
    return sorted([*own, schema, *(shared / name for name in _SHARED)])


def _config_map(name: str, data: dict[str, str]) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "govcloud-monitoring"},
        "data": data,
    }


def _mounted_first(item: Object) -> int:
    return {"Namespace": 0, "ConfigMap": 1}.get(item["kind"], 2)


def with_config_digest(item: Object, objects: Sequence[Object]) -> Object:
    """Workloads restart when a ConfigMap of their namespace changes: its digest is part of their pods."""
    if item["kind"] not in _WORKLOADS:
        return item
    namespace = item["metadata"]["namespace"]
    mounted = [other["data"] for other in objects if other["kind"] == "ConfigMap" and _lies_in(other, namespace)]
    digest = hashlib.sha256(yaml.safe_dump(mounted).encode()).hexdigest()[:16]
    template = item["spec"]["template"]
    annotations = {**template["metadata"].get("annotations", {}), "govcloud.internal/config-digest": digest}
    metadata = {**template["metadata"], "annotations": annotations}
    return {**item, "spec": {**item["spec"], "template": {**template, "metadata": metadata}}}


def _lies_in(item: Object, namespace: str) -> bool:
    return bool(item["metadata"].get("namespace") == namespace)
