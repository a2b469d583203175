"""Rules about amounts: size, quota, what is in use, class of data, tier. Pure."""

from __future__ import annotations

from collections.abc import Callable

from govcloud_api import policy, quantity
from govcloud_api.rules.observed import Observed
from govcloud_api.rules.terms import Terms
from govcloud_api.v1alpha1 import environment_request, model

PolicyResult = environment_request.PolicyResult

SMALLEST_CPU_MILLICORES = 100
SMALLEST_MEMORY_BYTES = 128 * 2**20


def size_sane(observed: Observed) -> PolicyResult:
    """Enough to run anything, and no more than the tier gives to one environment."""
    wanted = wanted_terms(observed)
    tier = observed.tiers.get(wanted.tier)
    share = wanted.share
    if share.cpu_millicores < SMALLEST_CPU_MILLICORES or share.memory_bytes < SMALLEST_MEMORY_BYTES:
        return result("size", "ask for at least 100m CPU and 128Mi memory", _short(share), passed=False)
    if tier is not None and _grows(observed) and not _within(share, tier.spec.largest_size):
        largest = policy.quota_share(policy.SIZES[tier.spec.largest_size])
        most = f"size {tier.spec.largest_size} ({_short(largest)})"
        text = f"tier {wanted.tier} gives one environment at most {most}; ask for less or another tier"
        return result("size", text, _short(share), passed=False)
    return result("size", "the size is one that the tier has", _short(share))


def within_quota(observed: Observed) -> PolicyResult:
    """What is allocated plus what is asked stays within the ceiling, in every resource that is asked for more of."""
    transfer = observed.request.spec.type == "Transfer"
    of = observed.receiver if transfer else observed.department
    if of is None:
        return result("quota", "without a department there is no quota", "no department", passed=False)
    around = observed.receivers_environments if transfer else observed.environments
    others = [e for e in around if transfer or e.metadata.name != observed.environment_name]
    ceiling, given, asked = policy.hard(of), policy.allocated(others), wanted_terms(observed).share
    had = observed.present.share if observed.present is not None and not transfer else policy.Share()
    lines = [
        _over(name, given_, asked_, limit, text)
        for (name, given_, text), (_, asked_, _), (_, limit, _), (_, had_, _) in zip(
            _parts(given), _parts(asked), _parts(ceiling), _parts(had), strict=True
        )
        if asked_ > had_
    ]
    measured = f"allocated {_short(given)}, asked {_short(asked)}, limit {_short(ceiling)}"
    too_much = [line for line in lines if line]
    if too_much:
        text = f"{'; '.join(too_much)}; choose a smaller size or give an environment back"
        return result("quota", text, measured, passed=False)
    floor = ", within its guaranteed floor" if policy.within_floor(of, given + asked) else ""
    return result("quota", f"the department has enough left{floor}", measured)


def not_in_use(observed: Observed) -> PolicyResult:
    """A quota never falls below what its namespace has reserved: a shrink waits until it is free."""
    quota = wanted_terms(observed).quota
    wanted = {
        "requests.cpu": quota.cpu,
        "requests.memory": quota.memory,
        "limits.cpu": quantity.cpu_text(2 * quantity.cpu_millicores(quota.cpu)),
        "limits.memory": quota.memory,
        "requests.storage": quota.storage,
        "pods": str(quota.pods),
    }
    over = [
        f"{name}: {observed.used[name]} is reserved, {limit} would be left"
        for name, limit in wanted.items()
        if name in observed.used and quantity.cpu_millicores(observed.used[name]) > quantity.cpu_millicores(limit)
    ]
    if over and _shrinks(observed):
        text = f"{'; '.join(over)}; scale down first, the request waits"
        return result("not-in-use", text, over[0].partition(",")[0], passed=False)
    return result("not-in-use", "nothing that runs loses its place", "fits")


def data_class(observed: Observed) -> PolicyResult:
    """The department may hold data of that class here."""
    asked = wanted_terms(observed).data_class
    of = observed.receiver if observed.request.spec.type == "Transfer" else observed.department
    highest: model.DataClass = of.spec.max_data_class if of is not None else "public"
    if model.DATA_CLASSES.index(asked) > model.DATA_CLASSES.index(highest):
        text = f"the department holds data up to {highest} here; ask for {highest} or less, or ask the platform team"
        return result("data-class", text, asked, passed=False)
    return result("data-class", f"the department may hold up to {highest}", asked)


def tier_known(observed: Observed) -> PolicyResult:
    """The tier is one that the platform offers."""
    name = wanted_terms(observed).tier
    if name not in observed.tiers:
        text = f"there is no service tier {name}; look with: govcloud catalog ls"
        return result("tier-known", text, name, passed=False)
    return result("tier-known", "the platform offers this tier", name)


def result(rule: str, message: str, measured: str, *, passed: bool = True) -> PolicyResult:
    """Verdict of one rule, within the lengths that a status has."""
    return PolicyResult(rule=rule, pass_=passed, message=message[:1000], measured=measured[:253])


def wanted_terms(observed: Observed) -> Terms:
    """Rules that are not blind run only when it is known what is wanted."""
    if observed.wanted is None:
        raise ValueError("nothing is known of what is wanted")
    return observed.wanted


def _parts(share: policy.Share) -> tuple[tuple[str, int, Callable[[int], str]], ...]:
    return (
        ("cpu", share.cpu_millicores, quantity.cpu_text),
        ("memory", share.memory_bytes, quantity.bytes_text),
        ("storage", share.storage_bytes, quantity.bytes_text),
    )


def _over(name: str, given: int, asked: int, limit: int, text: Callable[[int], str]) -> str:
    if given + asked <= limit:
        return ""
    left = max(0, limit - given)
    return f"{name}: {text(given)} of {text(limit)} is allocated, {text(asked)} was asked, at most {text(left)} passes"


def _grows(observed: Observed) -> bool:
    """More of something than now, or another tier: a limit of the tier binds only then."""
    wanted, present = wanted_terms(observed), observed.present
    if present is None or wanted.tier != present.tier:
        return True
    return any(now > had for (_, now, _), (_, had, _) in zip(_parts(wanted.share), _parts(present.share), strict=True))


def _shrinks(observed: Observed) -> bool:
    wanted, present = wanted_terms(observed), observed.present
    if present is None:
        return False
    less = [n < had for (_, n, _), (_, had, _) in zip(_parts(wanted.share), _parts(present.share), strict=True)]
    return any(less) or wanted.quota.pods < present.quota.pods


def _within(share: policy.Share, largest: model.Size) -> bool:
    limit = policy.quota_share(policy.SIZES[largest])
    return all(asked <= most for (_, asked, _), (_, most, _) in zip(_parts(share), _parts(limit), strict=True))


def _short(amount: policy.Share) -> str:
    return "/".join(amount.wire().values())
