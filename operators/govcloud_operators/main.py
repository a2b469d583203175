"""The operator process: `python -m govcloud_operators.main`. Ends, to be started again, when a part of it fails.

An API server that does not answer, or refuses everything, is no such failure: the process stops writing and waits.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import metadata
from typing import Any

import kopf

from govcloud_api import errors, labels
from govcloud_kube import real
from govcloud_kube.counted import Counted
from govcloud_kube.gate import Gated
from govcloud_kube.pace import Pace
from govcloud_operators import dispatch, knocks, network
from govcloud_operators.environment.desired import PROBE_PORT
from govcloud_operators.keys import Key
from govcloud_operators.process import (
    copies,
    identity,
    lease,
    login,
    metrics,
    page,
    patience,
    service_figures,
    settings,
    stopping,
    urgency,
    usage,
    watchdog,
    watching,
)
from govcloud_operators.process.lag import Lag
from govcloud_operators.process.queue import WorkQueue
from govcloud_operators.process.writes import Writes
from govcloud_operators.rooms import ROOMS
from govcloud_operators.services import authority
from govcloud_operators.surroundings import Surroundings
from govcloud_operators.tidying.turns import Turns

LOG = logging.getLogger("govcloud_operators")
API_TIMEOUT_SECONDS = 4.0
"""Four attempts of this and their pauses fit between the lease's fence and its end."""
COPIES_SECONDS = 10.0
"""How long the start waits for copies of everything; a cluster of hundreds of departments needs a second or two."""
SPREAD_SECONDS = 0.005
"""Between two looks of the resync: what people change meanwhile does not wait behind all of it."""
SPARE_THREADS = 4
"""For the lease, the resync, the start and the page: no work may keep the lease from being renewed."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What is done with the lease in hand."""

    dispatcher: dispatch.Dispatcher
    queue: WorkQueue
    copied: copies.Copies
    stop: stopping.Stop
    lag: Lag


