"""The operator's own page: /healthz says whether work moves, /metrics counts it, /services how full services are."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from govcloud_operators.process.metrics import Readings
from govcloud_operators.process.queue import STUCK_SECONDS


def healthy(readings: Readings) -> bool:
    """False when a key waits, or one is worked on, for longer than `STUCK_SECONDS`.

    Without the lease nothing can move: the API server is away, or another process works. A restart would mend neither.
    The event loop needs no check of its own: when it stands still this page does not answer.
    """
    return not readings.lease_held() or readings.queue.stuck_seconds() < STUCK_SECONDS


def registry(readings: Readings) -> CollectorRegistry:
    """Holds nothing but what the operator counts."""
    made = CollectorRegistry()
    made.register(readings)
    return made


async def serve(readings: Readings, services: Callable[[], str], *, host: str, port: int) -> web.AppRunner:
    """Start the pages; the caller calls `cleanup()` on what is returned. Raises OSError when the port is taken.

    `services` writes the page about tenants' services, see `service_figures`.
    """
    shown = registry(readings)

    async def on_healthz(_request: web.Request) -> web.Response:
        good = healthy(readings)
        return web.Response(status=200 if good else 503, text="ok\n" if good else "the queue stands still\n")

    async def on_metrics(_request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(shown), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})

    async def on_services(_request: web.Request) -> web.Response:
        return web.Response(body=services().encode(), headers={"Content-Type": "text/plain; version=0.0.4"})

    app = web.Application()
    app.add_routes(
        [web.get("/healthz", on_healthz), web.get("/metrics", on_metrics), web.get("/services", on_services)]
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    return runner
