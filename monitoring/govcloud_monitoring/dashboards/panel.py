"""What a dashboard is made of, as plain data: questions, panels, rows. How Grafana wants it is said in `drawing`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum

WIDTH = 24
"""Columns of Grafana's grid; the panels of a line fill it."""


class Unit(StrEnum):
    """How Grafana prints a value. Source: Grafana's valueFormats/categories.ts; `suffix:` is a unit of our own."""

    RATIO = "percentunit"
    INDEX = "none"
    COUNT = "short"
    CORES = "suffix:cores"
    MACHINES = "suffix:machines"
    BYTES = "bytes"
    SECONDS = "s"
    DAYS = "d"
    REQUESTS_PER_SECOND = "reqps"
    PER_SECOND = "ops"
    MONEY = "locale"
    TEXT = "string"


class View(Enum):
    """Lines over time, the same stacked, one figure a series now, one bar a series now, or a table of now."""

    LINES = "lines"
    STACK = "stack"
    NOW = "now"
    BARS = "bars"
    TABLE = "table"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A PromQL expression. `legend` names its series; in a table it is the heading of the column of its values.

    `unit` is for a table's column that has another unit than the panel. `hidden` is for a query of which only the
    labels are of interest: its values are no column.
    """

    expr: str
    legend: str
    unit: Unit | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Where the alert with this name begins, in the panel's unit. `good_above`: red is what is below `at`.

    An alert on a count "> 0" has `at` 1 here, since Grafana colours what is equal to a threshold, too.
    """

    alert: str
    at: float
    good_above: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One picture. `reference` names the query whose line is a comparison, not a measurement.

    `columns` are headings for the labels of a table, in their order. `to_department` makes each series a link to the
    dashboard of the department that its label `department` names. `empty_until` says for what figures that a new cloud
    cannot have yet the panel waits; every other panel shows figures as soon as departments work.
    """

    title: str
    description: str
    unit: Unit
    queries: tuple[Query, ...]
    view: View = View.LINES
    width: int = 12
    height: int = 8
    decimals: int | None = None
    at_most: float | None = None
    limit: Limit | None = None
    reference: str = ""
    columns: tuple[tuple[str, str], ...] = ()
    to_department: bool = False
    empty_until: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Panels under one heading."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A variable that is chosen above the panels, from the values of a metric's label; `hidden` ones only name it."""

    name: str
    label: str
    metric: str
    several: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A dashboard. `name` is the name of its file; its uid is `govcloud-<name>`. `since` is the first range shown."""

    name: str
    title: str
    description: str
    rows: tuple[Row, ...]
    choices: tuple[Choice, ...] = ()
    since: str = "now-7d"

    @property
    def uid(self) -> str:
        """The same in every Grafana: links and imports find the dashboard by it."""
        return f"govcloud-{self.name}"
