"""How full a database is, asked in a session that is open anyway. A thin shell.

Programs come into one database, whose own limit of connections is lower than the server's (`govcloud.keep_room`): that
is where they are refused. Source: PostgreSQL 15 documentation, 28.2.3 (pg_stat_activity), 9.27.7 (sizes), 53.15
(pg_database).
"""

from __future__ import annotations

from typing import Any

from pg8000.exceptions import DatabaseError, InterfaceError

from govcloud_operators.services.certificates import OPERATOR_NAME
from govcloud_operators.services.figures import Figures

SIZE_TIMEOUT = "1s"
"""The server looks at each of its files; a database of very many keeps its size for itself."""

CONNECTIONS = """
select
  (select count(*) from pg_stat_activity a
    where a.backend_type = 'client backend' and a.datname = d.datname and a.usename <> :operator),
  case when d.datconnlimit >= 0 then d.datconnlimit
    else current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int end
from pg_database d where d.datname = :database
"""
SIZE = "select sum(pg_database_size(oid))::bigint from pg_database"


def read(connection: Any, database: str) -> Figures:
    """Of the server behind an open session, which is of no use afterwards. What it refuses is left out.

    A database whose figures cannot be had works all the same: nothing is raised for them.
    """
    connections = _row(connection, CONNECTIONS, database=database, operator=OPERATOR_NAME)
    _row(connection, f"set statement_timeout = '{SIZE_TIMEOUT}'")
    size = _row(connection, SIZE)
    opened, allowed = connections or (None, None)
    return Figures(connections=opened, connections_allowed=allowed, stored_bytes=size[0] if size else None)


def _row(connection: Any, statement: str, **values: str) -> list[Any] | None:
    try:
        found = connection.run(statement, **values)
    except (DatabaseError, InterfaceError, OSError):
        return None
    return list(found[0]) if found else None
