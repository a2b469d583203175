"""The operator's own look at the network: does anything answer at an address?"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Literal

Answer = Literal["open", "refused", "silent"]
Reach = Callable[[str], Answer]
"""Tries to open a TCP connection to `IP:port`; "refused" means that packets got there all the same."""
TIMEOUT_SECONDS = 1.0


def joined(address: str, port: int) -> str:
    """`IP:port`, or `[IP]:port`."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def reach(address: str) -> Answer:
    """Open and close a TCP connection to `IP:port` (`[IP]:port` for IPv6).

    "refused" is an answer of the other side or of something in between; "silent" covers timeouts and no route.
    """
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=TIMEOUT_SECONDS):
            return "open"
    except (ConnectionRefusedError, ConnectionResetError):
        return "refused"
    except OSError:
        return "silent"
