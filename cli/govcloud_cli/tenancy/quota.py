"""What a department may use, has given out and uses, and what it could give back. Pure but for `gather`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from govcloud_api import labels, policy
from govcloud_api.v1alpha1 import Environment, ServiceTier
from govcloud_cli.output import table
from govcloud_cli.tenancy import places, words
from govcloud_kube.cluster import Cluster, Object

HEADROOM_PERCENT = 30
"""What stays free beyond what is reserved now, so that a smaller quota does not stop the next release."""
_USED = {"cpu": "requests.cpu", "memory": "requests.memory", "storage": "requests.storage"}


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
                    "used": used(item),
                    "monthlyCents": monthly_cents(item, self.tiers),
                }
                for item in self.environments
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """A proposal to give something back, with what it saves in a month (None: prices are not known) and the command."""

    environment: str
    why: str
    saves_cents: int | None
    command: str

    def plain(self) -> dict[str, Any]:
        """For programs."""
        return {
            "environment": self.environment,
            "why": self.why,
            "savesMonthlyCents": self.saves_cents,
            "command": self.command,
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


def used(environment: Object) -> dict[str, str]:
    """What pods and volumes of it reserve now; empty while nobody counted."""
    counted = ((environment.get("status") or {}).get("quota") or {}).get("used") or {}
    return {name: str(counted[key]) for name, key in _USED.items() if key in counted}


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
        [("may use", *(hard.get(key, "?") for key in _USED)), ("given out", *(given[key] for key in _USED))],
    )
    rows = [_row(item, seen.tiers) for item in seen.environments]
    shown = table(("ENVIRONMENT", "CPU", "MEMORY", "STORAGE", "A MONTH"), rows) if rows else "no environments"
    return f"{head}\n{shown}"


def _row(item: Object, tiers: Mapping[str, ServiceTier]) -> tuple[str, ...]:
    taken, quota = used(item), item["spec"]["quota"]
    shares = [f"{taken.get(name, '?')} of {quota[name]}" for name in _USED]
    cents = monthly_cents(item, tiers)
    return (item["metadata"]["name"], *shares, "-" if cents is None else words.money(cents))


def advise(seen: Seen) -> list[Advice]:
    """Environments that reserve much less than they hold, most saving first."""
    found = [advice for item in seen.environments for advice in _advice(item, seen.tiers)]
    return sorted(found, key=lambda advice: (-(advice.saves_cents or 0), advice.environment))


def _advice(item: Object, tiers: Mapping[str, ServiceTier]) -> Iterator[Advice]:
    environment, taken = Environment.parse(item), used(item)
    if len(taken) < len(_USED):
        return  # not counted: nothing is known
    name = environment.metadata.name
    now = policy.share(cpu=taken["cpu"], memory=taken["memory"], storage=taken["storage"])
    tier = tiers.get(environment.spec.tier_ref)
    if now == policy.Share():
        yield Advice(
            environment=name,
            why="nothing runs and nothing is stored in it",
            saves_cents=monthly_cents(item, tiers),
            command=f'govcloud env delete {name} --confirm {name} --why "nothing runs in it"',
        )
        return
    size = _smaller(environment, now)
    if size is not None:
        before, after = policy.quota_share(environment.spec.quota), policy.quota_share(policy.SIZES[size])
        prices = tier.spec.prices if tier else None
        yield Advice(
            environment=name,
            why=f"{_shares(now, before)} of its quota is reserved; {size} leaves at least {HEADROOM_PERCENT} % free",
            saves_cents=-policy.estimate(after, prices, before).monthly_change_cents if prices else None,
            command=f'govcloud env change {name} --size {size} --why "it needs less"',
        )


def _smaller(environment: Environment, now: policy.Share) -> str | None:
    """The smallest size that holds what is reserved and some more, and is less than the quota in everything."""
    have = policy.quota_share(environment.spec.quota)
    for size in policy.SIZE_ORDER:
        offered = policy.quota_share(policy.SIZES[size])
        roomy = all(100 * mine * (100 + HEADROOM_PERCENT) <= 10000 * theirs for mine, theirs in _pairs(now, offered))
        less = all(theirs <= mine for theirs, mine in _pairs(offered, have)) and offered != have
        if roomy and less:
            return size
    return None


def _pairs(one: policy.Share, other: policy.Share) -> list[tuple[int, int]]:
    return [
        (one.cpu_millicores, other.cpu_millicores),
        (one.memory_bytes, other.memory_bytes),
        (one.storage_bytes, other.storage_bytes),
    ]


def _shares(now: policy.Share, whole: policy.Share) -> str:
    names = ("cpu", "memory", "storage")
    return ", ".join(
        f"{100 * part // all_ if all_ else 0} % {name}"
        for name, (part, all_) in zip(names, _pairs(now, whole), strict=True)
    )


def advice_text(found: Sequence[Seen]) -> str:
    """A line and a command an advice; what is reserved is not what is measured, and this says so."""
    lines = []
    for seen in found:
        for advice in advise(seen):
            saves = "" if advice.saves_cents is None else f" (saves {words.money(advice.saves_cents)} a month)"
            lines += [f"{seen.code}/{advice.environment}: {advice.why}{saves}", f"  {advice.command}"]
    if not lines:
        return "nothing to give back: what is given out is reserved"
    return "\n".join([*lines, "counted is what pods and volumes reserve, not what they really use"])
