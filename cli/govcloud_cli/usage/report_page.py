"""The report as one page that stands alone: no network, no script, nothing but its own bytes. Pure.

Names come from departments, hence nothing reaches the page but through Jinja's escaping, and `harmless` before it.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache, partial
from typing import Any

import jinja2

from govcloud_cli.output import harmless
from govcloud_cli.usage import report_amounts as amounts
from govcloud_cli.usage import report_charts as charts
from govcloud_cli.usage import report_shares
from govcloud_cli.usage import report_words as words
from govcloud_cli.usage.report_sums import DIRECT, Figures
from govcloud_monitoring.ledger.charge import COMPONENTS
from govcloud_monitoring.ledger.sums import month_bounds

TEMPLATE = "report.html.j2"


def page(found: Figures) -> str:
    """HTML in UTF-8."""
    decimals = amounts.decimals_for(found.turnover_microcents)
    return (
        _environment(decimals)
        .get_template(TEMPLATE)
        .render(
            found=found,
            currency=harmless(found.month.currency),
            composition=charts.composition(found),
            bars=charts.by_department(found),
            days=charts.by_day(found),
            shares=report_shares.shares(found),
            shares_missing=report_shares.missing(found),
            most_bars=charts.MOST_BARS,
            resource_words=report_shares.RESOURCE_WORDS,
            unit_words=report_shares.UNIT_WORDS,
            components=COMPONENTS,
            component_words=words.COMPONENT_WORDS,
            closed=words.is_closed(found.month),
            closing=words.closing(found.month),
            one_department=found.department is not None,
            proof=words.proof(found),
            faults=words.faults(found),
            hours=_hours(found),
            direct=DIRECT,
            decimals=decimals,
        )
    )


@cache
def _environment(decimals: int) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("govcloud_cli.usage", ""),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= _filters(decimals)
    return environment


def _filters(decimals: int) -> dict[str, Any]:
    def typeset(of: Any) -> Any:
        return lambda *values: amounts.typeset(of(*values))

    return {
        "money": typeset(partial(amounts.money, decimals=decimals)),
        "exact": typeset(amounts.exact),
        "core_hours": typeset(amounts.core_hours),
        "gib_hours": typeset(amounts.gib_hours),
        "percent": typeset(amounts.percent),
        "typeset": amounts.typeset,
        "department": words.department_name,
        "harmless": harmless,
        "moment": words.moment,
    }


def _hours(found: Figures) -> int:
    """How many hours of the month could be closed by now."""
    beginning, end = month_bounds(found.month.first)
    closed_until = min(found.month.closed_until or beginning, end)
    return max(0, (closed_until - beginning) // timedelta(hours=1))
