"""Days of the ledger as lines of FOCUS."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_monitoring.ledger.focus import COLUMNS, Value, exact, line, lines
from govcloud_monitoring.ledger.hour import statement
from govcloud_monitoring.ledger.shares import Method
from govcloud_monitoring.ledger.sums import DaySum
from govcloud_monitoring.ledger.usage import PoolHour
from support.ledger import CENT, CORE_HOUR, GIB_HOUR, ISSUER, days_of, methods, pool_hours

CPU = DaySum(
    day=date(2026, 12, 31),
    correction=False,
    department="tax",
    environment="tax-portal-test",
    product="portal",
    purpose="test",
    tier="standard",
    pool="workers",
    component="cpu",
    unit="mcore_seconds",
    quantity=2 * CORE_HOUR,
    list_microcents=5 * CENT,
    cost_microcents=4 * CENT + 1,
)
MEMORY = replace(CPU, component="memory", unit="mib_seconds", quantity=GIB_HOUR // 2)
VOLUMES = replace(MEMORY, component="storage", pool="storage")
IDLE = replace(CPU, component="idle_share", unit="", quantity=0, list_microcents=0)
NOBODYS = replace(IDLE, department="", environment="", product="", purpose="", tier="", pool="storage")


def told(value: Value) -> str:
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def picked(day: DaySum, *names: str) -> list[Any]:
    found = line(day, ISSUER)
    return [found[name] for name in names]


def test_every_line_has_all_columns_in_the_order_of_the_alphabet():
    for each in (CPU, MEMORY, VOLUMES, IDLE, NOBODYS):
        assert list(line(each, ISSUER)) == list(COLUMNS) == sorted(COLUMNS)


def test_a_line_lies_in_its_day_and_its_month():
    assert picked(CPU, "ChargePeriodStart", "ChargePeriodEnd", "BillingPeriodStart", "BillingPeriodEnd") == [
        datetime(2026, 12, 31, tzinfo=UTC),
        datetime(2027, 1, 1, tzinfo=UTC),
        datetime(2026, 12, 1, tzinfo=UTC),
        datetime(2027, 1, 1, tzinfo=UTC),
    ]


@pytest.mark.parametrize(
    ("day", "consumed", "priced", "price"),
    [
        (CPU, ["7200.000", "Core-Seconds"], ["2.000000000000", "Core-Hours"], "0.025000000000"),
        (MEMORY, ["1843200", "MiB-Seconds"], ["0.500000000000", "GiB-Hours"], "0.100000000000"),
        (VOLUMES, ["1843200", "MiB-Seconds"], ["0.500000000000", "GiB-Hours"], "0.100000000000"),
        (replace(CPU, quantity=1), ["0.001", "Core-Seconds"], ["0.000000277778", "Core-Hours"], "180000.000000000000"),
        (
            replace(CPU, list_microcents=0),
            ["7200.000", "Core-Seconds"],
            ["2.000000000000", "Core-Hours"],
            "0.000000000000",
        ),
    ],
)
def test_quantities_are_told_exactly_and_in_units_of_the_price(
    day: DaySum, consumed: list[str], priced: list[str], price: str
):
    names = ("ConsumedQuantity", "ConsumedUnit", "PricingQuantity", "PricingUnit", "ListUnitPrice")
    assert [told(each) for each in picked(day, *names)] == [*consumed, *priced, price]


def test_a_usage_is_billed_its_cost_and_listed_at_the_tariff():
    names = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")
    assert [told(each) for each in picked(CPU, *names)] == ["0.04000001", "0.04000001", "0.05000000", "0.05000000"]
    assert picked(CPU, "ChargeCategory", "ChargeClass", "SkuPriceId") == ["Usage", None, "workers/cpu/standard"]


def test_a_share_is_an_adjustment_without_quantities():
    names = ("ConsumedQuantity", "ConsumedUnit", "PricingQuantity", "PricingUnit", "ListUnitPrice", "SkuId")
    assert picked(IDLE, "ChargeCategory", *names) == ["Adjustment", *[None] * 6]
    assert {told(each) for each in picked(IDLE, "BilledCost", "EffectiveCost", "ListCost", "ContractedCost")} == {
        "0.04000001"
    }


def test_what_nobody_bears_has_no_account_and_no_resource():
    names = ("SubAccountId", "SubAccountName", "ResourceId", "ResourceName", "ResourceType")
    assert picked(NOBODYS, *names) == [None] * 5
    assert picked(CPU, *names) == ["tax", '税务局, "Tax"', "tax-portal-test", "tax-portal-test", "Environment"]
    assert picked(replace(CPU, department="roads"), "SubAccountName") == ["roads"]


@pytest.mark.parametrize(
    ("day", "category"),
    [(CPU, "Compute"), (MEMORY, "Compute"), (IDLE, "Compute"), (VOLUMES, "Storage"), (NOBODYS, "Storage")],
)
def test_volumes_are_storage_and_so_are_shares_of_their_pool(day: DaySum, category: str):
    assert picked(day, "ServiceCategory") == [category]


def test_tags_tell_what_has_no_column():
    (tags,) = picked(CPU, "Tags")
    assert json.loads(tags) == {
        "govcloud/product": "portal",
        "govcloud/purpose": "test",
        "govcloud/tier": "standard",
        "govcloud/pool": "workers",
        "govcloud/component": "cpu",
    }
    (tags,) = picked(NOBODYS, "Tags")
    assert json.loads(tags) == {"govcloud/pool": "storage", "govcloud/component": "idle_share"}


@pytest.mark.parametrize(
    ("quantity", "listed", "price"),
    [(-CORE_HOUR, -CENT, "0.010000000000"), (-CORE_HOUR, CENT, "None"), (0, CENT, "None")],
)
def test_a_correction_has_a_price_only_where_that_means_something(quantity: int, listed: int, price: str):
    given_day = replace(CPU, correction=True, quantity=quantity, list_microcents=listed, cost_microcents=-1)
    assert picked(given_day, "ChargeClass", "BilledCost") == ["Correction", Decimal("-0.00000001")]
    assert told(line(given_day, ISSUER)["ListUnitPrice"]) == price
    assert told(line(given_day, ISSUER)["PricingQuantity"]) == f"{quantity // CORE_HOUR}.000000000000"


def test_a_sum_of_nothing_is_no_line():
    nothing = replace(CPU, quantity=0, list_microcents=0, cost_microcents=0)
    assert [each["BilledCost"] for each in lines([nothing, CPU], ISSUER)] == [Decimal("0.04000001")]


@given(pool_hours, methods)
def test_lines_are_billed_what_the_pool_costs(given_hour: PoolHour, method: Method):
    found = statement(given_hour, method)
    billed = [each["BilledCost"] for each in lines(days_of(found.charges), ISSUER)]
    microcents = sum(int(cost.scaleb(8)) for cost in billed if isinstance(cost, Decimal))
    assert microcents == found.pool_cost_microcents


@given(st.integers(-(10**60), 10**60), st.integers(0, 20))
def test_a_number_of_any_length_keeps_every_digit(units: int, digits: int):
    assert int(format(exact(units, digits), "f").replace(".", "")) == units


@pytest.mark.parametrize("currency", ["", "cny", "EURO", "¥"])
def test_a_currency_is_a_code(currency: str):
    with pytest.raises(ValueError, match="ISO 4217"):
        replace(ISSUER, currency=currency)
