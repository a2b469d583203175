"""Hours of pools for tests of the ledger: by hand, and any that Hypothesis can think of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from govcloud_monitoring.ledger.charge import Charge
from govcloud_monitoring.ledger.focus import Issuer
from govcloud_monitoring.ledger.prices import Amounts, Prices
from govcloud_monitoring.ledger.shares import Method
from govcloud_monitoring.ledger.sums import DaySum
from govcloud_monitoring.ledger.usage import PoolHour, Usage

START = datetime(2026, 3, 1, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)
CORE_HOUR, GIB_HOUR = 3_600_000, 1024 * 3600
CENT = 1_000_000
NOTHING = Amounts()


def price_list(cpu: int, memory: int, storage: int) -> Prices:
    """Cents a month of a core, a GiB of memory and a GiB of storage."""
    return Prices(cpu_core_cents=cpu, memory_gib_cents=memory, storage_gib_cents=storage)


FREE = price_list(0, 0, 0)
BASE = price_list(730, 1460, 365)
"""A core costs 1 cent an hour, a GiB of memory 2 and a GiB of storage a half."""


def held(cores: int = 0, memory_gib: int = 0, storage_gib: int = 0) -> Amounts:
    """What whole cores and GiB are after an hour."""
    return Amounts(cores * CORE_HOUR, memory_gib * GIB_HOUR, storage_gib * GIB_HOUR)


def usage(department: str, amounts: Amounts, *, prices: Prices = BASE, product: str = "portal") -> Usage:
    """One environment of a department, half of it measured."""
    return Usage(
        department=department,
        environment=f"{department}-{product}-test",
        product=product,
        purpose="test",
        tier="standard",
        prices=prices,
        amounts=amounts,
        measured_ratio_permille=500,
    )


def hour(
    *usages: Usage,
    capacity: Amounts | None,
    platform: Amounts = NOTHING,
    base: Prices = BASE,
    start: datetime = START,
    pool: str = "workers",
) -> PoolHour:
    """One pool's hour, observed whole."""
    return PoolHour(
        start=start,
        pool=pool,
        capacity=capacity,
        base=base,
        usages=usages,
        platform=platform,
        coverage_permille=1000,
    )


def cost_by_line(charges: tuple[Charge, ...]) -> Mapping[tuple[str, str], int]:
    """Micro-cents by department and component."""
    sums: dict[tuple[str, str], int] = {}
    for each in charges:
        line = (each.department, each.component)
        sums[line] = sums.get(line, 0) + each.cost_microcents
    return sums


ISSUER = Issuer(
    currency="CNY",
    provider_name="Government Cloud",
    billing_account_id="govcloud",
    billing_account_name="Government of Testing",
    region_id="lab",
    region_name="Laboratory",
    department_names={"tax": '税务局, "Tax"'},
)


def days_of(charges: Iterable[Charge], *, correction: bool = False) -> tuple[DaySum, ...]:
    """The day's sums of these charges, as the ledger's database makes them; an hour each is enough here."""
    return tuple(
        DaySum(
            day=each.start.date(),
            correction=correction,
            department=each.department,
            environment=each.environment,
            product=each.product,
            purpose=each.purpose,
            tier=each.tier,
            pool=each.pool,
            component=each.component,
            unit=each.unit,
            quantity=each.quantity,
            list_microcents=each.list_microcents,
            cost_microcents=each.cost_microcents,
        )
        for each in charges
    )


departments = st.sampled_from(["health", "roads", "tax"])
cents = st.integers(0, 100) | st.integers(0, 10**8)
prices = st.builds(price_list, cents, cents, cents)
quantities = st.sampled_from([0, 1, 2, 3]) | st.integers(0, 10**13)
amounts = st.builds(Amounts, quantities, quantities, quantities)
usages = st.lists(
    st.builds(
        Usage,
        department=departments,
        environment=st.sampled_from(["a", "b"]),
        product=st.just("portal"),
        purpose=st.just("test"),
        tier=st.sampled_from(["standard", "critical"]),
        prices=prices,
        amounts=amounts,
        measured_ratio_permille=st.integers(0, 1000),
    ),
    max_size=6,
    unique_by=lambda each: each.owner,
).map(tuple)
pool_hours = st.builds(
    PoolHour,
    start=st.just(START),
    pool=st.just("workers"),
    capacity=st.none() | amounts,
    base=prices,
    usages=usages,
    platform=amounts,
    coverage_permille=st.integers(0, 1000),
)
methods = st.sampled_from([Method(), Method(kind="even")]) | st.builds(
    Method, kind=st.just("fixed"), weights=st.dictionaries(departments, st.integers(0, 9))
)
