"""Pods that the profile `restricted` forbids and allows, one pair for each field, and a judge that needs no server.

Source: kubernetes.io/docs/concepts/security/pod-security-standards, as of 1.36. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from govcloud_kube import Object
from support import places
from support.schema_cases import changed, put

MAIN, INIT = "spec.containers.0", "spec.initContainers.0"
INLINE_VOLUMES: dict[str, Object] = {
    "hostPath": {"path": "/"},
    "gcePersistentDisk": {"pdName": "d"},
    "awsElasticBlockStore": {"volumeID": "d"},
    "gitRepo": {"repository": "https://git.example/r"},
    "nfs": {"server": "nfs.example", "path": "/"},
    "iscsi": {"targetPortal": "192.0.2.1:3260", "iqn": "iqn.2001-04.com.example:disk", "lun": 0},
    "glusterfs": {"endpoints": "e", "path": "p"},
    "rbd": {"monitors": ["192.0.2.1:6789"], "image": "i"},
    "flexVolume": {"driver": "example.com/driver"},
    "cinder": {"volumeID": "d"},
    "cephfs": {"monitors": ["192.0.2.1:6789"]},
    "flocker": {"datasetName": "d"},
    "fc": {"targetWWNs": ["500a0982991b8dc5"], "lun": 0},
    "azureFile": {"secretName": "s", "shareName": "s"},
    "vsphereVolume": {"volumePath": "p"},
    "quobyte": {"registry": "192.0.2.1:7861", "volume": "v"},
    "azureDisk": {"diskName": "d", "diskURI": "https://disk.example/d"},
    "portworxVolume": {"volumeID": "d"},
    "photonPersistentDisk": {"pdID": "d"},
    "scaleIO": {"gateway": "https://gateway.example", "system": "s", "secretRef": {"name": "s"}, "volumeName": "v"},
    "storageos": {"volumeName": "v"},
}
CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
OWN_VOLUMES: dict[str, Object] = {
    "configMap": {"name": "c"},
    "csi": {"driver": "example.com.driver"},
    "downwardAPI": {"items": [{"path": "p", "fieldRef": {"fieldPath": "metadata.labels"}}]},
    "emptyDir": {},
    "ephemeral": {"volumeClaimTemplate": {"spec": CLAIM}},
    "image": {"reference": places.IMAGE},
    "persistentVolumeClaim": {"claimName": "c"},
    "projected": {"sources": [{"configMap": {"name": "c"}}]},
    "secret": {"secretName": "s"},
}
SAFE_SYSCTLS = (
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_wmem",
)
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
MOMENTS = ("postStart", "preStop")
SELINUX_TYPES = ("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")
APPARMOR_NOTE = "container.apparmor.security.beta.kubernetes.io/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One field of one control: changes of a harmless pod, and the word by which a refusal names the control."""

    name: str
    reason: str
    """Empty: the pod is allowed."""
    changes: tuple[tuple[str, Any], ...]

    def of(self, pod: Object) -> Object:
        """That pod with the changes."""
        return changed(pod, *[put(path, value) for path, value in self.changes])

    @property
    def in_container(self) -> str:
        """The one changed field below the main container's securityContext, empty for other cases."""
        prefix = f"{MAIN}.securityContext."
        own = [path.removeprefix(prefix) for path, _ in self.changes if path.startswith(prefix)]
        return own[0] if len(own) == len(self.changes) == 1 else ""


def harmless(namespace: str, name: str) -> Object:
    """A pod with a sidecar, so that probes may stand on both containers; everything is as `restricted` wants it."""
    sidecar = places.container(name="init") | {"restartPolicy": "Always"}
    return places.pod(namespace, name, initContainers=[sidecar], containers=[places.container()])


def forbidden() -> list[Case]:
    """At least one case for every field of both profiles."""
    return [*_host(), *_containers_bad(), *_handlers(), *_everywhere_bad(), *_volumes_bad(), *_sysctls_bad()]


def allowed() -> list[Case]:
    """What looks like it and is fine."""
    return [*_containers_good(), *_everywhere_good(), *_volumes_good(), *_sysctls_good()]


def _case(name: str, reason: str, *changes: tuple[str, Any]) -> Case:
    return Case(name=name, reason=reason, changes=changes)


def _host() -> Iterator[Case]:
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        yield _case(field, "host namespaces", (f"spec.{field}", True))
    windows = ("securityContext.windowsOptions", {"hostProcess": True})
    for where in ("spec", MAIN):
        every = [(f"{where}.{windows[0]}", windows[1]), ("spec.hostNetwork", True)]
        others = [] if where == "spec" else [(f"{INIT}.{windows[0]}", windows[1])]
        yield _case(f"hostProcess of {where}", "hostProcess", *every, *others)


