"""What a department may use, has given out and uses. Pure but for `gather`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from govcloud_api import labels, policy
from govcloud_api.v1alpha1 import Environment, ServiceTier
from govcloud_cli.output import table
from govcloud_cli.tenancy import places, words
from govcloud_kube.cluster import Cluster, Object
from govcloud_monitoring.advice.reserved import RESOURCES, reserved
from govcloud_monitoring.advice.reserved import namespaces as namespaces_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A department (None: may not be read) with its environments, and prices as far as they may be seen."""

    code: str
    department: Object | None
    environments: tuple[Object, ...]
    tiers: Mapping[str, ServiceTier]

    def plain(self) -> dict[str, Any]:
        """For programs."""
        hard, given = limits(self)
        return {
            "department": self.code,
            "quota": {"hard": dict(hard) or None, "allocated": dict(given)},
            "environments": [
                {
                    "name": item["metadata"]["name"],
                    "quota": item["spec"]["quota"],
                    "used": reserved(item),
                    "monthlyCents": monthly_cents(item, self.tiers),
                }
                for item in self.environments
            ],
        }


def gather(cluster: Cluster, home: str | None) -> list[Seen]:
    """Of one department, or of all (None)."""
    tiers = {
        item["metadata"]["name"]: ServiceTier.parse(item) for item in places.readable(cluster, "ServiceTier") or []
    }
    if home is not None:
        found = [(places.code_of(home), places.department(cluster, places.code_of(home)))]
    else:
        found = [(item["spec"]["code"], item) for item in places.listed(cluster, "Department", None)]
    return [
        Seen(
            code=code,
            department=item,
            environments=tuple(places.listed(cluster, "Environment", labels.home_namespace(code))),
            tiers=tiers,
        )
        for code, item in found
    ]


def namespaces(found: Sequence[Seen]) -> list[str]:
    """Those of all environments that have one."""
    return namespaces_of(item for seen in found for item in seen.environments)


def monthly_cents(environment: Object, tiers: Mapping[str, ServiceTier]) -> int | None:
    """What its quota costs; None when its tier's prices are not known."""
    spec = Environment.parse(environment).spec
    tier = tiers.get(spec.tier_ref)
    return policy.monthly_cents(policy.quota_share(spec.quota), tier.spec.prices) if tier else None


def limits(seen: Seen) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """What the department may use (empty: these credentials may not read it), and what of it is given out."""
    counted = ((seen.department or {}).get("status") or {}).get("quota") or {}
    hard = ((seen.department or {}).get("spec") or {}).get("quota", {}).get("hard") or {}
    own = policy.allocated(Environment.parse(item) for item in seen.environments)
    return counted.get("hard") or {key: str(value) for key, value in hard.items()}, counted.get(
        "allocated"
    ) or own.wire()


def text(found: Sequence[Seen]) -> str:
    """A block a department."""
    return "\n\n".join(_block(seen) for seen in found) or "there is no department yet"


def _block(seen: Seen) -> str:
    hard, given = limits(seen)
    head = table(
        (f"DEPARTMENT {seen.code}", "CPU", "MEMORY", "STORAGE"),
        [("may use", *(hard.get(key, "?") for key in RESOURCES)), ("given out", *(given[key] for key in RESOURCES))],
    )
    rows = [_row(item, seen.tiers) for item in seen.environments]
    shown = table(("ENVIRONMENT", "CPU", "MEMORY", "STORAGE", "A MONTH"), rows) if rows else "no environments"
    return f"{head}\n{shown}"


def _row(item: Object, tiers: Mapping[str, ServiceTier]) -> tuple[str, ...]:
    taken, quota = reserved(item), item["spec"]["quota"]
    shares = [f"{taken.get(name, '?')} of {quota[name]}" for name in RESOURCES]
    cents = monthly_cents(item, tiers)
    return (item["metadata"]["name"], *shares, "-" if cents is None else words.money(cents))
