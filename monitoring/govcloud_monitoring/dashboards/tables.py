"""How the answers of several queries become one table: a row for each set of labels, a column for each query."""

from __future__ import annotations

from collections.abc import Iterator

from grafana_foundation_sdk.models.dashboard import DataTransformerConfig

from govcloud_monitoring.dashboards.panel import Panel, Unit


def headings(panel: Panel) -> list[DataTransformerConfig]:
    """Rows that have the labels of all queries in common become one; then columns are named and ordered.

    Grafana calls the values of query A `Value #A`; of an only query, `Value`.
    """
    values = [(_value(panel, place), query) for place, query in enumerate(panel.queries)]
    shown = [*panel.columns, *((field, query.legend) for field, query in values if not query.hidden)]
    hidden = ["Time", *(field for field, query in values if query.hidden)]
    organised = {
        "excludeByName": dict.fromkeys(hidden, True),
        "indexByName": {field: place for place, (field, _) in enumerate(shown)},
        "renameByName": dict(shown),
    }
    return [DataTransformerConfig(id_val="merge", options={}), DataTransformerConfig("organize", options=organised)]


def units(panel: Panel) -> Iterator[tuple[str, Unit]]:
    """Columns with a unit of their own. A label is text, even where it is made of digits."""
    yield from ((heading, Unit.TEXT) for _, heading in panel.columns)
    yield from ((query.legend, query.unit) for query in panel.queries if query.unit is not None)


def _value(panel: Panel, place: int) -> str:
    return "Value" if len(panel.queries) == 1 else f"Value #{chr(ord('A') + place)}"
