"""The ledger in PostgreSQL 15: hours are closed once, corrected by more rows, and read as sums.

The rules stand in schema.sql, so that no program can break them: append-only, an hour once, and an hour's charges sum
to its pool's cost or nothing of it is written.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from importlib import resources
from typing import Any

import pg8000.native
from pg8000.exceptions import DatabaseError, InterfaceError

from govcloud_api import errors
from govcloud_monitoring.ledger import queries
from govcloud_monitoring.ledger.backup import Backup
from govcloud_monitoring.ledger.charge import Charge, Statement, refuse_other_than_full_hour
from govcloud_monitoring.ledger.correction import correct
from govcloud_monitoring.ledger.department_hour import DepartmentHour, DepartmentSum, from_row
from govcloud_monitoring.ledger.recommendation import Met, Recommendation
from govcloud_monitoring.ledger.refusals import told
from govcloud_monitoring.ledger.sums import DayCost, DaySum, Sum, Totals, month_bounds

TIMEOUT_SECONDS = 60.0
"""Of the socket; what the server allows itself is shorter, so that its own words arrive."""
TABLES = "ledger.pool_hour, ledger.charge, ledger.department_hour, ledger.recommendation"
SETTINGS = (
    "set search_path = pg_catalog, pg_temp",
    "set statement_timeout = '50s'",
    "set lock_timeout = '10s'",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the ledger is: a Unix socket, over which the server knows the caller by the system's user (peer)."""

    socket: str
    user: str
    database: str


@contextlib.contextmanager
def session(place: Place) -> Iterator[Ledger]:
    """The ledger for as long as a connection lasts. Raises NotReady when the server does not answer."""
    with told(f"opening {place.database} at {place.socket}"):
        connection = pg8000.native.Connection(
            place.user,
            unix_sock=place.socket,
            database=place.database,
            timeout=TIMEOUT_SECONDS,
            application_name="govcloud ledger",
        )
    try:
        with told(f"opening {place.database} at {place.socket}"):
            for setting in SETTINGS:
                connection.run(setting)
        yield Ledger(connection)
    finally:
        with contextlib.suppress(DatabaseError, InterfaceError, OSError):
            connection.close()


