"""The report for a terminal, and what every report says about itself."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given

from govcloud_cli.usage import report_form, report_words
from govcloud_cli.usage.report_amounts import CORE_HOUR_MCORE_SECONDS, GIB_HOUR_MIB_SECONDS, exact, money
from govcloud_cli.usage.report_sums import figures
from govcloud_monitoring.accountant.month import Month
from govcloud_monitoring.ledger.charge import COMPONENTS
from support import months
from support.months import CLOSED_UNTIL, END, UNIT, line, month

TODAY = date(2026, 11, 29)
TAX = [line("tax", component, (place + 1) * 30 * UNIT) for place, component in enumerate(COMPONENTS)]
PLATFORM = line("", "idle_share", 50 * UNIT, pool="control-plane")


def text(found: Month, department: str | None = None) -> str:
    return report_form.document("text", figures(found, department))


def test_a_line_a_department_and_their_sum():
    assert text(month([*TAX, PLATFORM])).splitlines() == [
        "November 2025 until 2025-11-24 14:25 UTC, costs in EUR",
        "",
        "DEPARTMENT                     CPU   MEMORY   STORAGE   PLATFORM SHARE   IDLE SHARE    TOTAL    TARIFF",
        "tax                          30.00    60.00     90.00           120.00       150.00   450.00    900.00",
        "platform (borne by nobody)    0.00     0.00      0.00             0.00        50.00    50.00    100.00",
        "sum                          30.00    60.00     90.00           120.00       200.00   500.00   1000.00",
        "",
        "nothing is known of what was granted, reserved and used",
        "",
        "closed until 2025-11-24 14:00 UTC, later hours are provisional",
        "the lines sum to the pools' cost exactly: 500.00000000 EUR",
        "each amount is rounded by itself, to 2 decimals; -o csv has every digit",
    ]


def test_a_line_a_department_and_resource_and_all_together():
    hours = CORE_HOUR_MCORE_SECONDS
    known = month(
        [*TAX, line("roads", "cpu", UNIT)],
        departments=(
            months.held("roads", "cpu", 40 * hours, 0, 0),
            months.held(
                "tax", "cpu", 100 * hours, 60 * hours, 15 * hours, wasted=45 * hours, measured_millihours=283_500
            ),
            months.held("tax", "storage", 0, GIB_HOUR_MIB_SECONDS, None),
        ),
    )
    lines = text(known).splitlines()
    start = next(place for place, row in enumerate(lines) if "RESOURCE" in row)
    assert lines[start : start + 12] == [
        "DEPARTMENT   RESOURCE             GRANTED   RESERVED    USED   WASTED   USED OF RESERVED   MEASURED",
        "tax          CPU, core-hours       100.00      60.00   15.00    45.00             25.0 %     50.0 %",
        "tax          Memory, GiB-hours       0.00       0.00       -        -                  -          -",
        "tax          Storage, GiB-hours      0.00       1.00       -        -                  -      0.0 %",
        "roads        CPU, core-hours        40.00       0.00    0.00     0.00                  -    100.0 %",
        "roads        Memory, GiB-hours       0.00       0.00       -        -                  -          -",
        "roads        Storage, GiB-hours      0.00       0.00       -        -                  -          -",
        "all          CPU, core-hours       140.00      60.00   15.00    45.00             25.0 %     75.0 %",
        "all          Memory, GiB-hours       0.00       0.00       -        -                  -          -",
        "all          Storage, GiB-hours      0.00       1.00       -        -                  -      0.0 %",
        "CPU: use was measured in 75.0 % of that time; what silent machines ran counts as wasted",
        "Storage: use was measured in 0 of 567 hours; used and wasted are of these alone",
    ]
    alone = text(known, "roads")
    assert "tax" not in alone
    assert "140.00" not in alone
    assert "does not tell what departments were granted and used" in text(replace(known, departments=None))


def test_one_department_is_told_with_its_share_of_the_whole():
    lines = text(month([*TAX, PLATFORM]), "tax").splitlines()
    assert lines[1] == "one department only: tax bears 90.0 % of the whole, 450.00 of 500.00 EUR"
    assert [row.split()[0] for row in lines[4:6]] == ["tax", "sum"]
    assert lines[5].split()[-2:] == ["450.00", "900.00"]
    assert "the lines sum to the pools' cost exactly: 500.00000000 EUR" in lines
    assert "platform (borne by nobody) bears 10.0 % of the whole" in text(month([*TAX, PLATFORM]), "")


def test_a_month_without_lines_says_so():
    for found in (text(month([])), text(month(TAX), "nobody")):
        assert "nobody was charged for anything" in found
    assert "exactly: 0.00000000 EUR" in text(month([]))


@given(found=months.months)
def test_the_sum_is_the_months_to_the_last_digit(found: Month):
    shown = text(found)
    cost = sum(each.cost_microcents for each in found.lines)
    [proof] = re.findall(r"^the lines sum to the pools' cost exactly: (\S+) EUR$", shown, re.MULTILINE)
    assert Decimal(proof) * UNIT == cost
    if found.lines:
        decimals = len(next(row for row in shown.splitlines() if row.startswith("sum ")).split()[-2].partition(".")[2])
        sums = [row.split()[1:] for row in shown.splitlines() if row.startswith("sum ")][-1]
        assert sums[-2:] == [
            money(cost, decimals),
            money(sum(each.list_microcents for each in found.lines), decimals),
        ]


@given(found=months.months)
def test_no_name_steers_a_terminal(found: Month):
    assert all(char.isprintable() or char == "\n" for char in text(found).replace("\t", ""))


@pytest.mark.parametrize("off", [1, -1, 10**12])
def test_a_pool_that_its_lines_do_not_sum_to_is_told_loudly(off: int):
    found = replace(month([*TAX, PLATFORM]), pools={"workers": 450 * UNIT - off, "control-plane": 50 * UNIT})
    for department in (None, "tax", "nobody"):
        shown = text(found, department)
        assert "THE FIGURES DO NOT ADD UP" in shown
        assert f"pool workers: its lines sum to 450.00000000, it cost {exact(450 * UNIT - off)}" in shown
        assert f"the difference is {exact(off)}" in shown
        assert "exactly" not in shown


def test_days_that_do_not_sum_to_the_lines_are_told_loudly():
    whole = month([*TAX, PLATFORM])
    shown = text(replace(whole, days=whole.days[1:]))
    assert "department tax: its lines sum to 450.00000000, its days to 420.00000000" in shown
    assert "THE FIGURES DO NOT ADD UP" in shown
    assert "THE FIGURES" not in text(replace(whole, days=whole.days[1:]), "")


@given(found=months.months)
def test_a_month_of_the_ledger_has_no_faults(found: Month):
    assert report_words.faults(figures(found)) == ()
    assert report_words.alarm(figures(found)) == ""


@pytest.mark.parametrize(
    ("closed_until", "says"),
    [
        (None, "no hour of this month is closed yet, every figure is provisional"),
        (datetime(2025, 11, 1, tzinfo=UTC), "no hour of this month is closed yet, every figure is provisional"),
        (CLOSED_UNTIL, "closed until 2025-11-24 14:00 UTC, later hours are provisional"),
        (END, "every hour is closed, only corrections can still change a figure"),
        (datetime(2026, 2, 1, tzinfo=UTC), "every hour is closed, only corrections can still change a figure"),
    ],
)
def test_how_final_the_figures_are(closed_until: datetime | None, says: str):
    found = replace(month(TAX), closed_until=closed_until)
    assert report_words.closing(found) == says
    assert report_words.is_closed(found) == says.startswith("every hour")


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        (None, date(2026, 11, 1)),
        ("2026-11", date(2026, 11, 1)),
        ("2026-01", date(2026, 1, 1)),
        ("1999-12", date(1999, 12, 1)),
    ],
)
def test_a_month_is_year_and_month_or_the_current_one(typed: str | None, first: date):
    assert report_words.first_of(typed, TODAY) == first


@pytest.mark.parametrize(
    "typed", ["2026-13", "2026-00", "2026-1", "0000-01", "26-11", "2026/11", "november", "", "\uff12026-11"]
)
def test_what_is_no_month_is_refused_with_what_is_wanted(typed: str):
    with pytest.raises(ValueError, match="is no month; give year and month as in 2026-11"):
        report_words.first_of(typed, TODAY)


def test_a_month_that_has_not_begun_is_refused():
    with pytest.raises(ValueError, match="2026-12 has not begun; the newest month that can be had is 2026-11"):
        report_words.first_of("2026-12", TODAY)
