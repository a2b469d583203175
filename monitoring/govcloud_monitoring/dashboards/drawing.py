"""A panel as Grafana draws it. Pure: the same panel gives the same object."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from grafana_foundation_sdk.builders import bargauge, common, dashboard, prometheus, stat, table, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common as words
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from govcloud_monitoring.dashboards.panel import Limit, Panel, Query, View
from govcloud_monitoring.dashboards.tables import headings, units

SOURCE = models.DataSourceRef(type_val="prometheus", uid="${datasource}")
SCRAPE_INTERVAL = "30s"
"""Of our Prometheus. Grafana would take 15 s, and its $__rate_interval would hold too few samples to count a rate."""
DEPARTMENT_URL = (
    "/d/govcloud-department?var-department=${__field.labels.department}"
    "&var-datasource=${datasource}&${__url_time_range}"
)
_GREEN, _RED = "green", "red"
Drawn = timeseries.Panel | stat.Panel | bargauge.Panel | table.Panel


def draw(panel: Panel, number: int) -> Builder[models.Panel]:
    """The panel with the id `number`. Raises ValueError when a table has a limit: nothing would show it."""
    if panel.view is View.TABLE and panel.limit is not None:
        raise ValueError(f"the table {panel.title!r} has a limit, which nothing would show; take it away")
    drawn = _shape(panel).id(number).title(panel.title).description(description(panel)).datasource(SOURCE)
    drawn = drawn.unit(panel.unit.value).span(panel.width).height(panel.height)
    drawn = drawn.targets([_target(query, place, panel.view) for place, query in enumerate(panel.queries)])
    drawn = drawn.thresholds(_thresholds(panel.limit))
    if panel.decimals is not None:
        drawn = drawn.decimals(panel.decimals)
    if panel.at_most is not None:
        drawn = drawn.max(panel.at_most)
    if panel.to_department:
        drawn = drawn.data_links(
            [dashboard.DashboardLink("Department ${__field.labels.department}").url(DEPARTMENT_URL)]
        )
    return drawn


def description(panel: Panel) -> str:
    """The panel's own words, until when it is empty, and where its alert begins."""
    empty = f"Empty until {panel.empty_until}." if panel.empty_until else ""
    red = f"Red is where the alert {panel.limit.alert} begins." if panel.limit else ""
    return " ".join(filter(None, [panel.description, empty, red]))


def _shape(panel: Panel) -> Drawn:
    return _SHAPES[panel.view](panel)


def _target(query: Query, place: int, view: View) -> prometheus.Dataquery:
    target = prometheus.Dataquery().expr(query.expr).legend_format(query.legend).ref_id(chr(ord("A") + place))
    target = target.datasource(SOURCE).interval(SCRAPE_INTERVAL)
    if view is View.TABLE:
        target = target.format(PromQueryFormat.TABLE)
    return target.range() if view in {View.LINES, View.STACK} else target.instant()


def _thresholds(limit: Limit | None) -> dashboard.ThresholdsConfig:
    below, above = (_RED, _GREEN) if limit and limit.good_above else (_GREEN, _RED)
    steps = [models.Threshold(value=None, color=below)]
    if limit is not None:
        steps.append(models.Threshold(value=limit.at, color=above))
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)


def _lines(panel: Panel) -> timeseries.Panel:
    legend = common.VizLegendOptions().show_legend(True).display_mode(words.LegendDisplayMode.TABLE)
    legend = legend.placement(words.LegendPlacement.BOTTOM).calcs(["mean", "max", "lastNotNull"])
    tooltip = common.VizTooltipOptions().mode(words.TooltipDisplayMode.MULTI).sort(words.SortOrder.DESCENDING)
    drawn = timeseries.Panel().legend(legend).tooltip(tooltip).axis_soft_min(0).line_width(1).fill_opacity(10)
    drawn = drawn.show_points(words.VisibilityMode.NEVER)
    if panel.limit is not None:
        style = common.GraphThresholdsStyleConfig().mode(words.GraphThresholdsStyleMode.DASHED)
        drawn = drawn.thresholds_style(style)
    if panel.reference:
        drawn = drawn.override_by_name(panel.reference, _dashed())
    return drawn


def _dashed() -> list[models.DynamicConfigValue]:
    return [
        models.DynamicConfigValue(id_val="custom.lineStyle", value={"dash": [10, 10], "fill": "dash"}),
        models.DynamicConfigValue(id_val="custom.fillOpacity", value=0),
        models.DynamicConfigValue(id_val="color", value={"fixedColor": "text", "mode": "fixed"}),
    ]


def _stack(panel: Panel) -> timeseries.Panel:
    stacking = common.StackingConfig().mode(words.StackingMode.NORMAL).group("A")
    return _lines(panel).stacking(stacking).fill_opacity(60)


def _last() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().values(False).calcs(["lastNotNull"])


def _now(panel: Panel) -> stat.Panel:
    several = len(panel.queries) > 1 or "{{" in panel.queries[0].legend
    text = words.BigValueTextMode.VALUE_AND_NAME if several else words.BigValueTextMode.VALUE
    drawn = stat.Panel().reduce_options(_last()).text_mode(text).graph_mode(words.BigValueGraphMode.NONE)
    colour = words.BigValueColorMode.NONE if panel.limit is None else words.BigValueColorMode.BACKGROUND
    return drawn.color_mode(colour)


def _bars(panel: Panel) -> bargauge.Panel:
    drawn = bargauge.Panel().reduce_options(_last()).orientation(words.VizOrientation.HORIZONTAL).min(0)
    drawn = drawn.display_mode(words.BarGaugeDisplayMode.BASIC).value_mode(words.BarGaugeValueMode.TEXT)
    if panel.limit is None:  # without a limit no value is good or bad, so green would say too much
        drawn = drawn.color_scheme(dashboard.FieldColor().mode(models.FieldColorModeId.FIXED).fixed_color("blue"))
    return drawn


def _table(panel: Panel) -> table.Panel:
    drawn = table.Panel().show_header(True)
    for transformation in headings(panel):
        drawn = drawn.with_transformation(transformation)
    for name, unit in units(panel):
        drawn = drawn.override_by_name(name, [models.DynamicConfigValue(id_val="unit", value=unit.value)])
    return drawn


_SHAPES: Mapping[View, Callable[[Panel], Drawn]] = {
    View.LINES: _lines,
    View.STACK: _stack,
    View.NOW: _now,
    View.BARS: _bars,
    View.TABLE: _table,
}
