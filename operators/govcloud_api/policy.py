"""Sizes, limits and defaults of environments. Pure numbers; what is decided with them lives in the operators."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from govcloud_api import quantity
from govcloud_api.v1alpha1 import department, environment, environment_request, model, service_tier

DEFAULT_LIFETIME_DAYS = {"sandbox": 30, "development": 180}
"""Purposes that must expire, and when unless the request says otherwise."""
MAX_LIFETIME_DAYS = {"sandbox": 90, "development": 365}
EXTENSION_FACTOR = 2
"""Extensions end at this many times the longest life, counted from the creation."""
EXPIRY_WARNINGS_DAYS = (14, 5, 1)
PURPOSE_SHORT = {
    "production": "prod",
    "staging": "stage",
    "test": "test",
    "development": "dev",
    "sandbox": "sandbox",
}
"""Last part of namespace and environment names."""

SIZE_ORDER: tuple[model.Size, ...] = ("small", "medium", "large")
SIZES: dict[str, environment.EnvironmentQuota] = {
    "small": environment.EnvironmentQuota(cpu="1", memory="2Gi", storage="10Gi", pods=20),
    "medium": environment.EnvironmentQuota(cpu="4", memory="8Gi", storage="50Gi", pods=50),
    "large": environment.EnvironmentQuota(cpu="16", memory="32Gi", storage="200Gi", pods=150),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """An amount of the cloud in exact units; adds up."""

    cpu_millicores: int = 0
    memory_bytes: int = 0
    storage_bytes: int = 0

    def __add__(self, other: "Share") -> "Share":
        return Share(
            cpu_millicores=self.cpu_millicores + other.cpu_millicores,
            memory_bytes=self.memory_bytes + other.memory_bytes,
            storage_bytes=self.storage_bytes + other.storage_bytes,
        )

    def wire(self) -> dict[str, str]:
        """As quantities: `{"cpu": "4", "memory": "8Gi", "storage": "50Gi"}`."""
        return {
            "cpu": quantity.cpu_text(self.cpu_millicores),
            "memory": quantity.bytes_text(self.memory_bytes),
            "storage": quantity.bytes_text(self.storage_bytes),
        }


def share(*, cpu: str, memory: str, storage: str) -> Share:
    """Share of three quantities. Raises ValueError when one is not a quantity."""
    return Share(
        cpu_millicores=quantity.cpu_millicores(cpu),
        memory_bytes=quantity.size_bytes(memory),
        storage_bytes=quantity.size_bytes(storage),
    )


def quota_share(quota: environment.EnvironmentQuota) -> Share:
    """What a quota reserves; pods cost nothing."""
    return share(cpu=quota.cpu, memory=quota.memory, storage=quota.storage)


def size_fitting(quota: environment.EnvironmentQuota) -> model.Size | None:
    """The smallest size that holds a quota, None when it is more than the largest."""
    return next((size for size in SIZE_ORDER if _fits(quota_share(quota), quota_share(SIZES[size]))), None)


def within_floor(of: department.Department, total: Share) -> bool:
    """Does a department that reserves `total` stay within the share that is kept free for it?"""
    floor = of.spec.quota.floor
    return floor is not None and _fits(total, share(cpu=floor.cpu, memory=floor.memory, storage=floor.storage))


def allocated(environments: Iterable[environment.Environment]) -> Share:
    """What environments reserve together; one that is being deleted counts until it is gone."""
    total = Share()
    for found in environments:
        total = total + quota_share(found.spec.quota)
    return total


def hard(of: department.Department) -> Share:
    """A department's ceiling."""
    ceiling = of.spec.quota.hard
    return share(cpu=ceiling.cpu, memory=ceiling.memory, storage=ceiling.storage)


def _fits(wanted: Share, limit: Share) -> bool:
    return (
        wanted.cpu_millicores <= limit.cpu_millicores
        and wanted.memory_bytes <= limit.memory_bytes
        and wanted.storage_bytes <= limit.storage_bytes
    )


def environment_name(product: str, purpose: str) -> str:
    """Name of the Environment in the department's home namespace, e.g. `portal-dev`."""
    return f"{product}-{PURPOSE_SHORT[purpose]}"


def environment_namespace(department_code: str, product: str, purpose: str) -> str:
    """Name of the workload namespace, e.g. `tax-portal-dev`; at most 49 characters, so within 63."""
    return f"{department_code}-{environment_name(product, purpose)}"


def monthly_cents(reserved: Share, prices: service_tier.Prices) -> int:
    """What a share costs in a month of 730 hours, in hundredths of the currency; every part rounds up to a cent."""
    gib = 2**30
    cpu = -(-reserved.cpu_millicores * prices.cpu_core_cents // 1000)
    memory = -(-reserved.memory_bytes * prices.memory_gib_cents // gib)
    storage = -(-reserved.storage_bytes * prices.storage_gib_cents // gib)
    return cpu + memory + storage


def estimate(
    wanted: Share,
    prices: service_tier.Prices,
    paid: Share | None = None,
    paid_prices: service_tier.Prices | None = None,
) -> environment_request.Estimate:
    """Price of `wanted` in a month, and how much more that is than `paid` at its own prices (None: nothing)."""
    now = monthly_cents(paid, paid_prices or prices) if paid is not None else 0
    after = monthly_cents(wanted, prices)
    return environment_request.Estimate(monthly_cents=after, monthly_change_cents=after - now)


def lifetime_days(purpose: str, asked: int | None) -> int | None:
    """Days that a new environment lives; None: it does not expire."""
    return asked or DEFAULT_LIFETIME_DAYS.get(purpose)


def latest_end(purpose: str, created: datetime) -> datetime | None:
    """Until when an environment may be extended: twice its purpose's longest life; None: without limit."""
    longest = MAX_LIFETIME_DAYS.get(purpose)
    return None if longest is None else created + timedelta(days=EXTENSION_FACTOR * longest)
