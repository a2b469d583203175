"""What goes into a support bundle, one part a source: files by name, so that no key slips in with its folder."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from govcloud_api.errors import ApiUnavailable, GovcloudError
from govcloud_infra import inventory
from govcloud_infra.bundle.store import Store
from govcloud_infra.deploy import reach
from govcloud_infra.deploy.context import Context
from govcloud_infra.diagnosis import doctor, redact
from govcloud_infra.health import report
from govcloud_infra.health.health import PLATFORM_NAMESPACES
from govcloud_infra.paths import SitePaths
from govcloud_kube import real
from govcloud_kube.cluster import Cluster, Object

_TAIL_BYTES = 1024**2
_LAST_RUNS = 20
_LOG_LINES = 300
_PROBE_SECONDS = 60
_ANSWER_SECONDS = 4.0
_SITE_WIDE = (
    ("v1", "Node"),
    ("v1", "Namespace"),
    ("v1", "PersistentVolume"),
    ("storage.k8s.io/v1", "StorageClass"),
    ("apiregistration.k8s.io/v1", "APIService"),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
)
_IN_PLATFORM = (
    ("v1", "Pod"),
    ("v1", "Event"),
    ("v1", "Service"),
    ("v1", "PersistentVolumeClaim"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "DaemonSet"),
    ("apps/v1", "StatefulSet"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
)
_SITE_STATES = (
    ("govcloud.internal/v1alpha1", "Department"),
    ("govcloud.internal/v1alpha1", "Environment"),
)
_HOST = (
    "uname -a",
    "cat /etc/os-release",
    "uptime",
    "free -m",
    "df -h",
    "ip -brief address",
    "ip route",
    "systemctl --no-pager --failed",
)
_MACHINE = (
    *_HOST,
    "date --utc",
    "chronyc tracking",
    "systemctl --no-pager status kubelet containerd",
    f"journalctl --no-pager -n {_LOG_LINES} -u kubelet -u containerd -u keepalived -u haproxy",
    "crictl ps -a || ctr -n k8s.io containers list",
)
_OPENS = re.compile(r"[A-Za-z0-9+/=_-]{24,}")
Made = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """`make` gives files by name: text, or what becomes JSON."""

    name: str
    make: Callable[[], Made]


def parts(context: Context, step: Callable[[str], None], *, probe: bool) -> list[Part]:
    """Everything that may be asked for. `probe`: try the cluster out as `govcloud health` does."""
    paths = context.paths
    found = [
        Part(name="site.yaml", make=lambda: {"site.yaml": context.site_file.read_text()}),
        Part(name="deployed.json", make=lambda: {"deployed.json": json.loads(paths.deployed.read_text())}),
        Part(name="inventory.json", make=lambda: {"inventory.json": _hosts(paths)}),
        Part(name="journal.ndjson", make=lambda: {"journal.ndjson": tail(paths.journal)}),
        Part(name="logs", make=lambda: _logs(paths)),
        Part(name="bundle.json", make=lambda: {"bundle.json": _bundle(paths)}),
        Part(name="doctor.json", make=lambda: {"doctor.json": _doctor(context)}),
        Part(name="host.txt", make=lambda: {"host.txt": _host()}),
        Part(name="machines", make=lambda: _machines(context)),
        Part(name="cluster", make=lambda: cluster(_connected(context))),
        Part(name="status.json", make=lambda: {"status.json": report.site_report(context).plain()}),
    ]
    if not probe:
        return found
    return [*found, Part(name="health.json", make=lambda: {"health.json": _health(context, step)})]


def known_secrets(paths: SitePaths) -> list[str]:
    """The site's own secrets as they would look in a text: whatever else fails, these never leave."""
    files = [paths.pulumi / "passphrase", paths.ssh_key, paths.kubeconfig]
    files += sorted(file for file in paths.pki.glob("**/*") if file.suffix in (".key", ".yaml"))
    texts = [_text_or_empty(file) for file in files]
    words = [word.strip("\"',") for text in texts for word in text.split()]
    return sorted({word for word in words if _OPENS.fullmatch(word)})


def tail(file: Path, size: int = _TAIL_BYTES) -> str:
    """The last `size` bytes of a file, whole lines only."""
    with file.open("rb") as handle:
        length = handle.seek(0, 2)
        handle.seek(max(0, length - size))
        content = handle.read().decode(errors="replace")
    return content if length <= size else content.partition("\n")[2]


