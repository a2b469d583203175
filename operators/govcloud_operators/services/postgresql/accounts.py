"""Logins of a database, over its own protocol, as the operator with its client certificate."""

from __future__ import annotations

import contextlib
import os
import ssl
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pg8000.native
from pg8000.exceptions import DatabaseError, InterfaceError

from govcloud_api import errors
from govcloud_operators.services.certificates import OPERATOR_NAME
from govcloud_operators.services.driver import Credentials, Door, Observation, Order, Seen
from govcloud_operators.services.postgresql import config, figures, sql

TIMEOUT_SECONDS = 5.0
MAINTENANCE = "postgres"
END_SECONDS = 3.0
"""How long sessions that were told to end may take."""
_DUPLICATE_OBJECT = "42710"
_UNDEFINED_OBJECT = "42704"

SEEN = """
select r.rolname, nullif(r.rolvaliduntil, 'infinity'),
  greatest(max(l.at), max(greatest(s.backend_start, s.state_change)))
from pg_roles r
left join govcloud.last_login l on l.login = r.rolname
left join pg_stat_activity s on s.usename = r.rolname
where r.rolname like :prefix group by 1, 2 order by 1
"""


class PostgresAccounts:
    """See `driver.Accounts`."""

    def ensure(self, order: Order, door: Door, credentials: Credentials) -> None:
        """See `driver.Accounts.ensure`. The role exists or not: both ends are the same."""
        with session(door, MAINTENANCE) as connection:
            try:
                connection.run(sql.create(credentials))
            except DatabaseError as error:
                if code_of(error) != _DUPLICATE_OBJECT:
                    raise
            _together(connection, sql.settle(credentials))

    def remove(self, order: Order, door: Door, user: str) -> None:
        """See `driver.Accounts.remove`: shut first, then the sessions, then the login itself.

        The first two are done where programs cannot take the last connection.
        """
        with session(door, MAINTENANCE) as connection:
            try:
                _together(connection, sql.close(user))
            except DatabaseError as error:
                if code_of(error) == _UNDEFINED_OBJECT:
                    return
                raise
            _end_sessions(connection, user)
        with session(door, config.DATABASE) as connection:
            _together(connection, sql.drop(user))

    def seen(self, order: Order, door: Door, prefix: str) -> tuple[Seen, ...]:
        """See `driver.Accounts.seen`. Last use: the newest login, or what an open session did later."""
        with session(door, MAINTENANCE) as connection:
            found = connection.run(SEEN, prefix=prefix.replace("_", "\\_") + "%")
        return tuple(Seen(user=name, valid_until=_moment(until), last_used=_moment(at)) for name, until, at in found)


def observe(door: Door) -> Observation:
    """What the server knows about its backups, and how full it is. Raises NotReady when it does not answer."""
    with session(door, MAINTENANCE) as connection:
        last, oldest, trouble = connection.run("select last_backup, oldest_restore, trouble from govcloud.backups")[0]
        full = figures.read(connection, config.DATABASE)
    return Observation(
        last_backup=_moment(last), oldest_restore=_moment(oldest), backup_trouble=trouble or "", figures=full
    )


def want_backup(door: Door, since: datetime) -> None:
    """Ask for a backup that begins after `since`; asked twice it is one. Raises NotReady."""
    with session(door, MAINTENANCE) as connection:
        connection.run("select govcloud.want_backup(:since)", since=since)


def flush(door: Door) -> None:
    """Everything up to now goes into the repository soon, so that it can be restored. Raises NotReady."""
    with session(door, MAINTENANCE) as connection:
        connection.run("select govcloud.flush()")
        connection.run("select pg_switch_wal()")


@contextlib.contextmanager
def session(door: Door, database: str) -> Iterator[Any]:
    """A session as the operator; everything that goes wrong in it is NotReady, with the server's words."""
    where = f"{door.host}:{door.port}"
    try:
        connection = _connect(door, database)
        try:
            connection.run("set search_path = pg_catalog, pg_temp")
            connection.run("set statement_timeout = '5s'")
            yield connection
        finally:
            with contextlib.suppress(DatabaseError, InterfaceError, OSError):
                connection.close()
    except DatabaseError as error:
        raise errors.NotReady(f"the database at {where} refused: {message_of(error)}", delay_seconds=5) from error
    except (InterfaceError, OSError, TimeoutError) as error:
        raise errors.NotReady(f"the database at {where} does not answer: {error}", delay_seconds=5) from error


def code_of(error: DatabaseError) -> str:
    """SQLSTATE of what a server refused."""
    found = error.args[0] if error.args else None
    return str(found.get("C", "")) if isinstance(found, dict) else ""


def message_of(error: DatabaseError) -> str:
    """The server's own sentence."""
    found = error.args[0] if error.args else None
    return str(found.get("M", "no reason given")) if isinstance(found, dict) else str(error)


def _connect(door: Door, database: str) -> Any:
    return pg8000.native.Connection(
        OPERATOR_NAME,
        host=door.host,
        port=door.port,
        database=database,
        ssl_context=_context(door),
        timeout=TIMEOUT_SECONDS,
        application_name="govcloud operator",
    )


def _together(connection: Any, statements: list[str]) -> None:
    """All or nothing."""
    connection.run("begin")
    try:
        for statement in statements:
            connection.run(statement)
    except DatabaseError:
        connection.run("rollback")
        raise
    connection.run("commit")


def _end_sessions(connection: Any, user: str) -> None:
    """Until two looks found none: one that was just coming in shows a moment later."""
    deadline, quiet_looks = time.monotonic() + END_SECONDS, 0
    while True:
        left = connection.run(
            "select pid, pg_terminate_backend(pid) from pg_stat_activity where usename = :user", user=user
        )
        quiet_looks = 0 if left else quiet_looks + 1
        if quiet_looks == 2:
            return
        if time.monotonic() > deadline:
            raise errors.NotReady(f"{len(left)} sessions of {user} did not end in {END_SECONDS} s", delay_seconds=1)
        time.sleep(0.05)  # the server ends them in its own time


def _moment(found: Any) -> datetime | None:
    return found if isinstance(found, datetime) else None


def _context(door: Door) -> ssl.SSLContext:
    """TLS with both certificates checked."""
    context = _NamedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.expected = door.server_name or door.host
    context.load_verify_locations(cadata=door.authority)
    # The ssl module reads keys from files only; this file is memory without a name.
    with os.fdopen(os.memfd_create("govcloud-door", os.MFD_CLOEXEC), "w") as file:
        file.write(door.key + door.certificate)
        file.flush()
        context.load_cert_chain(f"/proc/self/fd/{file.fileno()}")
    return context


class _NamedContext(ssl.SSLContext):
    """Checks the server's certificate against `expected`, whatever address was dialled."""

    expected: str = ""

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        """As the base class, for the expected name."""
        return super().wrap_socket(*args, **{**kwargs, "server_hostname": self.expected})
