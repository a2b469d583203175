"""Waiting for the outside world, with the reason of waiting as a step and an end to it."""

import socket
import time
from collections.abc import Callable

from govcloud_api.errors import ApiUnavailable, NotReady, Unhealthy
from govcloud_infra import inventory
from govcloud_infra.health import health
from govcloud_infra.paths import SitePaths
from govcloud_kube.cluster import Cluster

_SSH_SECONDS = 60.0
_HEALTH_SECONDS = 240.0


def wait_ssh(made: inventory.Inventory, paths: SitePaths, step: Callable[[str], None]) -> None:
    """Until every machine answers. Raises ApiUnavailable naming the machine that does not come up, and its log."""
    deadline = time.monotonic() + _SSH_SECONDS
    for host in made.hosts:
        step(f"wait for SSH on {host.name} ({host.address})")
        while not _answers(host.address, host.port):
            if time.monotonic() > deadline:
                log = f"see {paths.run / f'{host.name}.log'}"
                advice = log if host.provider == "nspawn" else "is it on, does sshd run, is a firewall between?"
                place = f"{host.address}:{host.port}"
                text = f"machine {host.name} does not answer on {place} after {_SSH_SECONDS:.0f} s; {advice}"
                raise ApiUnavailable(text)
            time.sleep(0.2)


def wait_healthy(cluster: Cluster, expected: health.Expected, step: Callable[[str], None]) -> None:
    """Until the site shows what is expected. Raises Unhealthy with what is missing."""
    deadline = time.monotonic() + _HEALTH_SECONDS
    while True:
        try:
            ready = health.conditions(health.observe(cluster), expected)[-1]
        except (ApiUnavailable, NotReady) as error:
            ready = health.Condition(type="Ready", status="Unknown", reason="ApiUnavailable", message=str(error))
        if ready.status == "True":
            return
        if time.monotonic() > deadline:
            raise Unhealthy(f"applied, but not healthy after {_HEALTH_SECONDS:.0f} s: {ready.message}")
        step(ready.message)
        time.sleep(1)


def _answers(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=1) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False