def cluster(found: Cluster) -> Made:
    """Objects of the platform and what departments asked for; never a Secret, and no environment variable's value."""
    made: Made = {"cluster/version.json": json.loads(found.raw("GET", "/version"))}
    for api_version, kind in (*_SITE_WIDE, *_SITE_STATES):
        made[f"cluster/{kind.lower()}s.json"] = _harmless(_listed(found, api_version, kind))
    for api_version, kind in _IN_PLATFORM:
        made[f"cluster/{kind.lower()}s.json"] = _harmless(_in_platform(_listed(found, api_version, kind)))
    made |= dict(_pod_logs(found, _in_platform(_listed(found, "v1", "Pod"))))
    return made


def _listed(found: Cluster, api_version: str, kind: str) -> list[Object]:
    try:
        return found.list(api_version, kind)
    except ApiUnavailable:
        raise
    except GovcloudError as error:  # a kind that is not served yet is worth a line, not the whole dump
        return [{"kind": kind, "error": str(error)}]


def _in_platform(items: list[Object]) -> list[Object]:
    places = (*PLATFORM_NAMESPACES, "default")
    return [item for item in items if (item.get("metadata") or {}).get("namespace", "default") in places]


def _harmless(items: list[Object]) -> list[Object]:
    return [item for item in items if not redact.is_secret(item)]


def _pod_logs(found: Cluster, pods: list[Object]) -> Iterator[tuple[str, str]]:
    """Of containers that are not well: their last lines now and before their last restart."""
    for pod in pods:
        for state in (pod.get("status") or {}).get("containerStatuses") or []:
            if state.get("ready"):
                continue
            namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
            for previous in ("false", "true"):
                query = f"container={state['name']}&tailLines={_LOG_LINES}&previous={previous}"
                try:
                    log = found.raw("GET", f"/api/v1/namespaces/{namespace}/pods/{name}/log?{query}")
                except ApiUnavailable:
                    raise
                except GovcloudError as error:  # no log yet, or none any more
                    log = str(error).encode()
                suffix = "-before" if previous == "true" else ""
                yield f"cluster/logs/{namespace}_{name}_{state['name']}{suffix}.log", log.decode(errors="replace")


def _connected(context: Context) -> Cluster:
    if not context.paths.kubeconfig.exists():
        raise ApiUnavailable(f"site {context.site.name} has no cluster yet")
    found = real.connect(context.paths.kubeconfig, timeout_seconds=_ANSWER_SECONDS)
    found.raw("GET", "/version")  # one wait for an API server that is down, not one a kind
    return found


def _hosts(paths: SitePaths) -> Any:
    return inventory.load(paths.inventory).model_dump(mode="json", exclude={"hosts": {"__all__": {"host_key"}}})


def _logs(paths: SitePaths) -> Made:
    runs = sorted(paths.logs.glob("*.ndjson"), key=lambda file: file.stat().st_mtime)[-_LAST_RUNS:]
    made = {f"logs/{file.name}": tail(file) for file in runs}
    texts = [*paths.logs.glob("*.log"), *paths.run.glob("*.log")]
    made |= {f"logs/{file.name}": tail(file) for file in texts}
    if not made:
        raise FileNotFoundError("no run has left a log yet")
    return made


def _bundle(paths: SitePaths) -> Any:
    found = Store(paths.bundle).manifest()
    return {"digest": found.digest, "versions": {name: item.version for name, item in found.components.items()}}


def _doctor(context: Context) -> Any:
    return doctor.diagnose(context.site_file, context.environ).plain()


def _health(context: Context, step: Callable[[str], None]) -> Any:
    return report.full_report(context, _PROBE_SECONDS, step).plain()


def _host() -> str:
    return "\n".join(_run(command) for command in _HOST)


def _run(command: str) -> str:
    try:
        done = subprocess.run(
            command.split(), capture_output=True, text=True, check=False, timeout=10, errors="replace"
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"$ {command}\n{error}\n"
    return f"$ {command}\n{done.stdout}{done.stderr}"


def _machines(context: Context) -> Made:
    made = inventory.load(context.paths.inventory)
    doors = reach.doors(made.hosts, inventory.ssh_access(context.site, context.site_file, context.paths))
    script = "; ".join(f"echo '$ {command}'; {{ {command}; }} 2>&1" for command in _MACHINE)
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda door: reach.ask(door, script), doors))
    return {
        f"machines/{door.name}.txt": answer.output or reach.explain(door, answer)
        for door, answer in zip(doors, answers, strict=True)
    }


def _text_or_empty(file: Path) -> str:
    try:
        return file.read_text(errors="replace")
    except OSError:
        return ""
