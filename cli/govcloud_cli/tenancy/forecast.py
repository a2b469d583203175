"""A verdict in words. Pure."""

from govcloud_cli.tenancy import environments
from govcloud_cli.tenancy.verdict import Verdict
from govcloud_kube.cluster import Object


def text(request: Object, found: Verdict) -> str:
    """What the API server, the rules and the price list say; nothing was created."""
    name = request["metadata"].get("name") or f"{request['metadata'].get('generateName', '')}…"
    return "\n".join(["the API server accepts it; nothing was created", f"request: {name}", *lines(found)])


def lines(found: Verdict) -> list[str]:
    """Rules, price, who decides, what could not be told."""
    rules = [f"{'✓' if rule.pass_ else '✗'} {rule.rule}: {rule.message} ({rule.measured})" for rule in found.rules]
    estimate = found.estimate
    price = environments.price_text(estimate.monthly_cents, estimate.monthly_change_cents) if estimate else "not known"
    unknown = [f"not known here: {what}" for what in found.unknown]
    return [*rules, f"price: {price}", f"decision: {_decision(found)}", *unknown]


def _decision(found: Verdict) -> str:
    by = f" (policy {found.policy})" if found.policy else ""
    if any(not rule.pass_ for rule in found.rules):
        return f"it waits until every rule passes{by}"
    if found.granted:
        return f"granted at once{by}"
    if found.needed:
        ahead = "unless it is granted at once, " if found.granted is None else ""
        return f"{ahead}{', '.join(found.needed)} must agree{by}"
    return f"the operator says{by}"
