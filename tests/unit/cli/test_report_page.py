"""The report as a page: its words, its numbers, and that names stay names."""

import json
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govcloud_cli.output import harmless
from govcloud_cli.usage import report_form
from govcloud_cli.usage.report_amounts import core_hours, decimals_for, exact, gib_hours, money, typeset
from govcloud_cli.usage.report_sums import figures
from govcloud_monitoring.accountant.month import Month, parse
from govcloud_monitoring.ledger.charge import COMPONENTS
from govcloud_monitoring.ledger.department_hour import DepartmentSum
from support import months
from support.months import END, HOSTILE, UNIT, line, month

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
VOID = {"meta"}


@dataclass(slots=True)
class Read(HTMLParser):
    """What a page consists of; raises AssertionError when its elements are not closed in order."""

    tags: Counter[str] = field(default_factory=Counter)
    attributes: list[tuple[str, str, str]] = field(default_factory=list)
    tables: dict[str, list[list[str]]] = field(default_factory=dict)
    text: str = ""
    _open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self._open += [] if tag in VOID else [tag]
        rows = next(reversed(self.tables.values()), [])
        if tag == "table":
            self.tables[dict(attrs)["class"] or ""] = []
        elif tag == "tr":
            rows.append([])
        elif tag in ("th", "td"):
            rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" in self._open:
            return
        self.text += data
        if {"th", "td"} & set(self._open):
            next(reversed(self.tables.values()))[-1][-1] += data

    def of(self, tag: str, name: str) -> list[str]:
        """Values of an attribute."""
        return [value for found, attribute, value in self.attributes if (found, attribute) == (tag, name)]


def page(found: Month, department: str | None = None) -> str:
    return report_form.document("html", figures(found, department))


def read(found: Month, department: str | None = None) -> Read:
    parsed = Read()
    parsed.feed(page(found, department))
    parsed.close()
    assert parsed._open == []
    return parsed


def named(name: str) -> Month:
    """Everything that a stranger can name is called so."""
    more = dict.fromkeys(("environment", "product", "purpose", "tier", "pool"), name)
    departments = (months.held(name, "cpu", 3 * UNIT, 2 * UNIT, UNIT),)
    return month(
        [line(name, component, UNIT, **more) for component in COMPONENTS], currency=name, departments=departments
    )


def test_it_says_which_month_and_how_final_it_is():
    found = read(months.in_use())
    for words in ("November 2025", "in EUR", "provisional", "closed until 2025-11-24 14:00 UTC, later hours are"):
        assert words in found.text
    closed = read(replace(months.in_use(), closed_until=END))
    assert "every hour is closed" in closed.text
    assert "Paler days" not in closed.text


