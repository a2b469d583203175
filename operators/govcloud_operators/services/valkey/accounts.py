"""Logins of a running server, over its own protocol, as the operator."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.connection import Connection, ConnectionPool
from redis.retry import Retry

from govcloud_api import errors, labels
from govcloud_operators.services import authority, driver
from govcloud_operators.services.driver import Credentials, Door, Observation, Order, Seen
from govcloud_operators.services.valkey import acl, desired, figures

TIMEOUT_SECONDS = 5.0


class ValkeyAccounts:
    """See `driver.Accounts`.

    A login is in the running server and in the Secret that the server reads when it starts. The Secret goes first: a
    restart between the two writes must not bring back who was removed.
    """

    def ensure(self, order: Order, door: Door, credentials: Credentials) -> None:
        """See `driver.Accounts.ensure`."""
        line = acl.line(credentials.user, credentials.role, credentials.password)
        with session(order, door) as client:
            _keep(order, door, {credentials.user: line})
            client.execute_command("ACL SETUSER", credentials.user, *acl.rules(credentials.role, credentials.password))

    def remove(self, order: Order, door: Door, user: str) -> None:
        """See `driver.Accounts.remove`; the server closes the login's sessions with it."""
        with session(order, door) as client:
            _keep(order, door, {user: None})
            client.execute_command("ACL DELUSER", user)

    def seen(self, order: Order, door: Door, prefix: str) -> tuple[Seen, ...]:
        """See `driver.Accounts.seen`. Only sessions that are open now tell when a login was used."""
        kept = acl.logins(authority.decoded(door.tenant.get(desired.accounts_ref(order)), acl.FILE))
        with session(order, door) as client:
            _settle(client, kept)
            sessions: list[dict[str, str]] = client.client_list()
        idle: dict[str, int] = {}
        for found in sessions:
            user, seconds = found.get("user", ""), int(found.get("idle", 0))
            idle[user] = min(seconds, idle.get(user, seconds))
        ours = sorted(name for name in kept if name.startswith(prefix))
        used = {user: order.now - timedelta(seconds=seconds) for user, seconds in idle.items()}
        return tuple(Seen(user=name, last_used=used.get(name)) for name in ours)


def observe(order: Order, door: Door) -> Observation:
    """How full the server is. It reads its certificate again: the same path once more is how it is told.

    Raises NotReady.
    """
    with session(order, door) as client:
        files: dict[str, str] = client.config_get("tls-cert-file", "tls-key-file")
        client.execute_command("CONFIG SET", *(word for pair in files.items() for word in pair))
        return Observation(figures=figures.read(client))


@contextlib.contextmanager
def session(order: Order, door: Door) -> Iterator[Any]:
    """A `redis.Redis` with the operator's rights; its methods are typed loosely.

    Raises NotReady when the server does not answer or says no.
    """
    pool = ConnectionPool(
        connection_class=_Encrypted,
        door=door,
        host=door.host,
        port=door.port,
        username=acl.OPERATOR,
        password=acl.operator_password(order.secret),
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
        lib_name=None,
        lib_version=None,
    )
    client = redis.Redis(connection_pool=pool)
    try:
        yield client
    except (redis.RedisError, OSError) as error:
        raise errors.NotReady(f"valkey {driver.host(order)} does not answer: {error}", delay_seconds=2.0) from error
    finally:
        client.close()
        pool.disconnect()


class _Encrypted(Connection):
    """TLS that trusts the services' authority alone, under a name that may differ from the address."""

    def __init__(self, *, door: Door, **rest: Any) -> None:
        super().__init__(**rest)  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._context.load_verify_locations(cadata=door.authority)
        self._server_name = door.server_name or door.host

    def _connect(self) -> socket.socket:
        plain: socket.socket = super()._connect()  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
        try:
            return self._context.wrap_socket(plain, server_hostname=self._server_name)
        except OSError:
            plain.close()
            raise


def _settle(client: Any, kept: dict[str, str]) -> None:
    """Have the server know exactly these logins: it may have started from a Secret that was a minute old."""
    names: list[str] = client.execute_command("ACL USERS")
    for name in set(kept) - set(names):
        client.execute_command("ACL SETUSER", name, "reset", *acl.words(kept[name]))
    for name in set(names) - set(kept) - {acl.OPERATOR, acl.NOBODY}:
        client.execute_command("ACL DELUSER", name)


def _keep(order: Order, door: Door, changed: dict[str, str | None]) -> None:
    """Write changed lines into the Secret; None takes one out. Raises Conflict when somebody wrote meanwhile."""
    ref = desired.accounts_ref(order)
    found = door.tenant.get(ref)
    if found is None:
        raise errors.NotReady(f"{ref} is not there; it is made again first")
    before = acl.logins(authority.decoded(found, acl.FILE))
    after = {user: line for user, line in (before | changed).items() if line is not None}
    wanted = desired.accounts(order, after)
    if authority.decoded(found, acl.FILE) == authority.decoded(wanted, acl.FILE):
        return
    wanted["metadata"] |= {"resourceVersion": found["metadata"]["resourceVersion"], "uid": found["metadata"]["uid"]}
    door.tenant.apply(wanted, field_manager=labels.OPERATOR_FIELD_MANAGER)
