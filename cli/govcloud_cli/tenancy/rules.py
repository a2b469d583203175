"""The rules that a request must pass, as far as these credentials reach: what each says, and what would pass. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from govcloud_api import conditions, labels, policy, quantity
from govcloud_api.v1alpha1 import Environment, model
from govcloud_cli.tenancy.case import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule's word, and what would pass."""

    name: str
    passes: bool
    message: str


def _active(case: Case) -> Rule | None:
    if case.seen.department is None:
        return None
    suspended = case.seen.department.spec.suspended
    text = "the department is suspended; ask the platform team to lift it" if suspended else "the department is active"
    return Rule(name="department-active", passes=not suspended, message=text)


def _name_free(case: Case) -> Rule | None:
    if case.spec.type != "Create" or not case.spec.product or not case.spec.purpose:
        return None
    name = policy.environment_name(case.spec.product, case.spec.purpose)
    taken = any(environment.metadata.name == name for environment in case.seen.environments)
    text = f"environment {name} exists already; use it, give it back, or choose another product name"
    return Rule(name="name-free", passes=not taken, message=text if taken else f"the name {name} is free")


def _lifetime(case: Case) -> Rule | None:
    if case.spec.type == "Create":
        return _first_life(case)
    if case.spec.type == "Extend" and case.before is not None:
        return _longer_life(case, case.before)
    return None


def _first_life(case: Case) -> Rule:
    days, longest = (
        policy.lifetime_days(case.purpose, case.spec.lifetime_days),
        policy.MAX_LIFETIME_DAYS.get(case.purpose),
    )
    if days is None:
        return Rule(name="lifetime", passes=True, message="it does not expire")
    if longest is not None and days > longest:
        text = f"{case.purpose} lives at most {longest} days; ask for {longest} or fewer"
        return Rule(name="lifetime", passes=False, message=text)
    return Rule(name="lifetime", passes=True, message=f"it lives {days} days")


def _longer_life(case: Case, before: Environment) -> Rule | None:
    born = before.metadata.creation_timestamp
    latest = policy.latest_end(case.purpose, conditions.parse_timestamp(born)) if born else None
    if latest is None:
        return None
    left = (latest - case.now) // timedelta(days=1)
    passes = (case.spec.lifetime_days or 0) <= left
    text = f"it may live until {conditions.timestamp(latest)}: {max(left, 0)} more days at most"
    return Rule(name="lifetime", passes=passes, message=text)


def _quota(case: Case) -> Rule | None:
    holder = case.seen.receiver if case.spec.type == "Transfer" else case.seen.department
    if holder is None or case.quota is None or case.spec.type == "Extend":
        return None
    if case.spec.type == "Transfer":
        return None  # what the receiver has given out already is not ours to see
    others = [e for e in case.seen.environments if e is not case.before]
    given, asked, limit = policy.allocated(others), policy.quota_share(case.quota), policy.hard(holder)
    lines = [
        *_over("cpu", (given.cpu_millicores, asked.cpu_millicores, limit.cpu_millicores), quantity.cpu_text),
        *_over("memory", (given.memory_bytes, asked.memory_bytes, limit.memory_bytes), quantity.bytes_text),
        *_over("storage", (given.storage_bytes, asked.storage_bytes, limit.storage_bytes), quantity.bytes_text),
    ]
    text = "; ".join(lines) or "the department has enough left"
    advice = "; choose a smaller size or give an environment back" if lines else ""
    return Rule(name="quota", passes=not lines, message=f"{text}{advice}")


def _over(name: str, amounts: tuple[int, int, int], text: Callable[[int], str]) -> list[str]:
    given, asked, limit = amounts
    if given + asked <= limit:
        return []
    left = max(0, limit - given)
    return [
        f"{name}: {text(given)} of {text(limit)} is given out, {text(asked)} was asked, at most {text(left)} passes"
    ]


def _data_class(case: Case) -> Rule | None:
    holder = case.seen.receiver if case.spec.type == "Transfer" else case.seen.department
    if holder is None:
        return None
    highest, order = holder.spec.max_data_class, model.DATA_CLASSES
    passes = order.index(case.data_class) <= order.index(highest)
    text = f"{case.data_class} data is allowed here" if passes else f"this department holds at most {highest} data here"
    return Rule(name="data-class", passes=passes, message=text)


def _tier(case: Case) -> Rule | None:
    if case.spec.tier_ref is None or case.seen.tiers is None:
        return None
    known = ", ".join(sorted(case.seen.tiers))
    passes = case.spec.tier_ref in case.seen.tiers
    text = (
        f"tier {case.spec.tier_ref} exists"
        if passes
        else f"there is no tier {case.spec.tier_ref}; choose from: {known}"
    )
    return Rule(name="tier", passes=passes, message=text)


def _size(case: Case) -> Rule | None:
    tier, quota = case.tier, case.quota
    if case.spec.type not in ("Create", "Change") or tier is None or quota is None:
        return None
    largest, fitting = tier.spec.largest_size, policy.size_fitting(quota)
    order = policy.SIZE_ORDER
    passes = fitting is not None and order.index(fitting) <= order.index(largest)
    text = f"tier {tier.metadata.name} gives one environment at most size {largest}; ask for less or another tier"
    return Rule(name="size", passes=passes, message="the size is one that the tier has" if passes else text)


def _hosts(case: Case) -> Rule | None:
    if case.spec.network is None or not case.spec.network.ingress_hosts:
        return None
    own = [host for host in case.spec.network.ingress_hosts if f".{host}".endswith(f".{labels.APPS_DOMAIN}")]
    text = f"{', '.join(own)}: names below {labels.APPS_DOMAIN} are the cloud's own and need no request"
    return Rule(name="hosts", passes=not own, message=text if own else "the host names are not the cloud's own")


RULES: Sequence[Callable[[Case], Rule | None]] = (
    _active,
    _name_free,
    _lifetime,
    _tier,
    _size,
    _quota,
    _data_class,
    _hosts,
)
