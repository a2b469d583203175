"""How full a server is, asked in a session that is open anyway. A thin shell.

Source: https://docs.nats.io/running-a-nats-service/nats_admin/monitoring (varz), asked in the system account.
"""

from __future__ import annotations

from typing import Any

import nats
from nats.aio.client import Client

from govcloud_operators.services.figures import NONE, Figures
from govcloud_operators.services.nats import session

SUBJECT = "$SYS.REQ.SERVER.PING.VARZ"
OUR_OWN = 1
"""The session that asks. Another look of ours at the same moment counts as a program's for once."""


async def read(client: Client) -> Figures:
    """Of the server behind an open session. What it does not say is left out; nothing is raised for figures."""
    try:
        told = await session.ask_json(client, SUBJECT)
    except (nats.errors.Error, OSError, TimeoutError, ValueError):
        return NONE
    return of(told)


def of(told: dict[str, Any]) -> Figures:
    """From the server's answer; streams are what is on its disk. Pure."""
    found = _part(told, "data")
    opened = _number(found, "connections")
    return Figures(
        connections=None if opened is None else max(0, opened - OUR_OWN),
        connections_allowed=_number(found, "max_connections"),
        stored_bytes=_number(_part(_part(found, "jetstream"), "stats"), "storage"),
    )


def _part(of_it: dict[str, Any], name: str) -> dict[str, Any]:
    found = of_it.get(name)
    return found if isinstance(found, dict) else {}


def _number(of_it: dict[str, Any], name: str) -> int | None:
    found = of_it.get(name)
    return found if isinstance(found, int) else None
