"""Waiting for real processes on a real clock."""

from __future__ import annotations

import socket
import time
import urllib.request
from collections.abc import Callable


def wait(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Until it holds; an AssertionError when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)  # a real process, a real clock


def is_open(port: int) -> bool:
    """Whether somebody listens at a port of 127.0.0.1."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def is_ready(url: str) -> bool:
    """Whether a server of the Prometheus family says at /-/ready that it works."""
    try:
        urllib.request.urlopen(f"{url}/-/ready", timeout=2).close()  # noqa: S310 - loopback, ours
    except OSError:
        return False
    return True
