"""Sizes, limits and defaults of environments. Pure numbers; what is decided with them lives in the operators."""

from collections.abc import Iterable
from dataclasses import dataclass

from govcloud_api import quantity
from govcloud_api.v1alpha1 import department, environment

AUTO_APPROVED_PURPOSES = frozenset({"sandbox"})
"""What a policy may grant without a person."""
DEFAULT_LIFETIME_DAYS = {"sandbox": 30, "development": 180}
"""Purposes that must expire, and when unless the request says otherwise."""
MAX_LIFETIME_DAYS = {"sandbox": 90, "development": 365}
EXPIRY_WARNINGS_DAYS = (14, 5, 1)
PURPOSE_SHORT = {
    "production": "prod",
    "staging": "stage",
    "test": "test",
    "development": "dev",
    "sandbox": "sandbox",
}
"""Last part of namespace and environment names."""

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


def allocated(environments: Iterable[environment.Environment]) -> Share:
    """What environments reserve together; one that is being deleted counts until it is gone."""
    total = Share()
    for found in environments:
        total = total + share(
            cpu=found.spec.quota.cpu, memory=found.spec.quota.memory, storage=found.spec.quota.storage
        )
    return total


def hard(of: department.Department) -> Share:
    """A department's ceiling."""
    ceiling = of.spec.quota.hard
    return share(cpu=ceiling.cpu, memory=ceiling.memory, storage=ceiling.storage)


def environment_name(product: str, purpose: str) -> str:
    """Name of the Environment in the department's home namespace, e.g. `portal-dev`."""
    return f"{product}-{PURPOSE_SHORT[purpose]}"


def environment_namespace(department_code: str, product: str, purpose: str) -> str:
    """Name of the workload namespace, e.g. `tax-portal-dev`; at most 49 characters, so within 63."""
    return f"{department_code}-{environment_name(product, purpose)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceList:
    """Price of a reserved unit for a month of 730 hours, in hundredths of the site's currency."""

    cpu_core_cents: int = 1500
    memory_gib_cents: int = 200
    storage_gib_cents: int = 10


def monthly_cents(reserved: Share, prices: PriceList) -> int:
    """What a share costs in a month; every part rounds up to a cent."""
    gib = 2**30
    cpu = -(-reserved.cpu_millicores * prices.cpu_core_cents // 1000)
    memory = -(-reserved.memory_bytes * prices.memory_gib_cents // gib)
    storage = -(-reserved.storage_bytes * prices.storage_gib_cents // gib)
    return cpu + memory + storage
