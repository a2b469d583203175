"""Advice, and when quotas will be full, for people and for programs. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from govcloud_cli.tenancy import words
from govcloud_cli.tenancy.quota import Seen
from govcloud_monitoring.advice import measured
from govcloud_monitoring.advice.measured import Filling, Measured
from govcloud_monitoring.advice.proposals import Advice, advise

_HORIZON = "180 days"


def plain(found: Sequence[Seen], known: Measured) -> list[dict[str, Any]]:
    """For programs: an entry an advice, and one for each quota that fills, which has `resource` and `daysLeft`, too."""
    entries = []
    for seen in found:
        entries += [
            {"department": seen.code} | advice.plain() for advice in advise(seen.environments, seen.tiers, known)
        ]
        entries += [_plain_filling(filling) for filling in known.fillings if filling.department == seen.code]
    return entries


def text(found: Sequence[Seen], known: Measured) -> str:
    """Some lines and a command an advice; what it is judged by is said."""
    given = [(seen, advice) for seen in found for advice in advise(seen.environments, seen.tiers, known)]
    lines = [line for seen, advice in given for line in _lines(seen.code, advice)]
    if not lines:
        lines.append("nothing to give back: what is given out is reserved")
    codes = {seen.code for seen in found}
    lines += [f"{each.department}: {filling_text(each)}" for each in known.fillings if each.department in codes]
    if any(advice.basis == "reserved" for _, advice in given):
        lines.append("counted is what pods and volumes reserve, not what they really use")
    return "\n".join([*lines, *unknown(known)])


def unknown(known: Measured) -> list[str]:
    """A line that says that use is not known, and why; none when it is."""
    return [f"measured use is not known here: {known.unknown}"] if known.unknown else []


def filling_text(filling: Filling) -> str:
    """When all of a quota is reserved, by the middle and by the band."""
    if filling.p90_days <= 0:
        return f"all {filling.resource} that its environments may have is reserved"
    middle = (
        f"is likely to be reserved whole in {_days(filling.p50_days)}"
        if math.isfinite(filling.p50_days)
        else f"is not likely to be reserved whole within {_HORIZON}"
    )
    return (
        f"the {filling.resource} that its environments may have {middle} "
        f"(10 %: within {_days(filling.p10_days)}; 90 %: {_until(filling.p90_days)})"
    )


def _lines(code: str, advice: Advice) -> Iterator[str]:
    facts = [] if advice.saves_cents is None else [f"saves {words.money(advice.saves_cents)} a month"]
    facts += [] if advice.risk is None else [f"risk: {advice.risk}"]
    told = f" ({', '.join(facts)})" if facts else ""
    yield f"{code}/{advice.environment}: {advice.why}{told}"
    yield f"  {advice.command}"
    yield from (f"  evidence: {question}" for question in advice.evidence)


def _plain_filling(filling: Filling) -> dict[str, Any]:
    days = {"p10": filling.p10_days, "p50": filling.p50_days, "p90": filling.p90_days}
    return {
        "department": filling.department,
        "environment": None,
        "why": filling_text(filling),
        "savesMonthlyCents": None,
        "command": f"govcloud quota show --department {filling.department}",
        "basis": "forecast",
        "risk": None,
        "evidence": [measured.filling_evidence(filling.department)],
        "windowDays": None,
        "resource": filling.resource,
        "daysLeft": {bound: round(left, 1) if math.isfinite(left) else None for bound, left in days.items()},
    }


def _days(left: float) -> str:
    whole = max(0, math.floor(left))
    return f"{whole} day{'' if whole == 1 else 's'}"


def _until(left: float) -> str:
    return f"within {_days(left)}" if math.isfinite(left) else f"not within {_HORIZON}"
