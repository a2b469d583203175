"""What `status` and `health` say: conditions of a site, and where its services are reached.

`status` reads the API; `health` tries the cluster out as well, and asks the machines themselves.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import yaml

from govcloud_api.errors import ApiUnavailable, ConfigError, Forbidden, GovcloudError
from govcloud_infra import inventory
from govcloud_infra.deploy import machine_playbook, reach
from govcloud_infra.deploy.context import Context
from govcloud_infra.deploy.variables import REGISTRY_PORT
from govcloud_infra.health import health, machine_health, probe_results, probes
from govcloud_infra.health.health import Condition
from govcloud_kube import real
from govcloud_kube.cluster import Cluster

PROMETHEUS_PORT = 30090
ALERTMANAGER_PORT = 30093
UNHEALTHY, UNREACHABLE = 6, 9
_ANSWER_SECONDS = 4.0
_REFUSED, _NO_ANSWER = "CredentialsRefused", "NoAnswer"
_SILENT = (_REFUSED, _NO_ANSWER)
_SIGNS = {"True": "✓", "False": "✗", "Unknown": "?"}
Step = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteReport:
    """Conditions with Ready last, and URLs by service."""

    site: str
    conditions: tuple[Condition, ...]
    endpoints: dict[str, str]

    @property
    def ready(self) -> bool:
        """Is everything as promised?"""
        return self.conditions[-1].status == "True"

    @property
    def exit_code(self) -> int:
        """0 well, 6 not as promised, 9 when the API server cannot be asked."""
        unreachable = any(item.reason in _SILENT for item in self.conditions if item.type == "ApiReachable")
        return 0 if self.ready else UNREACHABLE if unreachable else UNHEALTHY

    def plain(self) -> dict[str, Any]:
        """For programs."""
        conditions = [item.plain() for item in self.conditions]
        return {"site": self.site, "ready": self.ready, "conditions": conditions, "endpoints": self.endpoints}

    def text(self) -> str:
        """For people."""
        width = max([18, *(len(item.type) for item in self.conditions)])
        lines = [f"{_sign(item)} {item.type:<{width}} {item.message}" for item in self.conditions]
        urls = [f"  {name:<{width}} {url}" for name, url in self.endpoints.items()]
        return "\n".join([f"Site {self.site}", *lines, "Endpoints", *urls])


def site_report(context: Context) -> SiteReport:
    """A quick look at the site now. Raises ApiUnavailable when it has no cluster yet."""
    expected = context.expected
    return _report(context, quick(context, _cluster(context), expected))


def full_report(context: Context, seconds: float, step: Step) -> SiteReport:
    """Everything that is known how to look at, all at once; probes end after `seconds`.

    Raises ApiUnavailable when the site has no cluster yet.
    """
    expected = context.expected
    cluster = _cluster(context)
    pace = probes.Deadline(seconds)
    with ThreadPoolExecutor(max_workers=2) as pool:
        looking = pool.submit(quick, context, cluster, expected)
        probing = pool.submit(_probed, cluster, looking, pace, step)
        try:
            machines = _machines(context, step)
            parts = [*looking.result()[:-1], *probing.result(), *machines]
        except BaseException:
            pace.give_up()  # the pool waits for the probe, which must tidy up now
            raise
    return _report(context, health.in_order(parts))


def quick(context: Context, cluster: Cluster, expected: health.Expected) -> list[Condition]:
    """What the API tells, Ready last; all else is Unknown when it does not answer."""
    try:
        api = reachable(cluster, address=api_address(context), known=known_address(context))
        found = health.conditions(health.observe(cluster), expected)[:-1]
    except (ApiUnavailable, Forbidden) as error:
        return health.in_order(_unreachable(error, api_address(context)))
    return health.in_order([api, *found])


def reachable(cluster: Cluster, *, address: str, known: str) -> Condition:
    """ApiReachable. Raises ApiUnavailable or Forbidden."""
    if known != address:
        text = f"the administrator's credentials are for {known}, the site's API is at {address}; run: govcloud deploy"
        return Condition(type="ApiReachable", status="False", reason="AnotherAddress", message=text)
    cluster.raw("GET", "/readyz")
    text = f"{address} answers and is ready"
    return Condition(type="ApiReachable", status="True", reason="Ready", message=text)


def endpoints(context: Context) -> dict[str, str]:
    """URL by service. Pure."""
    first = context.site.control_planes[0].address
    return {
        "kubernetes": api_address(context),
        "registry": f"https://{first}:{REGISTRY_PORT}",
        # Node ports are answered on nodes' own addresses, which a virtual one is not.
        "prometheus": f"http://{first}:{PROMETHEUS_PORT}",
        "alertmanager": f"http://{first}:{ALERTMANAGER_PORT}",
    }


def api_address(context: Context) -> str:
    """Where the site file puts the API server."""
    return f"https://{context.site.api_host}:{context.site.api_port}"


def known_address(context: Context) -> str:
    """Where the administrator's credentials look for it. Raises ConfigError when the file is none."""
    file = context.paths.kubeconfig
    try:
        return str(yaml.safe_load(file.read_text())["clusters"][0]["cluster"]["server"])
    except (OSError, UnicodeDecodeError, yaml.YAMLError, LookupError, TypeError) as error:
        raise ConfigError(f"{file} is no kubeconfig; `govcloud deploy` writes it anew") from error


