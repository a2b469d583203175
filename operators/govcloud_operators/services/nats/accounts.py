"""Logins of a server. A login is a signature, so giving one out writes it down and ending one tells the server."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from nats.aio.client import Client

from govcloud_api import conditions, errors, labels
from govcloud_operators.services.certificates import Pair
from govcloud_operators.services.driver import Credentials, Door, Observation, Order, Seen
from govcloud_operators.services.nats import claims, desired, figures, nkeys, session
from govcloud_operators.services.nats.logins import Login, Logins

MAX_CONNECTIONS = 1024
"""As many as a server tells of at once."""


class NatsAccounts:
    """See `driver.Accounts`. The record is written first: what is in it is told to the server again until it knows."""

    def ensure(self, order: Order, door: Door, credentials: Credentials) -> None:
        """See `driver.Accounts.ensure`. A login that takes the place of another of its name ends that one."""
        login = Login(key=user_key(credentials).public, ends=_seconds(credentials.valid_until))
        known = _recorded(order, door)
        _tell(order, door, _record(order, door, known, known.with_login(credentials.user, login, order.now)))

    def remove(self, order: Order, door: Door, user: str) -> None:
        """See `driver.Accounts.remove`; the server closes sessions of a key that it is told has ended."""
        known = _recorded(order, door)
        _tell(order, door, _record(order, door, known, known.without(user, order.now)))

    def seen(self, order: Order, door: Door, prefix: str) -> tuple[Seen, ...]:
        """See `driver.Accounts.seen`. Only sessions that are open now tell when a login was used."""
        known = _recorded(order, door)
        used = session.talk(order, door, lambda client: _look(client, order, known))
        return tuple(
            Seen(user=name, valid_until=_moment(login.ends), last_used=used.get(login.key))
            for name, login in sorted(known.given.items())
            if name.startswith(prefix)
        )


def user_key(credentials: Credentials) -> nkeys.Key:
    """A login's key, made from its password: whoever has the one can make the other."""
    return nkeys.derived("user", credentials.password, f"login {credentials.role} {credentials.user}")


def creds(order: Order, credentials: Credentials) -> str:
    """Content of a `.creds` file as NATS clients read it."""
    key = user_key(credentials)
    token = claims.user(
        desired.keys(order).account,
        key.public,
        name=credentials.user,
        permissions=claims.PERMISSIONS[credentials.role],
        issued=desired.EPOCH,
        ends=credentials.valid_until,
    )
    return (
        f"-----BEGIN NATS USER JWT-----\n{token}\n------END NATS USER JWT------\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{key.secret}\n------END USER NKEY SEED------\n"
    )


def observe(order: Order, door: Door) -> Observation:
    """How full the server is. Showing another certificate than the order's, it reads it again. Raises NotReady."""
    shown, full = session.shown(order, door, figures.read)
    if Pair(certificate=shown, key="").id != order.certificate_id:
        session.talk(order, door, _reload)
    return Observation(figures=full)


def _recorded(order: Order, door: Door) -> Logins:
    return desired.recorded(door.tenant.get(desired.record_ref(order)))


def _record(order: Order, door: Door, before: Logins, after: Logins) -> Logins:
    """Write the record when it says something new. Raises Conflict when somebody wrote meanwhile."""
    kept = after.remembered(order.now)
    if kept == before:
        return kept
    found = door.tenant.get(desired.record_ref(order))
    if found is None or desired.recorded(found) != before:
        raise errors.NotReady(f"{desired.record_ref(order)} changes under our hands; the next look settles it")
    wanted = desired.record(order, kept)
    wanted["metadata"] |= {"resourceVersion": found["metadata"]["resourceVersion"], "uid": found["metadata"]["uid"]}
    door.tenant.apply(wanted, field_manager=labels.OPERATOR_FIELD_MANAGER)
    return kept


def _tell(order: Order, door: Door, known: Logins) -> None:
    session.talk(order, door, lambda client: _update(client, order, known))


async def _update(client: Client, order: Order, known: Logins) -> None:
    """Tell the server about the account when it knows something else, as after the loss of its volume."""
    account = desired.keys(order).account.public
    told = (await session.ask(client, f"$SYS.REQ.ACCOUNT.{account}.CLAIMS.LOOKUP")).decode()
    wanted = desired.account_claims(order, known, order.now)
    if told and claims.content(told)["nats"] == claims.content(wanted)["nats"]:
        return
    await session.ask_json(client, "$SYS.REQ.CLAIMS.UPDATE", wanted.encode())


async def _look(client: Client, order: Order, known: Logins) -> dict[str, datetime]:
    """On the way a server that lost its volume learns again who is out."""
    await _update(client, order, known)
    return await _last_activity(client, desired.keys(order).account.public)


async def _last_activity(client: Client, account: str) -> dict[str, datetime]:
    """Latest activity by public key of a login."""
    asked = json.dumps({"auth": True, "acc": account, "limit": MAX_CONNECTIONS}).encode()
    answer = await session.ask_json(client, "$SYS.REQ.SERVER.PING.CONNZ", asked)
    found: dict[str, datetime] = {}
    connections: list[dict[str, Any]] = (answer.get("data") or {}).get("connections") or []
    for connection in connections:
        key, at = connection.get("authorized_user", ""), connection.get("last_activity", "")
        moment = conditions.parse_timestamp(at)
        found[key] = max(moment, found.get(key, moment))
    return found


async def _reload(client: Client) -> None:
    statistics = await session.ask_json(client, "$SYS.REQ.SERVER.PING")
    await session.ask_json(client, f"$SYS.REQ.SERVER.{statistics['server']['id']}.RELOAD")


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
