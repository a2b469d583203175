"""Completion of names from the cluster: quick, and silent when no cluster answers."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from govcloud_cli import access
from govcloud_cli.site_file import default_site

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from govcloud_kube.cluster import Cluster

Found = Callable[["Cluster", click.Context], Sequence[str]]
Complete = Callable[[click.Context, click.Parameter, str], list["CompletionItem"]]
_PATIENCE_SECONDS = 1.0


def from_cluster(found: Found) -> Complete:
    """For `shell_complete`: names that `found` gives and that begin as typed; none after a second without an answer."""

    def complete(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list["CompletionItem"]:
        from click.shell_completion import CompletionItem

        return [CompletionItem(name) for name in sorted(_names(found, context)) if name.startswith(incomplete)]

    return complete


def _names(found: Found, context: click.Context) -> set[str]:
    from govcloud_kube import real

    answer: set[str] = set()

    def look() -> None:
        # Whatever goes wrong, a shell that completes has no place for it.
        try:
            file = _credentials(context)
            answer.update(found(real.connect(file, timeout_seconds=_PATIENCE_SECONDS), context))
        except Exception:  # noqa: BLE001  # no credentials, no cluster, no right: there is nothing to offer
            return

    asking = threading.Thread(target=look, daemon=True)
    asking.start()
    asking.join(_PATIENCE_SECONDS)
    return set() if asking.is_alive() else answer


def _credentials(context: click.Context) -> Path:
    return access.credentials(_site(context), context.params.get("kubeconfig"))


def _home(context: click.Context) -> str | None:
    try:
        return access.home_namespace(_site(context), context.params.get("kubeconfig"), context.params.get("department"))
    except click.UsageError:
        return None


def _site(context: click.Context) -> Path:
    return Path(context.params.get("site") or default_site())


def _of_kind(kind: str, *, home: bool) -> Found:
    def found(cluster: "Cluster", context: click.Context) -> list[str]:
        from govcloud_api import labels

        namespace = _home(context) if home else None
        return [_name(item) for item in cluster.list(labels.API_VERSION, kind, namespace=namespace)]

    return found


def _requests(cluster: "Cluster", context: click.Context, kind: str = "EnvironmentRequest") -> list[str]:
    """Open ones; with the department's code before the name where the credentials are for none."""
    from govcloud_api import labels

    namespace = _home(context)
    found = cluster.list(labels.API_VERSION, kind, namespace=namespace)
    open_ = [item for item in found if (item.get("status") or {}).get("phase") in (None, "Pending", "PolicyChecked")]
    if namespace:
        return [_name(item) for item in open_]
    return [f"{item['metadata']['namespace'].removeprefix(labels.home_namespace(''))}/{_name(item)}" for item in open_]


def _questions(cluster: "Cluster", context: click.Context) -> list[str]:
    """Everything that people decide about; what lies in another's home with that department's code before it."""
    from govcloud_cli.tenancy import inbox, told

    home = _home(context)
    offers = told.offers(cluster, [home] if home else [])
    own = [*_requests(cluster, context), *_requests(cluster, context, "PolicyExemption")]
    return [*own, *(inbox.address(offer.request) for offer in offers)]


def _plans(cluster: "Cluster", context: click.Context) -> list[str]:
    from govcloud_api import labels

    found = cluster.list(labels.API_VERSION, "ServiceOffering")
    wanted = context.params.get("offering")
    return [plan["name"] for item in found if wanted in (None, _name(item)) for plan in item["spec"]["plans"]]


def _in_environments(kind: str) -> Found:
    def found(cluster: "Cluster", context: click.Context) -> list[str]:
        from govcloud_cli.tenancy import places

        spaces = places.workspaces(cluster, _home(context), context.params.get("environment"))
        return [_name(item) for item in places.everywhere(cluster, kind, spaces)]

    return found


def _name(item: dict[str, Any]) -> str:
    return str(item["metadata"]["name"])


departments = from_cluster(_of_kind("Department", home=False))
environments = from_cluster(_of_kind("Environment", home=True))
offerings = from_cluster(_of_kind("ServiceOffering", home=False))
tiers = from_cluster(_of_kind("ServiceTier", home=False))
plans = from_cluster(_plans)
requests = from_cluster(_requests)
questions = from_cluster(_questions)
instances = from_cluster(_in_environments("ServiceInstance"))
bindings = from_cluster(_in_environments("ServiceBinding"))
