"""`govcloud top` as text."""

from datetime import UTC, datetime

import pytest

from govcloud_cli.usage import top_view
from govcloud_monitoring.shares import Department, Share, Usage

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
GI = float(1 << 30)
TAX = Department(
    code="tax",
    cpu=Share(granted=4, reserved=2, used=0.5),
    memory=Share(granted=8 * GI, reserved=4 * GI, used=3 * GI),
    storage=Share(granted=80 * GI, reserved=10 * GI, used=2.5 * GI),
)
ROADS = Department(code="roads", cpu=Share(granted=1, reserved=0, used=0))


def test_a_line_a_department_and_their_sum():
    lines = top_view.text(Usage(departments=(TAX, ROADS), stale=()), NOW).splitlines()
    assert lines[0].startswith("03:04:05")
    assert lines[1].split()[:4] == ["DEPARTMENT", "CPU", "GRANTED", "RESERVED"]
    assert lines[2].split()[:5] == ["tax", "4.00", "2.00", "0.50", "1.50"]
    assert lines[3].split()[:5] == ["roads", "1.00", "0.00", "0.00", "0.00"]
    assert lines[4].split()[:5] == ["all", "5.00", "2.00", "0.50", "1.50"]
    assert lines[1].split()[-4:] == ["DISK", "GRANTED", "RESERVED", "USED"]
    assert lines[2].split()[-3:] == ["80.00", "10.00", "2.50"]
    assert lines[3].split()[-3:] == ["0.00", "0.00", "-"], "nobody measured it"
    assert lines[4].split()[-3:] == ["80.00", "10.00", "2.50"]


def test_lines_are_cut_at_the_terminals_width():
    text = top_view.text(Usage(departments=(TAX,), stale=()), NOW, width=40)
    assert max(len(line) for line in text.splitlines()) == 40


def test_missing_figures_are_told_and_not_hidden():
    text = top_view.text(Usage(departments=(TAX,), stale=("kubernetes",)), NOW)
    assert "figures are missing: kubernetes" in text


def test_without_departments_it_says_so():
    assert "no department" in top_view.text(Usage(departments=(), stale=()), NOW)


@pytest.mark.parametrize(
    ("used", "drawn"),
    [(0.0, "             0%"), (0.5, "██▌          25%"), (2.0, "██████████ 100%"), (3.0, "██████████ 150%")],
)
def test_the_bar_shows_what_of_the_reserved_is_used(used: float, drawn: str):
    assert top_view.bar(Share(granted=4, reserved=2, used=used)).split() == drawn.split()


def test_nothing_reserved_has_no_bar():
    assert top_view.bar(Share(granted=4, reserved=0, used=0)) == ""
    assert top_view.bar(Share(granted=4, reserved=1, used=None)) == ""
