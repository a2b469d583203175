"""The report for spreadsheets: every digit, and no formula."""

import csv
import io
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_cli.usage import report_form
from govcloud_cli.usage.report_csv import COLUMNS
from govcloud_cli.usage.report_sums import figures
from govcloud_monitoring.accountant.month import Month, parse
from govcloud_monitoring.ledger.inert import inert
from support import months
from support.months import HOSTILE, UNIT, line, month

TEXTS = COLUMNS[:10]
NUMBERS = COLUMNS[10:]
OWNER = ("department", "environment", "product", "purpose", "tier", "pool")
SIGNS = tuple("=+-@\uff1d\uff0b\uff0d\uff20")


def rows(found: Month, department: str | None = None) -> list[dict[str, str]]:
    document = report_form.document("csv", figures(found, department))
    return list(csv.DictReader(io.StringIO(document, newline="")))


def test_a_row_a_line_with_every_digit():
    [row] = rows(month([line("tax", "cpu", 150 * UNIT + 1)]))
    assert row == {
        "month": "2025-11", "currency": "EUR", "department": "tax", "environment": "tax-portal-test",
        "product": "portal", "purpose": "test", "tier": "standard", "pool": "workers", "component": "cpu",
        "unit": "mcore_seconds", "quantity": str(450 * UNIT + 3), "list_cost": "300.00000002",
        "cost": "150.00000001",
    }  # fmt: skip


def test_numbers_below_zero_stay_numbers():
    [row] = rows(month([line("tax", "cpu", -1)]))
    assert (row["quantity"], row["list_cost"], row["cost"]) == ("-3", "-0.00000002", "-0.00000001")


def test_one_department_is_only_its_rows():
    found = month([line("tax", "cpu", 1), line("roads", "cpu", 2), line("", "idle_share", 3)])
    assert [row["department"] for row in rows(found, "roads")] == ["roads"]
    assert [row["cost"] for row in rows(found, "")] == ["0.00000003"]


@given(found=months.months)
def test_it_is_the_month_to_the_last_digit(found: Month):
    read = rows(found)
    assert len(read) == len(found.lines)
    for row, each in zip(read, found.lines, strict=True):
        assert Decimal(row["cost"]) * UNIT == each.cost_microcents
        assert Decimal(row["list_cost"]) * UNIT == each.list_microcents
        assert int(row["quantity"]) == each.quantity
        assert [row[name] for name in OWNER] == [inert(getattr(each, name)) for name in OWNER]


@given(found=months.months)
def test_no_cell_is_taken_for_a_formula(found: Month):
    for row in rows(found):
        assert not [row[name] for name in TEXTS if row[name].lstrip(' "').startswith((*SIGNS, "\t", "\r", "\n"))]
        assert all(Decimal(row[name]).is_finite() for name in NUMBERS)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("field", OWNER)
def test_hostile_names_stay_within_their_cell(field: str, name: str):
    whole = {"environment": "e"} | {field: name}
    [row] = rows(month([line(whole.pop("department", "tax"), "cpu", 7, **whole)]))
    assert row[field].replace("'", "") == name.replace("'", "")
    assert (row["quantity"], row["cost"]) == ("21", "0.00000007")


@given(name=st.text(alphabet="=+-@;|,\t\n\r\"' a", max_size=12))
@pytest.mark.parametrize("mark", [",", ";", "|", "\t"])
def test_wherever_a_program_parts_cells_none_begins_with_a_formula(mark: str, name: str):
    found = month([line("tax", "cpu", 7, product=name, tier=name)])
    document = report_form.document("csv", figures(found))
    read = csv.reader(io.StringIO(document, newline=""), delimiter=mark)
    assert not [cell for row in read for cell in row if cell.lstrip(' "').startswith(SIGNS)]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=1", "'=1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@a", "'@a"),
        ("\t=1", "'\t'=1"),
        ("a=1", "a=1"),
        ("", ""),
        ("'=", "'="),
        ("a;=1", "a;'=1"),
        ('a;"=1', "a;\"'=1"),
        (" =1", "' =1"),
        ("a-b", "a-b"),
    ],
)
def test_an_apostrophe_stands_before_what_begins_a_formula(text: str, shown: str):
    assert inert(text) == shown


@given(found=months.months)
def test_json_is_the_months_own_form(found: Month):
    document = report_form.document("json", figures(found))
    assert parse(document.encode()) == found
    assert document.endswith("}\n")


def test_json_of_one_department_has_its_lines_and_days_only():
    found = month([line("tax", "cpu", 1), line("roads", "cpu", 2)])
    read = json.loads(report_form.document("json", figures(found, "tax")))
    assert {each["department"] for each in (*read["lines"], *read["days"])} == {"tax"}
    assert read["pools"] == {"workers": 3}
