"""What `status` says: conditions of a site and where its services are reached."""

from dataclasses import dataclass
from typing import Any

from govcloud_api.errors import ApiUnavailable
from govcloud_infra.deploy import health
from govcloud_infra.deploy.context import Context
from govcloud_infra.deploy.variables import API_PORT, REGISTRY_PORT
from govcloud_kube import real

PROMETHEUS_PORT = 30090


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteReport:
    """Conditions with Ready last, and URLs by service."""

    site: str
    conditions: tuple[health.Condition, ...]
    endpoints: dict[str, str]

    @property
    def ready(self) -> bool:
        """Is everything as promised?"""
        return self.conditions[-1].status == "True"

    def plain(self) -> dict[str, Any]:
        """For programs."""
        conditions = [item.plain() for item in self.conditions]
        return {"site": self.site, "ready": self.ready, "conditions": conditions, "endpoints": self.endpoints}

    def text(self) -> str:
        """For people."""
        signs = {"True": "✓", "False": "✗", "Unknown": "?"}
        lines = [f"{signs[item.status]} {item.type:<18} {item.message}" for item in self.conditions]
        urls = [f"  {name:<18} {url}" for name, url in self.endpoints.items()]
        return "\n".join([f"Site {self.site}", *lines, "Endpoints", *urls])


def site_report(context: Context) -> SiteReport:
    """Look at the site now. Raises ApiUnavailable when there is no cluster or it does not answer."""
    expected = context.expected
    if not context.paths.kubeconfig.exists():
        raise ApiUnavailable(f"site {context.site.name} has no cluster yet; run: govcloud deploy")
    observed = health.observe(real.connect(context.paths.kubeconfig))
    found = health.conditions(observed, expected)
    return SiteReport(site=context.site.name, conditions=tuple(found), endpoints=endpoints(context))


def endpoints(context: Context) -> dict[str, str]:
    """URL by service. Pure."""
    address = context.site.api_address
    return {
        "kubernetes": f"https://{address}:{API_PORT}",
        "registry": f"https://{address}:{REGISTRY_PORT}",
        "prometheus": f"http://{address}:{PROMETHEUS_PORT}",
    }
