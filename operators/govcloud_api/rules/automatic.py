"""What a policy grants without a person: everything, decreases, or small increases of what is really used. Pure.

No measurement, an old one, or nothing to take a percentage of means a person.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from govcloud_api import conditions, policy
from govcloud_api.rules.limits import result
from govcloud_api.rules.observed import Observed
from govcloud_api.rules.terms import GROWN_AT, Terms
from govcloud_api.v1alpha1 import ApprovalPolicy, environment_request, model
from govcloud_api.v1alpha1.approval_policy import Auto

RULE = "auto-approval"
REPEAT = timedelta(days=14)
"""Policy alone gives more once in the time that a measurement covers: the next one is all of the new quota."""
EGRESS_ORDER = ("closed", "internal", "public")
SENSITIVE: frozenset[model.DataClass] = frozenset({"confidential", "secret"})
"""Classes of data that policy alone does not let in."""
PolicyResult = environment_request.PolicyResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """A resource of which more is asked; `used` is what was measured, None when nothing is."""

    name: str
    before: int
    after: int
    ceiling: int = 0
    """Increase that passes whatever the percentage."""
    used: int | None = None
    needs_use: bool = True
    """Pods alone reserve nothing, so no use of them is asked for."""


def verdict(observed: Observed, found: ApprovalPolicy) -> PolicyResult:
    """May the policy alone grant it? What does not pass says who decides instead."""
    auto = found.spec.auto
    if hosts := new_hosts(observed):
        text = "host names need a person's approval: whoever is first has a name"
        return result(RULE, text, ", ".join(hosts)[:253], passed=False)
    if tier := better_tier(observed):
        text = "pods of a better tier take the place of others, so a person decides"
        return result(RULE, text, tier, passed=False)
    if exposed := exposure(observed):
        text = "data that can harm people, and a way out to everywhere, need a person"
        return result(RULE, text, exposed, passed=False)
    if auto.always:
        return result(RULE, "policy may grant this", found.metadata.name)
    if observed.request.spec.type != "Change" or observed.present is None or observed.wanted is None:
        return result(RULE, f"{_subject(observed)} needs a person's approval", found.metadata.name, passed=False)
    more = widening(observed.present, observed.wanted)
    if more:
        return result(RULE, f"{', '.join(more)}: that needs a person's approval", more[0], passed=False)
    grown = list(growths(observed, auto))
    if not grown:
        return result(RULE, "it takes nothing more", "a decrease", passed=auto.decreases)
    return _increase(observed, auto, grown)


def new_hosts(observed: Observed) -> list[str]:
    """Host names that are asked for and that the environment does not have yet."""
    if observed.wanted is None:
        return []
    had = observed.present.network.ingress_hosts if observed.present else ()
    return sorted(set(observed.wanted.network.ingress_hosts) - set(had))


def better_tier(observed: Observed) -> str:
    """The tier that is asked for, if its priority is above the environment's or else the department's; or empty."""
    if observed.wanted is None or observed.department is None:
        return ""
    had = observed.present.tier if observed.present else observed.department.spec.service_tier_ref
    before, after = observed.tiers.get(had), observed.tiers.get(observed.wanted.tier)
    if observed.wanted.tier == had or after is None:
        return ""
    return observed.wanted.tier if before is None or after.spec.priority > before.spec.priority else ""


def exposure(observed: Observed) -> str:
    """What is asked for that lets data do harm, and that the environment does not have yet; or empty."""
    if observed.wanted is None:
        return ""
    had, wanted = observed.present, observed.wanted
    if wanted.data_class in SENSITIVE and (had is None or _holds_more(had, wanted)):
        return f"data up to {wanted.data_class}"
    opened = wanted.network.egress == "public" and (had is None or _opens(had, wanted))
    return "egress public" if opened else ""


def needs_measurement(observed: Observed, found: ApprovalPolicy) -> bool:
    """Would a measurement of the use decide? Asking for one is slow, so it is asked for only then."""
    if found.spec.auto.always or new_hosts(observed) or observed.present is None or observed.wanted is None:
        return False
    grown = [growth for growth in growths(observed, found.spec.auto) if growth.needs_use]
    plain = observed.request.spec.type == "Change" and not widening(observed.present, observed.wanted)
    return plain and bool(grown) and all(_small(growth, found.spec.auto) for growth in grown)


def widening(present: Terms, wanted: Terms) -> list[str]:
    """What opens or promises more, apart from the quota; every one of it needs a person."""
    had = {(member.kind, member.name): member.role for member in present.members}
    joined = [m for m in wanted.members if had.get((m.kind, m.name)) not in (m.role, "editor")]
    return [
        text
        for holds, text in (
            (wanted.tier != present.tier, f"another tier ({wanted.tier})"),
            (_holds_more(present, wanted), f"data up to {wanted.data_class}"),
            (bool(joined), "more rights for members"),
            (_opens(present, wanted), f"egress {wanted.network.egress}"),
        )
        if holds
    ]


def _holds_more(present: Terms, wanted: Terms) -> bool:
    """May it hold data of a higher class?"""
    return model.DATA_CLASSES.index(wanted.data_class) > model.DATA_CLASSES.index(present.data_class)


def _opens(present: Terms, wanted: Terms) -> bool:
    """Does it reach further out?"""
    return EGRESS_ORDER.index(wanted.network.egress) > EGRESS_ORDER.index(present.network.egress)


def growths(observed: Observed, auto: Auto) -> Iterator[Growth]:
    """Resources of which more is asked than there is now."""
    if observed.present is None or observed.wanted is None:
        return
    before, after, free = observed.present.share, observed.wanted.share, _free(auto)
    seen = observed.measured
    rows = (
        Growth(
            name="cpu",
            before=before.cpu_millicores,
            after=after.cpu_millicores,
            ceiling=free.cpu_millicores,
            used=seen.cpu_millicores if seen else None,
        ),
        Growth(
            name="memory",
            before=before.memory_bytes,
            after=after.memory_bytes,
            ceiling=free.memory_bytes,
            used=seen.memory_bytes if seen else None,
        ),
        Growth(name="storage", before=before.storage_bytes, after=after.storage_bytes, ceiling=free.storage_bytes),
        Growth(name="pods", before=observed.present.quota.pods, after=observed.wanted.quota.pods, needs_use=False),
    )
    yield from (row for row in rows if row.after > row.before)


def _increase(observed: Observed, auto: Auto, grown: list[Growth]) -> PolicyResult:
    large = [growth for growth in grown if not _small(growth, auto)]
    if large:
        first = large[0]
        text = f"policy alone grants up to {auto.max_increase_percent} % more {first.name}; the rest needs a person"
        return result(RULE, text, _percent_text(first), passed=False)
    last = grown_at(observed)
    if last is not None and observed.now < last + REPEAT:
        text = f"policy alone gives more once in {REPEAT.days} days; a person may give more before"
        return result(RULE, text, conditions.timestamp(last), passed=False)
    asked = [growth for growth in grown if growth.needs_use]
    doubt = _doubt(observed, auto, asked)
    if doubt:
        return result(RULE, f"{doubt}, so a person decides", "no measurement", passed=False)
    for growth in asked:
        share = 100 * (growth.used or 0) // growth.before if growth.before else 0
        if share < auto.min_utilisation_percent:
            text = f"policy alone grants more {growth.name} from {auto.min_utilisation_percent} % of use on"
            return result(RULE, text, f"{growth.name}: {share} % used", passed=False)
    return result(RULE, "a small increase of what is used", "; ".join(_percent_text(growth) for growth in grown))


def grown_at(observed: Observed) -> datetime | None:
    """When policy alone last gave the environment more."""
    noted = observed.environment.metadata.annotations.get(GROWN_AT) if observed.environment else None
    return conditions.parse_timestamp(noted) if noted else None


def _doubt(observed: Observed, auto: Auto, asked: list[Growth]) -> str:
    """Why the measurement cannot decide, empty when it can."""
    if not asked:
        return ""
    blind = [growth.name for growth in asked if growth.used is None]
    if observed.measured is None or blind:
        return f"the use of {blind[0] if blind else asked[0].name} is not measured"
    age = observed.now - observed.measured.at
    if not timedelta(minutes=-1) <= age <= timedelta(minutes=auto.metrics_max_age_minutes):
        return "the last measurement is not of now"
    return ""


def _small(growth: Growth, auto: Auto) -> bool:
    """Within the percentage of what there is, or within what is free anyway; nothing is no base for a percentage."""
    more = growth.after - growth.before
    return more <= growth.ceiling or 100 * more <= auto.max_increase_percent * growth.before


def _free(auto: Auto) -> policy.Share:
    free = auto.free_ceiling
    if free is None:
        return policy.Share()
    return policy.share(cpu=free.cpu, memory=free.memory, storage=free.storage)


def _percent_text(growth: Growth) -> str:
    if not growth.before:
        return f"{growth.name}: from nothing"
    return f"{growth.name}: +{-(-100 * (growth.after - growth.before) // growth.before)} %"


def _subject(observed: Observed) -> str:
    kind = observed.request.spec.type
    return observed.purpose if kind == "Create" else f"a {kind} of {observed.purpose}"