def main() -> int:
    """Run until told to stop; 0 after a clean stop, 1 when a part failed, 3 when the settings are wrong."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    patience.tame(logging.getLogger("kopf"))
    try:
        wanted = settings.from_environment(
            os.environ, host_name=socket.gethostname(), version=metadata.version("govcloud")
        )
        return asyncio.run(run(wanted))
    except errors.ConfigError as error:
        LOG.critical("%s", error)
        return 3
    except errors.GovcloudError as error:
        LOG.critical("%s: %s", type(error).__name__, error)
        return 1


async def run(wanted: settings.Settings) -> int:
    """Wait for the lease, then work until a part ends. Raises GovcloudError when the start fails."""
    cluster = real.connect(wanted.kubeconfig, timeout_seconds=API_TIMEOUT_SECONDS)
    clocks = lease.Clocks(monotonic=time.monotonic, wall=lambda: datetime.now(UTC))
    held = lease.Lease(cluster, identity=wanted.identity, namespace=wanted.namespace, clocks=clocks)
    loop, stop = asyncio.get_running_loop(), stopping.Stop()
    tries = knocks.Knocks(cluster, network.reach, PROBE_PORT, ThreadPoolExecutor(knocks.AT_ONCE))
    figures = service_figures.ServiceFigures(time.monotonic, held.held)
    around = Surroundings(
        clock=clocks.wall,
        reach=network.reach,
        knocks=tries,
        probe_image=f"{labels.REGISTRY}/netprobe:{wanted.version}",
        canary_address=wanted.canary_address,
        enqueue=lambda key: _ignored(loop.call_soon_threadsafe(queue.add, key)),
        cluster_networks=wanted.cluster_networks,
        version=wanted.version,
        retention=timedelta(days=wanted.retention_days),
        turns=Turns(timedelta(seconds=wanted.tidying_seconds)),
        usage=usage.Prometheus(address=wanted.prometheus_url, fetch=usage.fetch).measure,
        figures=figures.note,
    )
    copied, pace = copies.Copies(cluster, around.enqueue, tries), Pace(wanted.writes_per_second)
    writes, lag = Writes(), Lag(time.monotonic)
    counted = Counted(copied.mirror, writes.add)
    dispatcher = dispatch.Dispatcher(Gated(Gated(counted, held.require), pace.take), around)
    queue = WorkQueue(urgency.work(dispatcher.work, pace), now=time.monotonic, urgent=urgency.KINDS)
    loop.set_default_executor(ThreadPoolExecutor(wanted.workers + SPARE_THREADS))
    readings = metrics.Readings(
        queue=queue, lease_held=held.held, lag=lag, writes=writes, ready_times=around.ready_times
    )
    runner = await page.start(page.health(readings), host=wanted.page_host, port=wanted.health_port)
    shown, known = page.figures(readings, figures.text), partial(authority.read, cluster)
    serving = identity.serve(shown, known, clocks.wall, host=wanted.page_host, port=wanted.page_port)
    try:
        parts = Parts(dispatcher, queue, copied, stop, lag)
        return await stop.or_end(_as_holder(cluster, wanted, held, parts), beside=serving)
    finally:
        await runner.cleanup()


async def _as_holder(cluster: real.RealCluster, wanted: settings.Settings, held: lease.Lease, parts: Parts) -> int:
    await _identify(cluster, wanted.expected_user)
    try:
        await _take(held)
        return await _work(wanted, held, parts)
    finally:
        await _release(held)


async def _work(wanted: settings.Settings, held: lease.Lease, given: Parts) -> int:
    """All parts side by side; the first that ends, ends the process."""
    LOG.info("the lease is held by %s; at work", wanted.identity)
    parts: dict[str, Coroutine[Any, Any, None]] = {
        "kopf": _watch(wanted, given),
        "lease": _renew(held),
        "resync": _resync(given, wanted.resync_seconds),
        "watchdog": watchdog.guard(),
        "lag": given.lag.measure(),
        **{f"worker-{number}": given.queue.serve() for number in range(wanted.workers)},
    }
    tasks = [asyncio.create_task(part, name=f"govcloud {name}") for name, part in parts.items()]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await stopping.end(tasks)
    for task in done:
        # kopf, when it fails, cancels what it takes for its own on its way out: a worker may end before it does.
        why = "it was cancelled" if task.cancelled() else task.exception()
        LOG.critical("%s ended: %s; the process ends to be started again", task.get_name(), why)
    return 1


async def _watch(wanted: settings.Settings, given: Parts) -> None:
    """First copies of everything, then kopf."""
    try:
        await asyncio.wait_for(asyncio.to_thread(given.copied.start), COPIES_SECONDS)
    except TimeoutError:
        LOG.warning("not everything is copied after %s s; the rest is read live meanwhile", COPIES_SECONDS)
    for key in given.dispatcher.unannounced():
        given.queue.add(key)
    registry = watching.registry(ROOMS, given.copied, given.queue.add, wanted.kubeconfig)
    others = asyncio.all_tasks()
    tasks = await kopf.spawn_tasks(registry=registry, settings=watching.settings(), standalone=True, clusterwide=True)
    given.stop.listen()
    await kopf.run_tasks(tasks, ignored=others)


async def _identify(cluster: real.RealCluster, expected_user: str) -> None:
    """Wait for the API server; it must take us for whom we are. Raises Forbidden when it does not."""
    while True:
        try:
            return await asyncio.to_thread(login.require_identity, cluster, expected_user)
        except errors.ApiUnavailable as error:
            LOG.warning("waiting for the API server: %s", error)
        await asyncio.sleep(lease.RENEW_SECONDS)


async def _take(held: lease.Lease) -> None:
    while True:
        try:
            if await asyncio.to_thread(held.try_take):
                return
            LOG.info("another operator holds the lease; waiting")
        except errors.GovcloudError as error:
            LOG.warning("cannot take the lease: %s", error)
        await asyncio.sleep(lease.RENEW_SECONDS)


async def _renew(held: lease.Lease) -> None:
    """Renew for ever; a lease that is not renewed stops all writing by itself. Raises Locked when another took it."""
    while True:
        await asyncio.sleep(lease.RENEW_SECONDS)
        try:
            ours = await asyncio.to_thread(held.try_take)
        except errors.GovcloudError as error:
            LOG.warning("cannot renew the lease%s: %s", "" if held.held() else ", nothing is written", error)
            continue
        if not ours:
            raise errors.Locked("another process holds the lease")


async def _release(held: lease.Lease) -> None:
    try:
        await asyncio.to_thread(held.release)
    except errors.GovcloudError as error:
        LOG.warning("cannot release the lease, the next operator waits %s s: %s", lease.DURATION_SECONDS, error)


async def _resync(given: Parts, every_seconds: float) -> None:
    """One timer for all: what no event announced is found here."""
    while True:
        await asyncio.sleep(every_seconds)
        try:
            await asyncio.to_thread(given.copied.compare)
            keys: list[Key] = await asyncio.to_thread(given.dispatcher.all_keys)
        except errors.GovcloudError as error:
            LOG.warning("resync: %s", error)
            continue
        for number, key in enumerate(keys):
            given.queue.add(key, min(number * SPREAD_SECONDS, every_seconds / 2), upkeep=True)


def _ignored(_handle: asyncio.Handle) -> None:
    """`call_soon_threadsafe` returns a handle that nobody needs."""


if __name__ == "__main__":
    sys.exit(main())
