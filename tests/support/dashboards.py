"""The committed dashboards, as Grafana reads them, and their questions, as Grafana asks them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "monitoring" / "dashboards"
VARIABLES = {"department": "tax", "pool": ".*", "currency": "EUR", "__rate_interval": "5m", "__range": "1h"}
"""What is chosen above the panels, and what Grafana puts in itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One query of one panel. `instant` is for a value of now, else for a range. `expr` has variables in it.

    `waits`: its panel says until when it is empty.
    """

    where: str
    expr: str
    legend: str
    instant: bool
    table: bool
    waits: bool

    @property
    def asked(self) -> str:
        """The expression as it reaches Prometheus. KeyError for a variable that nobody sets."""
        return re.sub(r"\$(\w+)", lambda found: VARIABLES[found[1]], self.expr)

    @property
    def legend_labels(self) -> frozenset[str]:
        """Labels whose values are in the names of its series."""
        return frozenset(re.findall(r"\{\{(\w+)\}\}", self.legend))


@cache
def boards() -> dict[str, dict[str, Any]]:
    """Every dashboard by the name of its file."""
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.json"))}


def panels() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every panel but the headings, with where it is."""
    for name, board in boards().items():
        yield from ((f"{name}: {panel['title']}", panel) for panel in board["panels"] if panel["type"] != "row")


def questions() -> Iterator[Question]:
    """Every query of every panel."""
    for where, panel in panels():
        for target in panel["targets"]:
            yield Question(
                where=f"{where} {target['refId']}",
                expr=target["expr"],
                legend=target["legendFormat"],
                instant=target["instant"],
                table=panel["type"] == "table",
                waits="Empty until" in panel["description"],
            )