def _containers_bad() -> Iterator[Case]:
    for where in (MAIN, INIT):
        context = f"{where}.securityContext"
        yield _case(
            f"privileged {where}",
            "privileged",
            (f"{context}.allowPrivilegeEscalation", None),
            (f"{context}.privileged", True),
        )
        for value in (True, None):
            yield _case(
                f"escalation {value} {where}",
                "allowPrivilegeEscalation != false",
                (f"{context}.allowPrivilegeEscalation", value),
            )
        for added in ("NET_RAW", "SYS_ADMIN", "CHOWN", "net_bind_service"):
            yield _case(
                f"capability {added} {where}",
                "unrestricted capabilities",
                (f"{context}.capabilities", {"add": [added], "drop": ["ALL"]}),
            )
        for dropped in (["NET_RAW"], []):
            yield _case(
                f"drops {dropped} {where}",
                "unrestricted capabilities",
                (f"{context}.capabilities", {"drop": dropped}),
            )
        yield _case(f"capabilities unsaid {where}", "unrestricted capabilities", (f"{context}.capabilities", None))
        port = [{"containerPort": 8080, "hostPort": 8080}]
        yield _case(f"hostPort {where}", "hostPort", (f"{where}.ports", port))
        unmasked = (f"{context}.procMount", "Unmasked")
        yield _case(f"procMount {where}", "procMount", unmasked, ("spec.hostUsers", False))


def _handlers() -> Iterator[Case]:
    """Probes and hooks that make the kubelet call somebody else."""
    calls = {
        "httpGet": {"host": "169.254.169.254", "port": 80, "path": "/"},
        "tcpSocket": {"host": "127.0.0.1", "port": 2379},
    }
    for where in (MAIN, INIT):
        for how, call in calls.items():
            for field in (*PROBES, *[f"lifecycle.{moment}" for moment in MOMENTS]):
                yield _case(f"{field} {how} {where}", "probe or lifecycle host", (f"{where}.{field}", {how: call}))


def _everywhere_bad() -> Iterator[Case]:
    """Fields that stand on the pod and on each container."""
    for where in ("spec", MAIN, INIT):
        context = f"{where}.securityContext"
        yield _case(f"root {where}", "runAsUser=0", (f"{context}.runAsUser", 0))
        yield _case(f"may be root {where}", "runAsNonRoot != true", (f"{context}.runAsNonRoot", False))
        yield _case(f"seccomp {where}", "seccompProfile", (f"{context}.seccompProfile", {"type": "Unconfined"}))
        yield _case(f"AppArmor {where}", "AppArmor", (f"{context}.appArmorProfile", {"type": "Unconfined"}))
        for options in ({"type": "spc_t"}, {"user": "system_u"}, {"role": "system_r"}):
            yield _case(f"SELinux {options} {where}", "seLinuxOptions", (f"{context}.seLinuxOptions", options))
    yield _case("root unsaid", "runAsNonRoot != true", ("spec.securityContext.runAsNonRoot", None))
    yield _case("seccomp unsaid", "seccompProfile", ("spec.securityContext.seccompProfile", None))
    yield _case("AppArmor note", "AppArmor", ("metadata.annotations", {f"{APPARMOR_NOTE}c": "unconfined"}))


def _volumes_bad() -> Iterator[Case]:
    for kind, source in INLINE_VOLUMES.items():
        yield _case(f"volume {kind}", "restricted volume types", ("spec.volumes", [{"name": "v", kind: source}]))


def _sysctls_bad() -> Iterator[Case]:
    for name in ("kernel.msgmax", "net.core.somaxconn", "vm.swappiness"):
        values = [{"name": name, "value": "1"}]
        yield _case(f"sysctl {name}", "forbidden sysctls", ("spec.securityContext.sysctls", values))


def _containers_good() -> Iterator[Case]:
    yield _case("nothing", "")
    for where in (MAIN, INIT):
        context = f"{where}.securityContext"
        yield _case(f"not privileged {where}", "", (f"{context}.privileged", False))
        bind = {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]}
        yield _case(f"low ports {where}", "", (f"{context}.capabilities", bind))
        yield _case(f"port {where}", "", (f"{where}.ports", [{"containerPort": 8080, "hostPort": 0}]))
        yield _case(f"procMount {where}", "", (f"{context}.procMount", "Default"))
        for field in (*PROBES, *[f"lifecycle.{moment}" for moment in MOMENTS]):
            yield _case(f"{field} {where}", "", (f"{where}.{field}", {"httpGet": {"port": 8080, "path": "/"}}))


