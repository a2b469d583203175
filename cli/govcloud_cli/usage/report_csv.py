"""The report for spreadsheets and programs: every line of the month, every digit. Pure.

Form: RFC 4180 in UTF-8, the names of the columns first. A text that a spreadsheet would take for a formula gets an
apostrophe in front. Numbers are never changed.
"""

from __future__ import annotations

import csv
import io

from govcloud_cli.usage.report_amounts import exact
from govcloud_monitoring.accountant.month import Month
from govcloud_monitoring.ledger.inert import inert
from govcloud_monitoring.ledger.sums import Sum

COLUMNS = (
    "month",  # 2026-11
    "currency",
    "department",  # empty: the platform, borne by nobody
    "environment",  # a namespace
    "product",
    "purpose",
    "tier",
    "pool",
    "component",  # cpu, memory, storage, platform_share, idle_share
    "unit",  # of quantity: mcore_seconds, mib_seconds; empty for shares
    "quantity",  # an integer
    "list_cost",  # the tariff, 8 decimals
    "cost",  # what it really cost, 8 decimals; only these sum to the pools' cost
)


def document(month: Month) -> str:
    """Header and a row a line, in the ledger's order."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows(_row(month, line) for line in month.lines)
    return out.getvalue()


def _row(month: Month, line: Sum) -> tuple[str, ...]:
    owner = (line.department, line.environment, line.product, line.purpose, line.tier)
    texts = (f"{month.first:%Y-%m}", month.currency, *owner, line.pool, line.component, line.unit)
    numbers = (str(line.quantity), exact(line.list_microcents), exact(line.cost_microcents))
    return (*map(inert, texts), *numbers)
