"""Files of FOCUS: exact, the same in both formats, and right in the eyes of the standard's own validator."""

import csv
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from arro3 import io
from arro3.core import DataType

from govcloud_monitoring.ledger import export
from govcloud_monitoring.ledger.charge import Statement
from govcloud_monitoring.ledger.correction import correct
from govcloud_monitoring.ledger.focus import COLUMNS, Line, lines
from govcloud_monitoring.ledger.hour import statement
from govcloud_monitoring.ledger.prices import Amounts
from support import focus_validator
from support.ledger import CENT, FREE, HOUR, ISSUER, START, days_of, held, hour, usage

PARSED = {"text": str, "moment": datetime.fromisoformat, "cost": Decimal, "quantity": Decimal}


def closed_hours() -> list[Statement]:
    """Hours of two pools in which everything happens: shares, volumes, what is free, what nobody bears."""
    odd = usage("tax", Amounts(3_600_001, 7_777_777))
    free = usage("roads", held(cores=1), prices=FREE)
    return [
        statement(hour(odd, free, capacity=held(cores=8, memory_gib=16), platform=held(cores=1))),
        statement(hour(capacity=held(cores=8), start=START + HOUR)),
        statement(hour(usage("tax", held(storage_gib=7)), capacity=None, platform=held(storage_gib=2), pool="storage")),
    ]


@pytest.fixture
def exported() -> list[Line]:
    """Lines of the hours, and of a correction after the month."""
    hours = closed_hours()
    late = correct(hours[0].charges, statement(hour(usage("tax", held(cores=1)), capacity=held(cores=9))))
    days = [day for each in hours for day in days_of(each.charges)]
    return list(lines([*days, *days_of(late, correction=True)], ISSUER))


def as_csv(written: Iterable[Line], file: Path) -> Path:
    with file.open("w", newline="", encoding="utf-8") as opened:
        export.write_csv(written, opened)
    return file


def read_csv(file: Path) -> list[dict[str, Any]]:
    with file.open(newline="", encoding="utf-8") as opened:
        rows = list(csv.DictReader(opened))
    return [{name: PARSED[kind](row[name]) if row[name] else None for name, kind in COLUMNS.items()} for row in rows]


def as_parquet(written: Iterable[Line], file: Path) -> Path:
    with file.open("wb") as opened:
        export.write_parquet(written, opened)
    return file


def read_parquet(file: Path) -> list[dict[str, Any]]:
    table = io.read_parquet(file).read_all()
    columns = {name: table.column(name).to_pylist() for name in table.column_names}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def test_csv_says_what_the_lines_say(exported: list[Line], tmp_path: Path):
    assert read_csv(as_csv(exported, tmp_path / "month.csv")) == exported


@pytest.mark.parametrize("name", ["=1+1", "+49 30", "-2", "@SUM(A1)", "\uff1d1", " =1", "Roads;=1"])
def test_no_name_is_a_formula_in_a_spreadsheet(exported: list[Line], tmp_path: Path, name: str):
    named = {**exported[0], "SubAccountName": name, "BilledCost": Decimal("-1.00000000")}
    [row] = read_csv(as_csv([named], tmp_path / "month.csv"))
    assert row["SubAccountName"] == (f"'{name}" if ";" not in name else "Roads;'=1")
    assert row == {**named, "SubAccountName": row["SubAccountName"]}  # numbers below zero are numbers
    [told] = read_parquet(as_parquet([named], tmp_path / "month.parquet"))
    assert told["SubAccountName"] == name


def test_parquet_says_what_the_lines_say(exported: list[Line], tmp_path: Path):
    assert read_parquet(as_parquet(exported, tmp_path / "month.parquet")) == exported


def test_parquet_of_many_lines_is_one_table(exported: list[Line], tmp_path: Path):
    many = exported * (export.BATCH_LINES // len(exported) + 2)
    assert read_parquet(as_parquet(many, tmp_path / "month.parquet")) == many


def test_a_month_without_lines_is_an_empty_table(tmp_path: Path):
    assert read_csv(as_csv([], tmp_path / "month.csv")) == []
    assert (tmp_path / "month.csv").read_text().strip() == ",".join(COLUMNS)
    table = io.read_parquet(as_parquet([], tmp_path / "month.parquet")).read_all()
    assert (table.num_rows, table.column_names) == (0, list(COLUMNS))


def test_numbers_of_parquet_are_decimals(exported: list[Line], tmp_path: Path):
    schema = io.read_parquet(as_parquet(exported, tmp_path / "month.parquet")).read_all().schema
    assert schema.field("BilledCost").type == DataType.decimal128(38, 8)
    assert schema.field("PricingQuantity").type == DataType.decimal128(38, 12)
    assert schema.field("ChargePeriodStart").type == DataType.timestamp("us", tz="UTC")


def test_a_number_too_long_for_parquet_is_refused_and_never_lost(exported: list[Line], tmp_path: Path):
    long = {**exported[0], "BilledCost": Decimal(10**31)}
    with pytest.raises(ValueError, match="BilledCost"):
        as_parquet([long], tmp_path / "month.parquet")
    assert read_csv(as_csv([long], tmp_path / "month.csv")) == [long]


def test_what_is_billed_is_what_the_pools_cost(tmp_path: Path):
    hours = closed_hours()
    written = lines((day for each in hours for day in days_of(each.charges)), ISSUER)
    billed = sum(row["BilledCost"] for row in read_csv(as_csv(written, tmp_path / "month.csv")))
    assert billed * 100 * CENT == sum(each.pool_cost_microcents for each in hours)


def test_the_validator_of_focus_is_content(exported: list[Line], tmp_path: Path):
    rules = focus_validator.rules(tmp_path)
    said = focus_validator.verdict(as_csv(exported, tmp_path / "month.csv"), rules)
    assert said == "Validation succeeded."


def test_the_validator_sees_what_is_wrong(exported: list[Line], tmp_path: Path):
    wrong = {"BillingCurrency": "XYZ", "SkuPriceId": None, "ChargeClass": "Correct", "ProviderName": None}
    file = as_csv([{**each, **wrong} for each in exported], tmp_path / "month.csv")
    said = focus_validator.verdict(file, focus_validator.rules(tmp_path))
    failed = {words[0] for line in said.splitlines() if (words := line.split())[1:] == ["failed:"]}
    assert failed >= {
        "BillingCurrency_IsCurrencyCode",
        "SkuPriceId_Nullable",
        "ChargeClass_Enum",
        "Provider_NotNull",
    }
    assert said.endswith("Validation failed!")
