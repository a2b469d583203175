"""How full a server is, asked in a session that is open anyway. A thin shell.

Source: https://redis.io/docs/latest/commands/info/ (sections clients and memory).
"""

from __future__ import annotations

from typing import Any

import redis

from govcloud_operators.services.figures import NONE, Figures

OUR_OWN = 1
"""The session that asks. Another look of ours at the same moment counts as a program's for once."""


def read(client: Any) -> Figures:
    """Of the server behind an open session. What it does not say is left out; nothing is raised for figures."""
    try:
        clients: dict[str, Any] = client.info("clients")
        memory: dict[str, Any] = client.info("memory")
    except (redis.RedisError, OSError):
        return NONE
    opened = _number(clients.get("connected_clients"))
    return Figures(
        connections=None if opened is None else max(0, opened - OUR_OWN),
        connections_allowed=_number(clients.get("maxclients")),
        stored_bytes=_number(memory.get("used_memory")),
    )


def _number(found: Any) -> int | None:
    return found if isinstance(found, int) else None
