"""The report as a page: its words, its numbers, and that names stay names."""

import re
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govcloud_cli.output import harmless
from govcloud_cli.usage import report_form
from govcloud_cli.usage.report_amounts import decimals_for, exact, money, typeset
from govcloud_cli.usage.report_sums import figures
from govcloud_monitoring.accountant.month import Month
from govcloud_monitoring.ledger.charge import COMPONENTS
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
    return month([line(name, component, UNIT, **more) for component in COMPONENTS], currency=name)


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
    assert set(tables) - {"pools"} <= set(places)
    assert {name: tables[name][-1][place] for name, place in places.items() if name in tables} == dict.fromkeys(
        set(tables) - {"pools"}, shown
    )
    for row in tables.get("pools", [])[1:]:
        assert row[-3:] == [row[-2], row[-2], "0"]
    assert f"The lines sum to the pools' cost exactly: {typeset(exact(cost))} EUR." in read(found).text


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
