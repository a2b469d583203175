"""Can this program be run and published? Pure."""

from __future__ import annotations

from govcloud_api import labels
from govcloud_operators.services.driver import Order


def fault(order: Order) -> str:
    """Everything that is wrong with an order, each with what to change; empty when nothing is."""
    wanted = order.instance.spec.web
    if wanted is None:
        return "spec.web is missing; say which image runs"
    found = [_host(order, wanted.host), *(_variable(v.name, v.secret_name) for v in wanted.variables)]
    names = [variable.name for variable in wanted.variables]
    twice = sorted({name for name in names if names.count(name) > 1})
    found.append(f"spec.web.variables has {', '.join(twice)} twice; leave one out" if twice else "")
    return "; ".join(filter(None, found))


def default_host(instance: str, namespace: str) -> str:
    """The name that every program may have without asking."""
    return f"{instance}.{namespace}.{labels.APPS_DOMAIN}"


def _host(order: Order, host: str | None) -> str:
    default = default_host(order.instance.metadata.name, order.namespace)
    if host is None or host == default or host in order.ingress_hosts:
        return ""
    allowed = ", ".join([default, *sorted(order.ingress_hosts)])
    return f"spec.web.host {host} is not a name of this environment; use one of {allowed}, or request it with a change"


def _variable(name: str, secret: str | None) -> str:
    if secret is None or not secret.startswith(labels.CHILD_PREFIX):
        return ""
    return f"variable {name} takes from Secret {secret}, which belongs to a service; make a binding and use its Secret"