def _everywhere_good() -> Iterator[Case]:
    local = {"type": "Localhost", "localhostProfile": "p.json"}
    for where in ("spec", MAIN, INIT):
        context = f"{where}.securityContext"
        yield _case(f"user {where}", "", (f"{context}.runAsUser", 1000))
        yield _case(f"not root {where}", "", (f"{context}.runAsNonRoot", True))
        for profile in ({"type": "RuntimeDefault"}, local):
            yield _case(f"seccomp {profile['type']} {where}", "", (f"{context}.seccompProfile", profile))
            yield _case(f"AppArmor {profile['type']} {where}", "", (f"{context}.appArmorProfile", profile))
        for kind in SELINUX_TYPES[1:]:
            yield _case(f"SELinux {kind} {where}", "", (f"{context}.seLinuxOptions", {"type": kind, "level": "s0"}))
    yield _case("host namespaces unsaid", "", ("spec.hostNetwork", False), ("spec.hostPID", False))


def _volumes_good() -> Iterator[Case]:
    for kind, source in OWN_VOLUMES.items():
        yield _case(f"volume {kind}", "", ("spec.volumes", [{"name": "v", kind: source}]))


def _sysctls_good() -> Iterator[Case]:
    values = [{"name": name, "value": "1"} for name in SAFE_SYSCTLS]
    yield _case("safe sysctls", "", ("spec.securityContext.sysctls", values))


def violations(pod: Object) -> set[str]:
    """Controls of `restricted` that a pod breaks, by the words of `Case.reason`."""
    spec = pod["spec"]
    every = [*spec.get("containers", []), *spec.get("initContainers", []), *spec.get("ephemeralContainers", [])]
    notes = (pod.get("metadata") or {}).get("annotations") or {}
    found = set(_of_pod(spec))
    for container in every:
        found |= set(_of_container(spec, container))
    bad = [value for key, value in notes.items() if key.startswith(APPARMOR_NOTE)]
    return found | (
        {"AppArmor"} if any(v != "runtime/default" and not v.startswith("localhost/") for v in bad) else set()
    )


def _of_pod(spec: Object) -> Iterator[str]:
    context = spec.get("securityContext") or {}
    if any(spec.get(field) for field in ("hostNetwork", "hostPID", "hostIPC")):
        yield "host namespaces"
    if any(not set(OWN_VOLUMES) & set(volume) for volume in spec.get("volumes") or []):
        yield "restricted volume types"
    if any(sysctl["name"] not in SAFE_SYSCTLS for sysctl in context.get("sysctls") or []):
        yield "forbidden sysctls"
    yield from _anywhere(context)


def _of_container(spec: Object, container: Object) -> Iterator[str]:
    pod, own = spec.get("securityContext") or {}, container.get("securityContext") or {}
    capabilities = own.get("capabilities") or {}
    if own.get("privileged"):
        yield "privileged"
    if own.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation != false"
    if "ALL" not in (capabilities.get("drop") or []) or set(capabilities.get("add") or []) - {"NET_BIND_SERVICE"}:
        yield "unrestricted capabilities"
    if own.get("procMount", "Default") != "Default":
        yield "procMount"
    if own.get("runAsNonRoot", pod.get("runAsNonRoot")) is not True:
        yield "runAsNonRoot != true"
    if not (own.get("seccompProfile") or pod.get("seccompProfile")):
        yield "seccompProfile"
    if any(port.get("hostPort") for port in container.get("ports") or []):
        yield "hostPort"
    hooks = container.get("lifecycle") or {}
    for handler in [*[container.get(probe) for probe in PROBES], *[hooks.get(moment) for moment in MOMENTS]]:
        if any(((handler or {}).get(how) or {}).get("host") for how in ("httpGet", "tcpSocket")):
            yield "probe or lifecycle host"
    yield from _anywhere(own)


def _anywhere(context: Object) -> Iterator[str]:
    kind = {field: (context.get(field) or {}).get("type") for field in ("seccompProfile", "appArmorProfile")}
    selinux = context.get("seLinuxOptions") or {}
    if context.get("runAsUser") == 0:
        yield "runAsUser=0"
    if context.get("runAsNonRoot") is False:
        yield "runAsNonRoot != true"
    if kind["seccompProfile"] not in (None, "RuntimeDefault", "Localhost"):
        yield "seccompProfile"
    if kind["appArmorProfile"] not in (None, "RuntimeDefault", "Localhost"):
        yield "AppArmor"
    if selinux.get("type", "") not in SELINUX_TYPES or selinux.get("user") or selinux.get("role"):
        yield "seLinuxOptions"
    if (context.get("windowsOptions") or {}).get("hostProcess"):
        yield "hostProcess"
