"""A board as Grafana imports it: JSON with sorted keys, ids that count from one, no trace of time or chance."""

from __future__ import annotations

import json

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as models

from govcloud_monitoring.dashboards.drawing import SOURCE, draw
from govcloud_monitoring.dashboards.panel import WIDTH, Board, Choice, Row

TAG = "govcloud"


def text(board: Board) -> str:
    """The file's content. Raises ValueError when the panels of a row do not fill whole lines."""
    return json.dumps(_dashboard(board), cls=JSONEncoder, sort_keys=True, indent=1, ensure_ascii=False) + "\n"


def _dashboard(board: Board) -> models.Dashboard:
    made = dashboard.Dashboard(board.title).uid(board.uid).description(board.description).tags([TAG])
    made = made.time(board.since, "now").refresh("1m").timezone("browser").readonly().link(_siblings()).annotations([])
    made = made.with_variable(dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus"))
    for choice in board.choices:
        made = made.with_variable(_variable(choice))
    number = 0
    for row in board.rows:
        _refuse_gaps(row)
        number += 1
        made = made.with_row(dashboard.Row(row.title).id(number))
        for panel in row.panels:
            number += 1
            made = made.with_panel(draw(panel, number))
    return made.build()


def _siblings() -> dashboard.DashboardLink:
    """A link to each dashboard with our tag; the time shown and the data source come along."""
    link = dashboard.DashboardLink(TAG).type(models.DashboardLinkType.DASHBOARDS).tags([TAG])
    return link.as_dropdown(False).include_vars(True).keep_time(True)


def _variable(choice: Choice) -> dashboard.QueryVariable:
    made = dashboard.QueryVariable(choice.name).label(choice.label).datasource(SOURCE)
    made = made.query(f"label_values({choice.metric}, {choice.name})")
    made = made.refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED).sort(models.VariableSort.ALPHABETICAL_ASC)
    if choice.hidden:
        made = made.hide(models.VariableHide.HIDE_VARIABLE)
    if choice.several:
        everything = models.VariableOption(text="All", value="$__all")
        made = made.multi(True).include_all(True).all_value(".*").current(everything)
    return made


def _refuse_gaps(row: Row) -> None:
    filled = 0
    for panel in row.panels:
        filled += panel.width
        if filled > WIDTH:
            raise ValueError(f"row {row.title!r}: {panel.title!r} reaches over the edge; a line has {WIDTH} columns")
        filled %= WIDTH
    if filled:
        raise ValueError(f"row {row.title!r}: the last line ends at column {filled} of {WIDTH}; make its panels wider")