class Ledger:
    """The ledger over one connection, which is used by one thread. After NotReady open another.

    Every method raises NotReady when the server does not answer or is busy, and Forbidden when the role may not.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def migrate(self, writer: str = "") -> None:
        """Make or complete the schema as its owner; `writer` is a role that gets the right to read and append.

        The owner is bound by the triggers as well, but could drop them: let another role write.
        """
        schema = (resources.files(__package__) / "schema.sql").read_text()
        with self._transaction("migrating the ledger"):
            self._connection.run(schema)
            if writer:
                role = pg8000.native.identifier(writer)
                self._connection.run(f"grant usage on schema ledger to {role}")
                self._connection.run(f"grant select, insert on {TABLES} to {role}")

    def close_hour(self, statement: Statement) -> None:
        """Write a pool's hour, all or nothing.

        Raises AlreadyClosed when it is there, also after a NotReady whose transaction did arrive; InvalidSpec when
        the charges do not sum to the pool's cost; ValueError when the start is not a full hour in UTC.
        """
        refuse_other_than_full_hour(statement.start)
        with self._transaction(f"closing {statement.pool} at {statement.start.isoformat()}"):
            self._append(statement, statement.charges, revision=0, cost_microcents=statement.pool_cost_microcents)

    def append_correction(self, after: Statement) -> tuple[Charge, ...]:
        """Bring a closed hour to `after` by rows of differences, which are returned; none when it is so already.

        Raises NotFound when the hour was never closed, AlreadyClosed when somebody else corrected it meanwhile, and
        else as `close_hour`.
        """
        refuse_other_than_full_hour(after.start)
        what = f"correcting {after.pool} at {after.start.isoformat()}"
        with self._transaction(what):
            (was,) = self._read(queries.REVISIONS, pool=after.pool, start=after.start)
            if not was["revisions"]:
                raise errors.NotFound(f"{what}: the hour is not closed; close it first")
            rows = correct(self._charges(after.pool, after.start), after)
            if rows:
                difference = after.pool_cost_microcents - was["cost_microcents"]
                self._append(after, rows, revision=was["revisions"], cost_microcents=difference)
        return rows

    def charges(self, pool: str, start: datetime) -> tuple[Charge, ...]:
        """Every row of an hour, corrections too, in the order of revisions and keys; none when it is not closed."""
        with told(f"reading {pool} at {start.isoformat()}"):
            return self._charges(pool, start)

    def last_closed(self, pool: str) -> datetime | None:
        """The beginning of the newest closed hour of a pool, in UTC."""
        with told(f"reading the last hour of {pool}"):
            (found,) = self._read(queries.LAST_CLOSED, pool=pool)
        last: datetime | None = found["start"]
        return last

    def newest(self) -> datetime | None:
        """The beginning of the newest hour that is closed for any pool, in UTC."""
        with told("reading the last hour"):
            (found,) = self._read(queries.NEWEST)
        last: datetime | None = found["start"]
        return last

    def rows(self) -> int:
        """How many hours and corrections are written: as long as it stays the same, so does every sum."""
        with told("counting the hours"):
            (found,) = self._read(queries.ROWS)
        return int(found["rows"])

    def hours(self, first: date) -> dict[str, int]:
        """How many hours of the month that begins on `first` are closed, by pool."""
        return {each["pool"]: each["hours"] for each in self._month(queries.HOURS, first)}

    def pool_costs(self, first: date) -> dict[str, int]:
        """What the closed hours of the month that begins on `first` cost, by pool, corrections included."""
        return {each["pool"]: each["cost_microcents"] for each in self._month(queries.POOL_COSTS, first)}

    def month(self, first: date) -> tuple[Sum, ...]:
        """The month that begins on `first`, summed by owner, pool and component. Raises ValueError on another day."""
        return tuple(Sum(**each) for each in self._month(queries.MONTH, first))

    def days(self, first: date) -> tuple[DaySum, ...]:
        """The same a day, corrections after the month's end apart: the lines of an export."""
        return tuple(DaySum(**each) for each in self._month(queries.DAYS, first))

    def by_day(self, first: date) -> tuple[DayCost, ...]:
        """The same a day by department and component only: the points of a chart."""
        return tuple(DayCost(**each) for each in self._month(queries.BY_DAY, first))

    def write_departments(self, hours: Sequence[DepartmentHour]) -> None:
        """Write all of one hour, all or nothing; it is never corrected.

        Raises AlreadyClosed when it is there, InvalidSpec when a rule of the schema refuses it, and ValueError when a
        start is not a full hour in UTC.
        """
        for each in hours:
            refuse_other_than_full_hour(each.start)
        rows = [asdict(each) | {"start": each.start.isoformat(), "wasted": each.wasted} for each in hours]
        with self._transaction("writing what departments held"):
            self._connection.run(queries.APPEND_DEPARTMENTS, rows=json.dumps(rows))

    def newest_of_departments(self) -> datetime | None:
        """The beginning of the newest hour that is written of departments, in UTC."""
        with told("reading the last hour of departments"):
            (found,) = self._read(queries.NEWEST_OF_DEPARTMENTS)
        last: datetime | None = found["start"]
        return last

    def departments(self, first: date) -> tuple[DepartmentSum, ...]:
        """What departments held in the month that begins on `first`. Raises ValueError on another day."""
        return tuple(from_row(each) for each in self._month(queries.DEPARTMENTS, first))

    def recommendations(self) -> tuple[Recommendation, ...]:
        """What is proposed, as it was last written."""
        with told("reading what is proposed"):
            return tuple(Recommendation(**each) for each in self._read(queries.RECOMMENDATIONS))

    def write_recommendations(self, steps: Sequence[Recommendation]) -> None:
        """Write what became of proposals, all or nothing. Raises InvalidSpec when a rule of the schema refuses it."""
        rows = json.dumps([asdict(each) for each in steps])
        with self._transaction("writing what became of proposals"):
            self._connection.run(queries.APPEND_RECOMMENDATIONS, rows=rows)

    def met(self) -> tuple[Met, ...]:
        """Proposals that were met since the ledger began, by department and kind."""
        with told("reading what became of proposals"):
            return tuple(Met(**each) for each in self._read(queries.MET))

    def backup(self) -> Backup:
        """How it stands with backups. Raises NotReady, too, where nothing of the kind is kept."""
        with told("reading about backups of the ledger"):
            (found,) = self._read(queries.BACKUP)
        return Backup(**found)

    def totals(self) -> Totals:
        """Everything since the ledger began."""
        with told("reading the totals of the ledger"):
            return queries.totals(self._read(queries.TOTALS), self._read(queries.POOL_TOTALS))

    def _month(self, query: str, first: date) -> list[queries.Row]:
        beginning, end = month_bounds(first)
        with told(f"reading the month {first:%Y-%m}"):
            return self._read(query, beginning=beginning, end=end)

    def _charges(self, pool: str, start: datetime) -> tuple[Charge, ...]:
        return queries.charges(self._read(queries.CHARGES, pool=pool, start=start))

    def _read(self, query: str, **values: Any) -> list[queries.Row]:
        rows = self._connection.run(query, **values)
        names = [column["name"] for column in self._connection.columns]
        return [queries.row(names, each) for each in rows]

    def _append(self, of: Statement, charges: Iterable[Charge], *, revision: int, cost_microcents: int) -> None:
        """Charges first: the hour's own row closes it."""
        rows = json.dumps([asdict(each) | {"start": each.start.isoformat()} for each in charges])
        self._connection.run(queries.APPEND_CHARGES, rows=rows)
        self._connection.run(
            queries.APPEND_HOUR,
            pool=of.pool,
            start=of.start,
            revision=revision,
            cost_microcents=cost_microcents,
            method=of.method,
            overcommitted=of.overcommitted,
            coverage_permille=of.coverage_permille,
        )

    @contextlib.contextmanager
    def _transaction(self, what: str) -> Iterator[None]:
        with told(what):
            self._connection.run("begin")
            try:
                yield
                self._connection.run("commit")
            except BaseException:
                # A connection that is gone has rolled back already.
                with contextlib.suppress(DatabaseError, InterfaceError, OSError):
                    self._connection.run("rollback")
                raise
