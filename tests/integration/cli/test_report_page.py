"""The page of `govcloud report` in a real browser: nothing is fetched, bars are as long as their amounts, it fits."""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from govcloud_cli.usage import report_form
from govcloud_cli.usage.report_amounts import core_hours, money, typeset
from govcloud_cli.usage.report_sums import Figures, figures
from govcloud_monitoring.accountant.month import Month
from govcloud_monitoring.ledger.charge import COMPONENTS
from govcloud_monitoring.ledger.prices import RESOURCES
from support import chromium, months
from support.chromium import Browser, Page, Viewport
from support.months import HOSTILE, UNIT, line, month

WIDE, DARK = Viewport(width=1280, height=900), Viewport(width=1280, height=900, dark=True)
NARROW = Viewport(width=390, height=844)
VIEWS = {"wide": WIDE, "dark": DARK, "narrow": NARROW}
A4_POINTS = (595, 842)
MARGIN_POINTS = 14 / 25.4 * 72
CORRECTED = month(
    [
        line("tax", "cpu", 50 * UNIT), line("tax", "memory", -20 * UNIT), line("tax", "idle_share", 10 * UNIT),
        line("roads", "cpu", 30 * UNIT), line("roads", "storage", 30 * UNIT), line("health", "memory", -5 * UNIT),
    ]
)  # fmt: skip
NAMED_BY_STRANGERS = month(
    [
        line(name, component, (place + 1) * UNIT, environment=name * 3, product=name, tier=name, pool=name)
        for place, name in enumerate(HOSTILE)
        for component in COMPONENTS
    ],
    departments=tuple(months.held(name, "cpu", 3 * UNIT, 2 * UNIT, UNIT) for name in HOSTILE),
)
WORTHLESS = replace(CORRECTED, pools={"workers": 1})
MONTHS: dict[str, Callable[[], Month]] = {
    "in use": months.in_use,
    "large": months.large,
    "empty": lambda: month([]),
    "corrected": lambda: CORRECTED,
    "named by strangers": lambda: NAMED_BY_STRANGERS,
    "does not add up": lambda: WORTHLESS,
}
# Every text with its colour and the first background behind it, as [r, g, b] each; opacity of 1 all over.
COLOURS = """
(() => {
  const rgb = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const found = rgb(getComputedStyle(at).backgroundColor);
      if (found.length === 3) return found;
    }
    return rgb(getComputedStyle(document.documentElement).backgroundColor);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = {};
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (walker.currentNode.data.trim() && element.getClientRects().length) {
      const pair = [rgb(getComputedStyle(element).color), behind(element)];
      found[JSON.stringify(pair)] = pair;
    }
  }
  return Object.values(found);
})()
"""
# For each track or plot, its own length and those of its pieces, in order.
LENGTHS = """
[...document.querySelectorAll('%(parent)s')].map((parent) => [
  parent.getBoundingClientRect().%(side)s,
  [...parent.querySelectorAll('.piece')].map((piece) => piece.getBoundingClientRect().%(side)s),
])
"""
PLACES = """
[...document.querySelectorAll('.bars .track')].map((track) => {
  const whole = track.getBoundingClientRect();
  return [whole.width, [...track.querySelectorAll('.piece')].map((piece) => {
    const found = piece.getBoundingClientRect();
    return [found.left - whole.left, found.right - whole.left];
  })];
})
"""
# What may scroll by itself is not meant, nor what only screen readers have.
STICKING_OUT = """
[...document.querySelectorAll('body *')]
  .filter((each) => !each.closest('.scroll, .unseen') && each.getBoundingClientRect().right > innerWidth + 0.5)
  .map((each) => each.outerHTML)
"""
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium.running(tmp_path_factory.mktemp("browser") / "profile") as running:
        yield running


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Factory: a page of text in a tab of its own."""
    with contextlib.ExitStack() as stack:

        def make(text: str, viewport: Viewport = WIDE) -> Page:
            file = tmp_path / "report.html"
            file.write_bytes(text.encode())
            return stack.enter_context(chromium.opened(browser, file.as_uri(), viewport))

        yield make


def html(found: Month, department: str | None = None) -> str:
    return report_form.document("html", figures(found, department))


@pytest.mark.parametrize("which", MONTHS)
def test_nothing_is_fetched_and_nothing_is_refused(which: str, show: Open):
    page = show(html(MONTHS[which]()))
    assert [address.rpartition("/")[2] for address in page.requests()] == ["report.html"]
    assert page.complaints() == []
    assert page.measured("document.title").startswith("November 2025")
    assert page.measured("document.scripts.length") == 0


@pytest.mark.parametrize(
    ("what", "refused"),
    [
        ("<script>document.title='run'</script>", "script"),
        ("<b onclick=\"document.title='run'\" id=trap>x</b>", "inline event handler"),
        ('<img src="https://elsewhere.invalid/a.png">', "image"),
        ('<link rel=stylesheet href="https://elsewhere.invalid/a.css">', "stylesheet"),
        ('<iframe src="https://elsewhere.invalid/"></iframe>', "Framing"),
        ("<style>@import 'https://elsewhere.invalid/b.css';</style>", "stylesheet"),
    ],
)
def test_the_pages_policy_refuses_what_would_be_slipped_in(what: str, refused: str, show: Open):
    page = show(html(CORRECTED).replace("<main>", f"<main>{what}"))
    page.measured("document.getElementById('trap')?.click()")
    assert any("Content Security Policy" in each for each in page.complaints()), page.complaints()
    assert refused in " ".join(page.complaints())
    assert page.measured("document.title").startswith("November 2025")


def test_the_browser_tells_of_what_a_page_asks_for(show: Open):
    page = show("<!doctype html><title>x</title><img src='http://elsewhere.invalid/a.png'>")
    assert "http://elsewhere.invalid/a.png" in page.requests()
    assert any("ERR_NAME_NOT_RESOLVED" in each for each in page.complaints())


@pytest.mark.parametrize("which", MONTHS)
def test_nothing_sticks_out_of_the_window(which: str, show: Open):
    page = show(html(MONTHS[which]()))
    page.measured("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    for width in (1280, 800, 390, 320):
        page.seen_as(Viewport(width=width, height=844))
        assert page.measured("[document.documentElement.scrollWidth, innerWidth]") == [width, width]
        assert page.measured("document.body.scrollWidth") <= width
        assert page.measured(STICKING_OUT) == []


@pytest.mark.parametrize("view", ["wide", "narrow"])
@pytest.mark.parametrize("which", ["in use", "large", "corrected"])
def test_bars_are_as_long_as_their_costs(which: str, view: str, show: Open):
    found = figures(MONTHS[which]())
    page = show(html(found.month), VIEWS[view])
    shown = found.departments[:24]
    measured = page.measured(LENGTHS % {"parent": ".bars .track", "side": "width"})
    span = reach(shown)
    assert len(measured) == len(shown)
    for row, (whole, pieces) in zip(shown, measured, strict=True):
        costs = [row.costs[component] for component in COMPONENTS if row.costs[component]]
        assert whole > 150
        assert pieces == pytest.approx([abs(cost) / span * whole for cost in costs], abs=1)


@pytest.mark.parametrize("view", ["wide", "dark", "narrow"])
@pytest.mark.parametrize("which", ["in use", "large"])
def test_shares_are_as_long_as_their_amounts(which: str, view: str, show: Open):
    found = figures(MONTHS[which]())
    page = show(html(found.month), VIEWS[view])
    measured = page.measured(LENGTHS % {"parent": ".three .track", "side": "width"})
    known = {(each.department, each.resource): each for each in found.month.departments or ()}
    parts = [known[row.department, name] for row in found.departments if row.department for name in RESOURCES][:72]
    assert len(measured) == len(parts)
    for part, (whole, pieces) in zip(parts, measured, strict=True):
        amounts = [part.granted, part.reserved, part.used or 0]
        assert whole > 150
        assert pieces == pytest.approx([amount / max(amounts) * whole for amount in amounts], abs=1)
    heights = page.measured(LENGTHS % {"parent": ".three .track", "side": "height"})
    for whole, (granted, reserved, used) in heights:
        assert granted == pytest.approx(whole, abs=0.1)
        assert reserved == pytest.approx(whole, abs=0.1)
        assert 3 < used < whole / 2  # told apart by form, not by colour alone


def test_bars_stand_end_to_end_on_both_sides_of_zero(show: Open):
    page = show(html(CORRECTED))
    zero = 20 / 80  # tax has 20 below, and roads and tax have 60 above
    drawn = {code: [(start / whole, end / whole) for start, end in places] for code, (whole, places) in by_code(page)}
    assert drawn == {
        "roads": [near(zero, zero + 30 / 80), near(zero + 30 / 80, 1)],
        "tax": [near(zero, zero + 50 / 80), near(0, zero), near(zero + 50 / 80, 1)],
        "health": [near(zero - 5 / 80, zero)],
    }


@pytest.mark.parametrize("view", ["wide", "narrow"])
@pytest.mark.parametrize("which", ["in use", "large", "corrected"])
def test_columns_are_as_high_as_what_the_days_cost(which: str, view: str, show: Open):
    found = MONTHS[which]()
    page = show(html(found), VIEWS[view])
    ticks = page.measured("[...document.querySelectorAll('.scale span')].map((each) => each.textContent)")
    amounts = [float(tick.replace("\u202f", "").replace("\u2212", "-")) * UNIT for tick in ticks]
    measured = page.measured(LENGTHS % {"parent": ".day", "side": "height"})
    assert len(measured) == 30
    for day, (whole, pieces) in enumerate(measured, 1):
        costs = [each.cost_microcents for each in found.days if each.day.day == day]
        apart = sum(abs(sum(costs_of)) for costs_of in by_department(found, day))
        assert whole > 150
        assert sum(pieces) == pytest.approx(apart / (amounts[-1] - amounts[0]) * whole, abs=1)
        assert bool(pieces) == any(costs)


@pytest.mark.parametrize("view", ["wide", "dark"])
@pytest.mark.parametrize("which", ["in use", "does not add up"])
def test_words_stand_out_from_what_is_behind_them(which: str, view: str, show: Open):
    """WCAG 2.2, 1.4.3: a contrast of 4.5 or more."""
    page = show(html(MONTHS[which](), "tax" if view == "dark" else None), VIEWS[view])
    colours = page.measured(COLOURS)
    assert len(colours) > 2
    assert {str(pair): contrast(*pair) for pair in colours if contrast(*pair) < 4.5} == {}
    background = luminance(
        page.measured("getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/g).map(Number)")
    )
    assert background < 0.05 if view == "dark" else background > 0.9


def test_every_component_and_department_has_a_colour_that_is_painted(show: Open):
    for view in ("wide", "dark"):
        page = show(html(months.in_use()), VIEWS[view])
        painted = "(each) => { const of = getComputedStyle(each); return of.backgroundColor + of.backgroundImage; }"
        keys = page.measured(f"[...document.querySelectorAll('.chart + .legend i')].map({painted})")
        assert len(set(keys)) == len(keys) == 9
        parts = page.measured(f"[...document.querySelectorAll('.legend.amounts i')].map({painted})")
        assert len(set(parts)) == len(parts) == 5


@pytest.mark.parametrize("which", ["in use", "large", "corrected", "named by strangers"])
def test_on_paper_it_is_a4_and_nothing_is_cut_off(which: str, show: Open, tmp_path: Path):
    found = figures(MONTHS[which]())
    file = tmp_path / "report.pdf"
    file.write_bytes(show(html(found.month)).pdf())
    printed = tool("pdftotext", "-bbox", str(file), "-")
    sizes = re.findall(r'<page width="([\d.]+)" height="([\d.]+)">', printed)
    assert {(round(float(width)), round(float(height))) for width, height in sizes} == {A4_POINTS}
    words = [
        (float(left), float(right), word)
        for left, right, word in re.findall(r'xMin="(\S+)" .*?xMax="(\S+)" .*?>(.*?)</word>', printed)
    ]
    assert len(words) > 200
    low, high = MARGIN_POINTS - 1, A4_POINTS[0] - MARGIN_POINTS + 1
    assert [word for left, right, word in words if not low < left < right < high] == []
    text = f" {' '.join(word for *_, word in words)} "
    assert [amount for amount in figures_of(found) if f" {amount} " not in text] == []


def test_on_paper_headers_stand_on_every_page_and_bars_keep_their_colour(show: Open, tmp_path: Path):
    file = tmp_path / "report.pdf"
    file.write_bytes(show(html(months.large()), DARK).pdf())
    pages = tool("pdftotext", "-layout", str(file), "-").split("\f")
    rows = [page for page in pages if len(re.findall(r"^ *department-\d{3}-product", page, re.MULTILINE)) > 3]
    assert len(rows) > 10
    assert [page for page in rows if "GiB-hours" not in page] == []
    picture = subprocess.run(
        ["pdftoppm", "-r", "36", "-f", "1", "-l", "1", str(file)], capture_output=True, check=True
    ).stdout
    head, pixels = picture[:15].split(b"\n", 3)[:3], picture[-298 * 421 * 3 :]
    assert head[:2] == [b"P6", b"298 421"]
    cpu, paper = bytes.fromhex("332288"), b"\xff\xff\xff"
    counted = [pixels[at : at + 3] for at in range(0, len(pixels), 3)]
    assert counted.count(cpu) > 200
    assert counted.count(paper) > len(counted) / 2


def test_pictures_are_taken(show: Open):
    for view in (WIDE, DARK, NARROW):
        picture = show(html(months.in_use()), view).png()
        assert picture.startswith(b"\x89PNG")
        assert (int.from_bytes(picture[16:20]), int.from_bytes(picture[20:24])) == (view.width, view.height)


def reach(rows: Any) -> int:
    """From the lowest end of any bar to the highest, in micro-cents."""
    ends = [
        (sum(min(cost, 0) for cost in row.costs.values()), sum(max(cost, 0) for cost in row.costs.values()))
        for row in rows
    ]
    return max(high for _, high in ends) - min(low for low, _ in ends)


def by_code(page: Page) -> Any:
    names = page.measured("[...document.querySelectorAll('.bars .name')].map((each) => each.textContent)")
    return zip(names, page.measured(PLACES), strict=True)


def near(start: float, end: float) -> Any:
    return pytest.approx((start, end), abs=0.002)


def by_department(found: Month, day: int) -> Iterator[list[int]]:
    """A day's costs, in groups of one colour: the eight dearest departments, and the rest together."""
    coloured = [row.department for row in figures(found).departments[:8]]
    of_day = [each for each in found.days if each.day.day == day]
    for code in coloured:
        yield [each.cost_microcents for each in of_day if each.department == code]
    yield [each.cost_microcents for each in of_day if each.department not in coloured]


def figures_of(found: Figures) -> set[str]:
    """Totals as they are printed; between groups of digits a PDF has blanks."""
    decimals = 2 if found.turnover_microcents >= 100 * UNIT else 4
    rows = (*found.departments, *found.environments, found.total)
    costs = {typeset(money(row.cost_microcents, decimals)) for row in rows}
    held = found.month.departments or ()
    reserved = {typeset(core_hours(each.reserved)) for each in held if each.resource == "cpu"}
    return {amount.replace("\u202f", " ") for amount in costs | reserved}


def tool(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def luminance(colour: list[float]) -> float:
    """Relative luminance of sRGB, 0 to 1: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    parts = [part / 255 for part in colour[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: list[float], other: list[float]) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)
