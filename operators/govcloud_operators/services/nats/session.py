"""The operator's talk with a running server: short sessions in the system account, under a login made on the spot.

Subjects: https://docs.nats.io/running-a-nats-service/configuration/sys_accounts.
"""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

import nats
from nats.aio.client import Client

from govcloud_api import errors
from govcloud_operators.services import driver
from govcloud_operators.services.driver import Door, Order
from govcloud_operators.services.nats import claims, desired, nkeys

TIMEOUT_SECONDS = 5
LOGIN_LASTS = timedelta(minutes=5)
CLOCKS_DIFFER = timedelta(minutes=1)
_EVERYTHING = {"pub": {"allow": [">"]}, "sub": {"allow": [">"]}}

Answer = TypeVar("Answer")


def talk(order: Order, door: Door, about: Callable[[Client], Awaitable[Answer]]) -> Answer:
    """Run `about` with a connected client. Raises NotReady when the server does not answer or says no."""
    return _run(order, door, about, _context(door))


async def ask(client: Client, subject: str, content: bytes = b"") -> bytes:
    """The server's answer to one question of the system account."""
    answer = await client.request(subject, content, timeout=TIMEOUT_SECONDS)
    return bytes(answer.data)


async def ask_json(client: Client, subject: str, content: bytes = b"") -> dict[str, Any]:
    """An answer that is an object. Raises ValueError when it says that something went wrong."""
    found: Any = json.loads(await ask(client, subject, content))
    if not isinstance(found, dict) or found.get("error"):
        raise ValueError(f"it answers {subject} with {str(found)[:200]}")
    return found


def shown(order: Order, door: Door, about: Callable[[Client], Awaitable[Answer]]) -> tuple[str, Answer]:
    """PEM of the certificate that the server shows now, and what `about` gave. Raises like `talk`."""
    seen: list[bytes] = []

    class Watched(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            seen.append(self.getpeercert(binary_form=True) or b"")

    context = _context(door)
    context.sslobject_class = Watched
    answer = _run(order, door, about, context)
    return ssl.DER_cert_to_PEM_cert(seen[-1]), answer


def _run(order: Order, door: Door, about: Callable[[Client], Awaitable[Answer]], context: ssl.SSLContext) -> Answer:
    try:
        return asyncio.run(_talk(order, door, about, context))
    except (nats.errors.Error, OSError, TimeoutError, ValueError) as error:
        text = f"nats {driver.host(order)} does not answer: {error or type(error).__name__}"
        raise errors.NotReady(text, delay_seconds=2.0) from error


def _context(door: Door) -> ssl.SSLContext:
    """Trusts the services' authority alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=door.authority)
    return context


async def _talk(
    order: Order, door: Door, about: Callable[[Client], Awaitable[Answer]], context: ssl.SSLContext
) -> Answer:
    key = nkeys.derived("user", order.secret, "operator's login")
    token = claims.user(
        desired.keys(order).system,
        key.public,
        name="govcloud_operator",
        permissions=_EVERYTHING,
        issued=order.now - CLOCKS_DIFFER,
        ends=order.now + LOGIN_LASTS,
    )
    client = await nats.connect(
        f"tls://{door.host}:{door.port}",
        tls=context,
        tls_hostname=door.server_name or door.host,
        user_jwt_cb=lambda: token.encode(),
        signature_cb=lambda nonce: base64.b64encode(key.sign(nonce.encode())),
        connect_timeout=TIMEOUT_SECONDS,
        allow_reconnect=False,
        max_reconnect_attempts=0,
        error_cb=_ignored,
    )
    try:
        return await about(client)
    finally:
        await client.close()


async def _ignored(_error: Exception) -> None:
    """The call itself raises; nothing must be printed."""
