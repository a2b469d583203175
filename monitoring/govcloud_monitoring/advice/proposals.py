"""What a department could give back, by what is reserved and by what was really used. Pure; nothing is applied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from govcloud_api import policy
from govcloud_api.v1alpha1 import Environment, ServiceTier
from govcloud_api.v1alpha1.model import Size
from govcloud_kube.cluster import Object
from govcloud_monitoring.advice import measured, sizing
from govcloud_monitoring.advice.measured import Measured, Use
from govcloud_monitoring.advice.reserved import RESOURCES, is_counted, reserved

Tiers = Mapping[str, ServiceTier]
"""By name, as far as their prices may be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """A proposal to give something back, with what it saves in a month (None: prices are not known) and the command.

    `size` is the smaller one that is proposed, None to remove the environment; `saves_cpu_milli` is of its quota.
    `basis` says what it was judged by; `risk` and `evidence` (questions to Prometheus) are there for what was used.
    """

    environment: str
    why: str
    saves_cents: int | None
    saves_cpu_milli: int
    size: Size | None
    command: str
    basis: Literal["reserved", "used"] = "reserved"
    risk: sizing.Risk | None = None
    evidence: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        """For programs."""
        return {
            "environment": self.environment,
            "why": self.why,
            "savesMonthlyCents": self.saves_cents,
            "command": self.command,
            "basis": self.basis,
            "risk": self.risk,
            "evidence": list(self.evidence),
            "windowDays": measured.WINDOW_DAYS if self.evidence else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """One environment: what it has and reserves, and what is known of its use (None: too little)."""

    environment: Environment
    namespace: str
    has: policy.Share
    reserves: policy.Share
    use: Use | None
    tiers: Tiers

    @property
    def name(self) -> str:
        return self.environment.metadata.name


def advise(environments: Iterable[Object], tiers: Tiers, known: Measured) -> list[Advice]:
    """What Environments have much more of than they need, most saving first."""
    places = (place for item in environments for place in _place(item, tiers, known))
    found = [advice for place in places for advice in _advice(place)]
    return sorted(found, key=lambda advice: (-(advice.saves_cents or 0), advice.environment))


def _place(item: Object, tiers: Tiers, known: Measured) -> Iterator[_Place]:
    if not is_counted(item):
        return
    taken = reserved(item)
    environment, namespace = Environment.parse(item), str((item.get("status") or {}).get("namespace", ""))
    use = known.uses.get(namespace)
    yield _Place(
        environment=environment,
        namespace=namespace,
        has=policy.quota_share(environment.spec.quota),
        reserves=policy.share(cpu=taken["cpu"], memory=taken["memory"], storage=taken["storage"]),
        use=use if use and sizing.known_enough(use) else None,
        tiers=tiers,
    )


def _advice(place: _Place) -> Iterator[Advice]:
    if place.reserves == policy.Share():
        yield _empty(place)
        return
    size = sizing.smaller(place.has, sizing.needed(place.use, place.reserves))
    if size is not None:
        yield _by_use(place, size, place.use) if place.use else _by_reservation(place, size)


def _empty(place: _Place) -> Advice:
    name = place.name
    lately = f"; but something ran in the last {measured.WINDOW_DAYS} days" if place.use else ""
    return Advice(
        environment=name,
        why=f"nothing runs and nothing is stored in it{lately}",
        saves_cents=_saves(place, None),
        saves_cpu_milli=_saves_cpu_milli(place, None),
        size=None,
        command=f'govcloud env delete {name} --confirm {name} --why "nothing runs in it"',
        basis="used" if place.use else "reserved",
        risk="high" if place.use else None,
        evidence=measured.evidence(place.namespace) if place.use else (),
    )


def _by_reservation(place: _Place, size: Size) -> Advice:
    shares = _shares(place.reserves, place.has)
    return Advice(
        environment=place.name,
        why=f"{shares} of its quota is reserved; {size} leaves at least {sizing.RESERVED_HEADROOM_PERCENT} % free",
        saves_cents=_saves(place, size),
        saves_cpu_milli=_saves_cpu_milli(place, size),
        size=size,
        command=f'govcloud env change {place.name} --size {size} --why "it needs less"',
    )


def _by_use(place: _Place, size: Size, use: Use) -> Advice:
    too_much = not sizing.holds(policy.quota_share(policy.SIZES[size]), place.reserves)
    used, needed = sizing.used(use), sizing.needed(use, place.reserves)
    first = f"; first let its pods request less, {_cpu_and_memory(needed)} in all" if too_much else ""
    return Advice(
        environment=place.name,
        why=(
            f"in {measured.WINDOW_DAYS} days it used {_cpu_and_memory(used)} (95th percentile and peak), reserves "
            f"{_cpu_and_memory(place.reserves)}, has {_cpu_and_memory(place.has)}; {size} holds what it used with "
            f"{sizing.USED_HEADROOM_PERCENT} % more{first}"
        ),
        saves_cents=_saves(place, size),
        saves_cpu_milli=_saves_cpu_milli(place, size),
        size=size,
        command=f'govcloud env change {place.name} --size {size} --why "it uses less"',
        basis="used",
        risk=sizing.risk(use, requests_first=too_much),
        evidence=measured.evidence(place.namespace),
    )


def _saves(place: _Place, size: Size | None) -> int | None:
    """In a month, by the prices of its tier; `size` None: all of it."""
    tier = place.tiers.get(place.environment.spec.tier_ref)
    if tier is None:
        return None
    return policy.monthly_cents(place.has, tier.spec.prices) - policy.monthly_cents(_after(size), tier.spec.prices)


def _saves_cpu_milli(place: _Place, size: Size | None) -> int:
    return place.has.cpu_millicores - _after(size).cpu_millicores


def _after(size: Size | None) -> policy.Share:
    return policy.quota_share(policy.SIZES[size]) if size else policy.Share()


def _cpu_and_memory(share: policy.Share) -> str:
    wire = share.wire()
    return f"cpu {wire['cpu']} and memory {wire['memory']}"


def _shares(now: policy.Share, whole: policy.Share) -> str:
    pairs = zip(RESOURCES, sizing.amounts(now), sizing.amounts(whole), strict=True)
    return ", ".join(f"{100 * part // all_ if all_ else 0} % {name}" for name, part, all_ in pairs)
