"""The catalogue in words: offerings, plans with their price, tiers. Pure but for `gather`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from govcloud_api import policy
from govcloud_api.v1alpha1 import ServiceOffering, ServiceTier
from govcloud_cli.output import table
from govcloud_cli.tenancy import places, words
from govcloud_kube.cluster import Cluster, Object


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Everything that can be ordered, and at which level of service."""

    offerings: tuple[Object, ...]
    tiers: tuple[Object, ...]

    def plain(self) -> dict[str, Any]:
        """For programs."""
        return {"offerings": list(self.offerings), "tiers": list(self.tiers)}


def gather(cluster: Cluster) -> Catalogue:
    """Read the catalogue; tiers only as far as they may be seen."""
    tiers = places.readable(cluster, "ServiceTier") or []
    return Catalogue(offerings=tuple(places.listed(cluster, "ServiceOffering", None)), tiers=tuple(tiers))


def text(found: Catalogue) -> str:
    """Two tables."""
    offers = [
        (
            item["metadata"]["name"],
            item["spec"].get("supportStatus", "-"),
            ", ".join(plan["name"] for plan in item["spec"]["plans"]),
            ", ".join(version["version"] for version in item["spec"].get("versions") or []) or "-",
            item["spec"]["displayName"],
        )
        for item in found.offerings
    ]
    if not offers:
        return "nothing can be ordered yet; the platform team fills the catalogue"
    shown = table(("OFFERING", "STATUS", "PLANS", "VERSIONS", "WHAT"), offers)
    return "\n".join([shown, "", tiers_text(found.tiers)]) if found.tiers else shown


def tiers_text(tiers: Sequence[Object]) -> str:
    """Level of service and prices of a month, in the site's currency."""
    rows = []
    for item in tiers:
        aims, prices = item["spec"]["objectives"], item["spec"]["prices"]
        money = [words.money(prices[key]) for key in ("cpuCoreCents", "memoryGibCents", "storageGibCents")]
        rows.append((item["metadata"]["name"], f"{aims['availabilityPercent']} %", *money))
    return table(("TIER", "AVAILABLE", "A CORE", "A GIB OF MEMORY", "A GIB OF STORAGE"), rows)


def offering_text(item: Object, tiers: Sequence[Object]) -> str:
    """All about an offering: versions, and each plan with what it reserves and costs in each tier."""
    offering = ServiceOffering.parse(item)
    spec = offering.spec
    head = [f"{spec.display_name} ({item['metadata']['name']}, {spec.support_status})", spec.description]
    chosen = [f"{v.version}{' (unless said otherwise)' if v.default else ''}" for v in spec.versions]
    head += [f"versions: {', '.join(chosen)}"] if chosen else []
    head += [f"data up to: {spec.max_data_class}"]
    parsed = [ServiceTier.parse(tier) for tier in tiers]
    names = [f"A MONTH, {tier.metadata.name.upper()}" for tier in parsed]
    rows = [
        (
            plan.name, plan.cpu, plan.memory, plan.storage, str(plan.replicas),
            *[words.money(monthly_cents(plan, tier)) for tier in parsed], "; ".join(plan.bullets),
        )
        for plan in spec.plans
    ]  # fmt: skip
    shown = table(("PLAN", "CPU", "MEMORY", "STORAGE", "COPIES", *names, "WHAT YOU GET"), rows)
    name = item["metadata"]["name"]
    order = f"order: govcloud service create NAME -e ENVIRONMENT --offering {name} --plan {spec.plans[0].name}"
    return "\n".join([*filter(None, head), shown, order])


def monthly_cents(plan: Any, tier: ServiceTier) -> int:
    """The plan's own price and what it reserves, all copies together, at the tier's prices."""
    one = policy.share(cpu=plan.cpu, memory=plan.memory, storage=plan.storage)
    total = policy.Share()
    for _ in range(plan.replicas):
        total = total + one
    return int(plan.price_cents) + policy.monthly_cents(total, tier.spec.prices)