@pytest.mark.parametrize("department", [None, "tax", "", "nobody"])
def test_tables_have_captions_headers_scopes_and_charts_have_words(department: str | None):
    found = read(months.in_use(), department)
    assert found.tags["caption"] == found.tags["table"]
    assert len(found.of("th", "scope")) == found.tags["th"]
    assert all(found.of("span", "aria-label") + found.of("div", "aria-label"))
    charts = [value for name in ("span", "div") for value in found.of(name, "role") if value == "img"]
    assert len(charts) == len(found.of("span", "aria-label") + found.of("div", "aria-label"))
    assert found.of("html", "lang") == ["en"]
    ids = [value for _, name, value in found.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert {value for _, name, value in found.attributes if name == "aria-labelledby"} <= set(ids)


def test_the_department_table_is_the_months_numbers():
    whole = months.in_use()
    sums = figures(whole)
    *_, last = rows = read(whole).tables["departments"][2:]
    assert [row[0] for row in rows[:2]] == ["tax", "health"]
    for row, of in zip(rows, (*sums.departments, sums.total), strict=True):
        amounts = [of.costs[component] for component in COMPONENTS] + [of.cost_microcents, of.list_microcents]
        assert [*row[1:7], row[8]] == [typeset(money(amount, 2)) for amount in amounts]
    assert last[7] == "100.0\u202f%"


@settings(max_examples=25, deadline=None)
@given(found=months.months)
def test_every_table_ends_in_the_months_sum(found: Month):
    tables, cost = read(found).tables, sum(each.cost_microcents for each in found.lines)
    shown = typeset(money(cost, decimals_for(figures(found).turnover_microcents)))
    places = {"departments": 6, "environments": 6, "by-day": -1}
    others = {"pools", "shares"}
    assert set(tables) - others <= set(places)
    assert {name: tables[name][-1][place] for name, place in places.items() if name in tables} == dict.fromkeys(
        set(tables) - others, shown
    )
    for row in tables.get("pools", [])[1:]:
        assert row[-3:] == [row[-2], row[-2], "0"]
    assert f"The lines sum to the pools' cost exactly: {typeset(exact(cost))} EUR." in read(found).text


@settings(max_examples=25, deadline=None)
@given(found=months.months)
def test_what_departments_held_is_the_months_numbers_and_their_sum(found: Month):
    rows = read(found).tables.get("shares", [])
    known = {(each.department, each.resource): each for each in found.departments or ()}
    assert len(rows) == (1 + 3 * (len({code for code, _ in known}) + 1) if known else 0)
    cells = [row[-7:] for row in rows[1:]]
    for place, (resource, of) in enumerate((("cpu", core_hours), ("memory", gib_hours), ("storage", gib_hours))):
        shown = [row[1:5] for row in cells[place::3]]
        each_one = [held for (_, name), held in known.items() if name == resource]
        expected = [amounts_of(held, of) for held in each_one]
        assert all(row in shown[:-1] for row in expected)
        if each_one:
            numbers = [(h.granted, h.reserved, h.used or 0, h.wasted or 0) for h in each_one]
            sums = [sum(values) for values in zip(*numbers, strict=True)]
            shown_sums = [typeset(of(value)) for value in sums]
            nobody = all(held.used is None for held in each_one)
            assert shown[-1] == (shown_sums[:2] + ["\u2013"] * 2 if nobody else shown_sums)


def amounts_of(held: DepartmentSum, of: Callable[[int], str]) -> list[str]:
    values = (held.granted, held.reserved, held.used, held.wasted)
    return [typeset("-" if value is None else of(value)) for value in values]


def test_shares_have_bars_and_words_and_are_of_one_department_where_that_is_asked():
    whole, one = read(months.in_use()), read(months.in_use(), "culture")
    assert [row[0] for row in whole.tables["shares"][1:8:3]] == ["tax", "health", "transport"]
    labels = [label for label in whole.of("span", "aria-label") if "granted" in label]
    assert len(labels) == 3 * len(months.DEPARTMENTS)
    assert labels[0].startswith("tax, CPU: granted ")
    assert "wasted" in labels[0]
    assert [row[0] for row in one.tables["shares"][1::3]] == ["culture", "All"]


def test_a_ledger_that_does_not_tell_what_departments_held_has_a_page_that_says_so():
    older = months.in_use().plain()
    del older["departments"]
    found = read(parse(json.dumps(older).encode()))
    assert "The ledger of this cloud is older than this program" in found.text
    assert "shares" not in found.tables
    assert "Nothing is known of what was granted" in read(replace(months.in_use(), departments=())).text


def test_use_that_was_not_always_measured_is_told():
    part = replace(months.held("tax", "storage", 9, 8, 7), measured_hours=500)
    found = read(month([], departments=(part, months.held("tax", "cpu", 5, 4, 3, hours=560))))
    assert "Storage: use was measured in 500 of 567 hours; used and wasted are of these alone." in found.text
    assert "known for" not in found.text
    assert found.tables["shares"][3][-2] == "\u2013"
    new = read(month([], departments=(months.held("tax", "cpu", 5, 4, 3, hours=60),)))
    assert "What was granted, reserved and used is known for 60 of 566 hours." in new.text


@pytest.mark.parametrize(
    ("millihours", "cell", "told"),
    [
        (567_000, "100.0\u202f%", ""),
        (566_999, "99.9\u202f%", ""),
        (561_000, "98.9\u202f%", "98.9 %"),
        (300_000, "52.9\u202f%", "52.9 %"),
        (None, "\u2013", ""),
    ],
)
def test_a_row_tells_how_much_of_it_was_measured(millihours: int | None, cell: str, told: str):
    part = replace(months.held("tax", "cpu", 9, 8, 2), measured_millihours=millihours)
    found = read(month([], departments=(part,)))
    assert [row[-1] for row in found.tables["shares"][1:]] == [cell, "\u2013", "\u2013"] * 2
    assert ("counts as wasted" in found.text) is bool(told)
    assert f"use was measured in {told}" in found.text or not told
    assert found.of("span", "aria-label")[0].endswith(f"core-hours, measured {cell}")


def test_a_ledger_that_does_not_tell_how_much_was_measured_is_read():
    older = month([], departments=(months.held("tax", "cpu", 9, 8, 2),)).plain()
    del older["departments"][0]["measured_millihours"]
    assert read(parse(json.dumps(older).encode())).tables["shares"][1][-1] == "\u2013"


def test_the_proof_is_computed_and_its_failure_is_loud():
    found = replace(month([line("tax", "cpu", 5 * UNIT)]), pools={"workers": 5 * UNIT + 1})
    for department in (None, "tax", "nobody"):
        shown = read(found, department)
        assert "The figures do not add up." in shown.text
        assert (
            "pool workers: its lines sum to 5.00000000, it cost 5.00000001, the difference is -0.00000001" in shown.text
        )
        assert "exactly" not in shown.text
        assert shown.tables["pools"][1][-1] == "\u22120.00000001"
        assert "alert" in shown.of("div", "role")


def test_one_department_is_told_with_its_share_and_no_other_is_named():
    found = read(months.in_use(), "culture")
    assert re.search(r"one department only:\s+culture\s+bears 5\.4\u202f% of the whole", found.text)
    assert [row[0] for row in found.tables["departments"][2:]] == ["culture", "Sum"]
    assert not [
        name for name in months.DEPARTMENTS if name != "culture" and name in found.text.partition("What the words")[0]
    ]
    assert "borne by nobody" in read(months.in_use(), "").text


def test_a_month_without_lines_is_a_page():
    for found in (read(month([])), read(months.in_use(), "nobody")):
        assert "Nobody was charged for anything" in found.text
        assert "No day has cost anything." in found.text


@pytest.mark.parametrize("department", [None, "tax"])
def test_it_opens_nothing_and_runs_nothing(department: str | None):
    text, found = page(months.in_use(), department), read(months.in_use(), department)
    assert re.findall(r"https?:|//|@import|url\(|javascript:", text) == []
    assert not set(found.tags) & {"script", "link", "img", "iframe", "object", "embed", "base", "form", "svg", "a"}
    assert not [name for _, name, _ in found.attributes if name.startswith("on") or name in ("src", "href", "srcset")]
    assert POLICY in found.of("meta", "content")
    assert found.of("meta", "http-equiv") == ["Content-Security-Policy"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_only_a_name(name: str):
    tame, found = read(named("tame")), read(named(name))
    assert found.tags == tame.tags
    assert Counter((tag, attribute) for tag, attribute, _ in found.attributes) == Counter(
        (tag, attribute) for tag, attribute, _ in tame.attributes
    )
    styles = [value for _, attribute, value in found.attributes if attribute in ("style", "class", "id")]
    assert styles == [value for _, attribute, value in tame.attributes if attribute in ("style", "class", "id")]
    assert found.text.count(harmless(name).replace("\r", "\n")) >= tame.text.count("tame")
    assert all(char.isprintable() or char in "\n\t" for char in page(named(name)).replace("\u202f", ""))


@settings(max_examples=30, deadline=None)
@given(name=st.text(alphabet="<>&'\"`={}%#-/!a \\\u202e\x00", max_size=20))
def test_no_name_adds_an_element_or_an_attribute(name: str):
    tame, found = read(named("tame")), read(named(name or "tame"))
    assert found.tags == tame.tags
    assert len(found.attributes) == len(tame.attributes)


def test_three_hundred_departments_and_a_thousand_environments_are_quick_and_small():
    found = months.large()
    before = time.process_time()
    text = page(found)
    assert time.process_time() - before < 2
    assert len(text.encode()) < 2_000_000
    parsed = Read()
    parsed.feed(text)
    assert len(parsed.tables["departments"]) == 2 + 300 + 1
    assert len(parsed.tables["environments"]) == 2 + 1000 + 1
    assert len(parsed.tables["shares"]) == 1 + 3 * (300 + 1)
