"""The ledger's days as lines of FOCUS 1.0, the FinOps Open Cost and Usage Specification. Pure and exact.

A line is what an environment is charged a day for one component of one pool. Core-seconds, MiB-seconds and costs are
exact; quantities in the unit of the price and the unit prices themselves are quotients, rounded to 12 digits. Shares of
platform and idle are Adjustments: nobody consumed a quantity of them, and there their list cost is their cost.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from govcloud_monitoring.ledger.charge import Component
from govcloud_monitoring.ledger.prices import half_up
from govcloud_monitoring.ledger.sums import DaySum, midnight, month_bounds

Value = str | Decimal | datetime | None
Line = Mapping[str, Value]
"""One value for each of `COLUMNS`; None is null."""
Kind = Literal["text", "moment", "cost", "quantity"]
COST_DIGITS, QUANTITY_DIGITS = 8, 12
"""After the point. A micro-cent is the eighth digit of the currency's unit."""
COLUMNS: Mapping[str, Kind] = {
    "AvailabilityZone": "text",
    "BilledCost": "cost",
    "BillingAccountId": "text",
    "BillingAccountName": "text",
    "BillingCurrency": "text",
    "BillingPeriodEnd": "moment",
    "BillingPeriodStart": "moment",
    "ChargeCategory": "text",
    "ChargeClass": "text",
    "ChargeDescription": "text",
    "ChargeFrequency": "text",
    "ChargePeriodEnd": "moment",
    "ChargePeriodStart": "moment",
    "CommitmentDiscountCategory": "text",
    "CommitmentDiscountId": "text",
    "CommitmentDiscountName": "text",
    "CommitmentDiscountStatus": "text",
    "CommitmentDiscountType": "text",
    "ConsumedQuantity": "quantity",
    "ConsumedUnit": "text",
    "ContractedCost": "cost",
    "ContractedUnitPrice": "quantity",
    "EffectiveCost": "cost",
    "InvoiceIssuerName": "text",
    "ListCost": "cost",
    "ListUnitPrice": "quantity",
    "PricingCategory": "text",
    "PricingQuantity": "quantity",
    "PricingUnit": "text",
    "ProviderName": "text",
    "PublisherName": "text",
    "RegionId": "text",
    "RegionName": "text",
    "ResourceId": "text",
    "ResourceName": "text",
    "ResourceType": "text",
    "ServiceCategory": "text",
    "ServiceName": "text",
    "SkuId": "text",
    "SkuPriceId": "text",
    "SubAccountId": "text",
    "SubAccountName": "text",
    "Tags": "text",
}
STORAGE_POOL = "storage"
TAG_PREFIX = "govcloud/"
"""Tags that a provider sets need a prefix of their own."""
_WORDS: Mapping[Component, str] = {
    "cpu": "CPU",
    "memory": "Memory",
    "storage": "Volumes",
    "platform_share": "Share of what the platform itself holds",
    "idle_share": "Share of what nobody holds",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Who runs the cloud and sends the lines. `currency` is a code of ISO 4217.

    `department_names` are display names by code; a department that is not there is called by its code.
    Raises ValueError on another currency.
    """

    currency: str
    provider_name: str
    billing_account_id: str
    billing_account_name: str
    region_id: str
    region_name: str
    department_names: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not re.fullmatch("[A-Z]{3}", self.currency):
            raise ValueError(f"the currency {self.currency!r} is no code of ISO 4217, such as CNY or EUR")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measure:
    """How a component's quantity is told: exactly in small units, and in the units that prices are for."""

    consumed_unit: str
    consumed_digits: int
    pricing_unit: str
    per_pricing_unit: int


_CORES = _Measure(
    consumed_unit="Core-Seconds", consumed_digits=3, pricing_unit="Core-Hours", per_pricing_unit=1000 * 3600
)
_MEMORY = _Measure(
    consumed_unit="MiB-Seconds", consumed_digits=0, pricing_unit="GiB-Hours", per_pricing_unit=1024 * 3600
)
_MEASURES: Mapping[Component, _Measure] = {"cpu": _CORES, "memory": _MEMORY, "storage": _MEMORY}


def lines(days: Iterable[DaySum], issuer: Issuer) -> Iterator[Line]:
    """A line for each day's sum that is not zero in every number, in the given order."""
    for each in days:
        if each.quantity or each.list_microcents or each.cost_microcents:
            yield line(each, issuer)


def line(day: DaySum, issuer: Issuer) -> Line:
    """One sum as a line with all of `COLUMNS`."""
    given = _when(day) | _who(day, issuer) | _what(day) | _costs(day) | _quantities(day)
    return {name: given.get(name) for name in COLUMNS}


def exact(units: int, digits: int) -> Decimal:
    """`units` with the point `digits` from the right; no context rounds it. 5 and 8 are 0.00000005."""
    sign = 1 if units < 0 else 0
    return Decimal((sign, tuple(map(int, str(abs(units)))), -digits))


def _when(day: DaySum) -> dict[str, Value]:
    beginning, end = month_bounds(day.day.replace(day=1))
    return {
        "BillingPeriodStart": beginning,
        "BillingPeriodEnd": end,
        "ChargePeriodStart": midnight(day.day),
        "ChargePeriodEnd": midnight(day.day) + timedelta(days=1),
        "ChargeClass": "Correction" if day.correction else None,
    }


def _who(day: DaySum, issuer: Issuer) -> dict[str, Value]:
    return {
        "BillingAccountId": issuer.billing_account_id,
        "BillingAccountName": issuer.billing_account_name,
        "BillingCurrency": issuer.currency,
        "InvoiceIssuerName": issuer.provider_name,
        "ProviderName": issuer.provider_name,
        "PublisherName": issuer.provider_name,
        "RegionId": issuer.region_id,
        "RegionName": issuer.region_name,
        "SubAccountId": day.department or None,
        "SubAccountName": issuer.department_names.get(day.department, day.department) or None,
    }


def _what(day: DaySum) -> dict[str, Value]:
    is_storage = day.component == "storage" or day.pool == STORAGE_POOL
    tags = {
        name: value for name in ("product", "purpose", "tier", "pool", "component") if (value := getattr(day, name))
    }
    return {
        "ChargeDescription": f"{_WORDS[day.component]} in the pool {day.pool}",
        "ResourceId": day.environment or None,
        "ResourceName": day.environment or None,
        "ResourceType": "Environment" if day.environment else None,
        "ServiceCategory": "Storage" if is_storage else "Compute",
        "ServiceName": "Shared volumes" if is_storage else "Shared machines",
        "Tags": json.dumps({TAG_PREFIX + name: value for name, value in tags.items()}, sort_keys=True),
    }


def _costs(day: DaySum) -> dict[str, Value]:
    cost = exact(day.cost_microcents, COST_DIGITS)
    listed = exact(day.list_microcents, COST_DIGITS) if day.component in _MEASURES else cost
    return {"BilledCost": cost, "EffectiveCost": cost, "ListCost": listed, "ContractedCost": listed}


def _quantities(day: DaySum) -> dict[str, Value]:
    measure = _MEASURES.get(day.component)
    if measure is None:
        return {"ChargeCategory": "Adjustment", "ChargeFrequency": "Recurring"}
    price = _unit_price(day, measure)
    return {
        "ChargeCategory": "Usage",
        "ChargeFrequency": "Usage-Based",
        "ConsumedQuantity": exact(day.quantity, measure.consumed_digits),
        "ConsumedUnit": measure.consumed_unit,
        "PricingCategory": "Standard",
        "PricingQuantity": _rounded(Fraction(day.quantity, measure.per_pricing_unit)),
        "PricingUnit": measure.pricing_unit,
        "ListUnitPrice": price,
        "ContractedUnitPrice": price,
        "SkuId": f"{day.pool}/{day.component}",
        "SkuPriceId": f"{day.pool}/{day.component}/{day.tier}",
    }


def _unit_price(day: DaySum, measure: _Measure) -> Decimal | None:
    """What a unit was listed at. A correction may change cost and quantity apart, and then has no price."""
    if day.quantity * day.list_microcents < 0 or not day.quantity:
        return None
    microcents = Fraction(day.list_microcents * measure.per_pricing_unit, day.quantity)
    return _rounded(microcents / 10**COST_DIGITS)


def _rounded(value: Fraction) -> Decimal:
    """Rounded to `QUANTITY_DIGITS`, a half away from zero."""
    units = half_up(abs(value) * 10**QUANTITY_DIGITS)
    return exact(-units if value < 0 else units, QUANTITY_DIGITS)
