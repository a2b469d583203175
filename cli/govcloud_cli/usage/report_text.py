"""The report for a terminal. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from govcloud_cli.output import harmless, table
from govcloud_cli.usage import report_shares
from govcloud_cli.usage import report_words as words
from govcloud_cli.usage.report_amounts import EXACT_DECIMALS, decimals_for, exact, money, percent
from govcloud_cli.usage.report_shares import Part
from govcloud_cli.usage.report_sums import Figures, Row
from govcloud_monitoring.ledger.charge import COMPONENTS

_HEADER = ("CPU", "MEMORY", "STORAGE", "PLATFORM SHARE", "IDLE SHARE", "TOTAL", "TARIFF")
_SHARES_HEADER = ("GRANTED", "RESERVED", "USED", "WASTED", "USED OF RESERVED", "MEASURED")


def text(found: Figures) -> str:
    """A line a department, dearest first, their sum last; what they held; then what the figures are worth."""
    month, decimals = found.month, decimals_for(found.turnover_microcents)
    head = f"{month.first:%B %Y} until {words.moment(month.until)}, costs in {harmless(month.currency)}"
    body = _table(found, decimals) if found.departments else "nobody was charged for anything"
    held = [*_shares(found), *report_shares.missing(found)]
    return "\n".join([head, *_one_department(found, decimals), "", body, "", *held, "", *_worth(found, decimals)])


def _table(found: Figures, decimals: int) -> str:
    rows = [*found.departments, found.total]
    names = [*(words.department_name(row.department) for row in found.departments), "sum"]
    columns = zip(_HEADER, *(_amounts(row, decimals) for row in rows), strict=True)
    figures = zip(*(_right(column) for column in columns), strict=True)
    header, *cells = ((name, *amounts) for name, amounts in zip(("DEPARTMENT", *names), figures, strict=True))
    return table(header, cells)


def _amounts(row: Row, decimals: int) -> list[str]:
    costs = [row.costs[component] for component in COMPONENTS]
    return [money(amount, decimals) for amount in (*costs, row.cost_microcents, row.list_microcents)]


def _shares(found: Figures) -> list[str]:
    """A line a department and resource."""
    known = report_shares.shares(found)
    if known is None:
        return []
    named = [(words.department_name(row.department), row) for row in known.rows] + [("all", known.total)]
    names = [(name, _resource(part)) for name, row in named for part in row.parts]
    rows = [_held(part) for _, row in named for part in row.parts]
    columns = (_right(column) for column in zip(_SHARES_HEADER, *rows, strict=True))
    header, *cells = zip(*columns, strict=True)
    held = zip(names, cells, strict=True)
    return table(("DEPARTMENT", "RESOURCE", *header), [(*name, *cell) for name, cell in held]).splitlines()


def _resource(part: Part) -> str:
    return f"{report_shares.RESOURCE_WORDS[part.resource]}, {report_shares.UNIT_WORDS[part.resource]}"


def _held(part: Part) -> list[str]:
    amounts = (part.amount(name) for name in ("granted", "reserved", "used", "wasted"))
    return [*amounts, part.used_percent, part.measured_percent]


def _right(column: Sequence[str]) -> list[str]:
    width = max(map(len, column))
    return [cell.rjust(width) for cell in column]


def _one_department(found: Figures, decimals: int) -> list[str]:
    """Whose figures these are, and what part of the whole."""
    if found.department is None:
        return []
    part, whole = found.total.cost_microcents, found.whole.cost_microcents
    amounts = f"{money(part, decimals)} of {money(whole, decimals)} {harmless(found.month.currency)}"
    name = words.department_name(found.department)
    return [f"one department only: {name} bears {percent(part, whole)} of the whole, {amounts}"]


def _worth(found: Figures, decimals: int) -> list[str]:
    """How final the figures are, whether they add up, and how they are rounded."""
    proof = f"{words.proof(found)}: {exact(found.month.cost_microcents)} {harmless(found.month.currency)}"
    rounded = f"each amount is rounded by itself, to {decimals} decimals; -o csv has every digit"
    last = [rounded] if decimals < EXACT_DECIMALS else []
    return [words.closing(found.month), words.alarm(found) or proof, *last]