def _cluster(context: Context) -> Cluster:
    if not context.paths.kubeconfig.exists():
        raise ApiUnavailable(f"site {context.site.name} has no cluster yet; run: govcloud deploy")
    return real.connect(context.paths.kubeconfig, timeout_seconds=_ANSWER_SECONDS)


def _unreachable(error: GovcloudError, address: str) -> list[Condition]:
    refused = isinstance(error, Forbidden)
    reason = _REFUSED if refused else _NO_ANSWER
    advice = "`govcloud deploy` writes them anew" if refused else "are the control planes on? `govcloud deploy` repairs"
    api = Condition(type="ApiReachable", status="False", reason=reason, message=f"{address}: {error}; {advice}")
    unseen = "cannot be seen without the API server"
    others = [name for name in health.QUICK if name != "ApiReachable"]
    return [
        api,
        *(Condition(type=name, status="Unknown", reason="ApiUnreachable", message=unseen) for name in others),
    ]


def _probed(cluster: Cluster, looking: Future[list[Condition]], pace: probes.Pace, step: Step) -> list[Condition]:
    api = next(item for item in looking.result() if item.type == "ApiReachable")
    if api.status != "True":
        return probe_results.unknown("cannot be tried out without the API server", "ApiUnreachable")
    try:
        return probe_results.conditions(probes.run(cluster, metadata.version("govcloud"), pace, step))
    except GovcloudError as error:
        return probe_results.unknown(str(error))


def _machines(context: Context, step: Step) -> list[Condition]:
    promised = machine_health.Promised(
        control_planes=tuple(node.name for node in context.site.control_planes),
        schedule=context.site.spec.etcd.backup.schedule,
    )
    try:
        made = _awake(context)
        if made is None:
            return machine_health.unknown("no control plane lets us in by SSH; are they on?", "MachineSilent")
        reports = machine_playbook.look(context, made, machine_playbook.VERIFY, step)
    except ApiUnavailable as error:
        return machine_health.unknown(str(error), "MachineSilent")
    except GovcloudError as error:
        return machine_health.unknown(str(error), "VerificationFailed")
    return machine_health.conditions(reports, promised)


def _awake(context: Context) -> inventory.Inventory | None:
    """Control planes that let us in: what the others say cannot be had, and must not keep these from speaking."""
    made = inventory.load(context.paths.inventory)
    servers = [host for host in made.hosts if host.role == "control-plane"]
    access = inventory.ssh_access(context.site, context.site_file, context.paths)
    shut = reach.knock(reach.doors(servers, access))
    hosts = tuple(host for host in servers if host.name not in shut)
    return made.model_copy(update={"hosts": hosts}) if hosts else None


def _report(context: Context, conditions: list[Condition]) -> SiteReport:
    return SiteReport(site=context.site.name, conditions=tuple(conditions), endpoints=endpoints(context))


def _sign(condition: Condition) -> str:
    return "!" if condition.reason in health.WARNINGS else _SIGNS[condition.status]
