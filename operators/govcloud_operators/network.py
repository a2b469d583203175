"""The operator's own look at the network: does anything answer at an address?"""

from __future__ import annotations

import socket
from typing import Literal

TIMEOUT_SECONDS = 1.0


def reach(address: str) -> Literal["open", "refused", "silent"]:
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
