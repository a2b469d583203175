"""Lines of FOCUS into files: CSV for people and spreadsheets, Parquet for warehouses. No number becomes a float.

Names are what departments are called: in CSV a text that a spreadsheet would take for a formula is made inert.

Parquet is written by arro3, Python's door to the Arrow project's own Rust library: it writes decimals and needs
neither numpy nor pandas, a fifth of the size of pyarrow.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import IO

from arro3 import io
from arro3.core import Array, DataType, Field, RecordBatch, Schema, Table

from govcloud_monitoring.ledger.focus import COLUMNS, COST_DIGITS, QUANTITY_DIGITS, Kind, Line, Value
from govcloud_monitoring.ledger.inert import inert

BATCH_LINES = 8192
COMPRESSION = "zstd(3)"
_MAX_DIGITS = 38
"""Of a decimal of 16 bytes."""


def write_csv(lines: Iterable[Line], file: IO[str]) -> None:
    """A header and a row for each line; null is an empty field. Open `file` with `newline=""` and UTF-8."""
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    writer.writerows([_cell(kind, line[name]) for name, kind in COLUMNS.items()] for line in lines)


def write_parquet(lines: Iterable[Line], file: IO[bytes]) -> None:
    """The same table with its types: costs are decimals with 8 digits after the point, quantities with 12.

    Raises ValueError when a number does not fit into 38 digits.
    """
    schema = Schema([Field(name, _type(kind)) for name, kind in COLUMNS.items()])
    table = Table.from_batches([_batch(chunk, schema) for chunk in _chunks(lines)], schema=schema)
    io.write_parquet(table, file, compression=COMPRESSION)


def _chunks(lines: Iterable[Line]) -> Iterator[list[Line]]:
    remaining = iter(lines)
    while chunk := list(islice(remaining, BATCH_LINES)):
        yield chunk


def _batch(lines: list[Line], schema: Schema) -> RecordBatch:
    columns = [_column(name, kind, [line[name] for line in lines]) for name, kind in COLUMNS.items()]
    return RecordBatch.from_arrays(columns, schema=schema)


def _column(name: str, kind: Kind, values: list[Value]) -> Array:
    """Through text, the only way that has no float in it. What the cast cannot read becomes null, hence the count."""
    column = Array([_text(value) for value in values], type=DataType.utf8()).cast(_type(kind))
    if column.null_count != values.count(None):
        raise ValueError(f"a value of {name} does not fit into {_type(kind)}; leave Parquet and take CSV")
    return column


def _type(kind: Kind) -> DataType:
    return {
        "text": DataType.utf8(),
        "moment": DataType.timestamp("us", tz="UTC"),
        "cost": DataType.decimal128(_MAX_DIGITS, COST_DIGITS),
        "quantity": DataType.decimal128(_MAX_DIGITS, QUANTITY_DIGITS),
    }[kind]


def _cell(kind: Kind, value: Value) -> str:
    text = _text(value) or ""
    return inert(text) if kind == "text" else text


def _text(value: Value) -> str | None:
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value
