"""When what there is will be full, and how many forecasts can be believed: a row of the dashboard of capacity."""

from __future__ import annotations

from govcloud_monitoring.dashboards.panel import Limit, Panel, Query, Row, Unit, View
from govcloud_monitoring.dashboards.questions import POOL


def _days(metric: str, labels: str, chosen: str) -> str:
    return f"(min by ({labels}) ({metric}{{{chosen}}}) - time()) / 86400"


_POOLS = _days("govcloud_capacity_exhaustion_timestamp_seconds", "pool, resource", f'bound="p10", {POOL}')
_DISKS = _days("govcloud_disk_exhaustion_timestamp_seconds", "node", 'bound="p50"')

FORECASTS = Row(
    title="When it will be full",
    panels=(
        Panel(
            title="Days until a pool may be reserved whole",
            empty_until="four weeks are on record and a forecast of them is better than last week's hours",
            description="With a chance of 10 %, by its past. Nothing where no forecast is good enough.",
            unit=Unit.DAYS,
            view=View.NOW,
            width=8,
            queries=(Query(expr=_POOLS, legend="{{pool}} {{resource}}"),),
            limit=Limit(alert="CapacityExhaustion", at=14, good_above=True),
        ),
        Panel(
            title="Days until a root disk is likely to be full",
            empty_until="four weeks are on record and a forecast of them is better than last week's hours",
            description="With a chance of 50 %, by its past; the first ten. Nothing where no forecast is good enough.",
            unit=Unit.DAYS,
            view=View.NOW,
            width=8,
            queries=(Query(expr=f"bottomk(10, {_DISKS})", legend="{{node}}"),),
            limit=Limit(alert="DiskExhaustion", at=7, good_above=True),
        ),
        Panel(
            title="Forecasts by what became of them",
            description="Shown, or why there is no date. What the words mean is told in docs/how-to/forecasts.md.",
            unit=Unit.COUNT,
            view=View.BARS,
            width=8,
            queries=(Query(expr="max by (kind, state) (govcloud_forecasts) > 0", legend="{{kind}} {{state}}"),),
        ),
    ),
)
