"""The operator's pages: /healthz says whether work moves, /metrics counts it, /services how full services are.

The first is for the kubelet and says one word, in the clear. The others name departments, and are for Prometheus alone:
over mutual TLS, and for its common name.
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from govcloud_api import peers
from govcloud_operators.platform_certificates import checks
from govcloud_operators.process.metrics import Readings
from govcloud_operators.process.queue import STUCK_SECONDS

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


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


def health(readings: Readings) -> web.Application:
    """/healthz."""

    async def on_healthz(_request: web.Request) -> web.Response:
        good = healthy(readings)
        return web.Response(status=200 if good else 503, text="ok\n" if good else "the queue stands still\n")

    app = web.Application()
    app.add_routes([web.get("/healthz", on_healthz)])
    return app


def figures(readings: Readings, services: Callable[[], str]) -> web.Application:
    """/metrics and /services; `services` writes the page about tenants' services, see `service_figures`."""
    shown = registry(readings)

    async def on_metrics(_request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(shown), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})

    async def on_services(_request: web.Request) -> web.Response:
        return web.Response(body=services().encode(), headers={"Content-Type": "text/plain; version=0.0.4"})

    app = web.Application(middlewares=[_for_prometheus])
    app.add_routes([web.get("/metrics", on_metrics), web.get("/services", on_services)])
    return app


async def start(app: web.Application, *, host: str, port: int, tls: ssl.SSLContext | None = None) -> web.AppRunner:
    """Serve `app`; the caller calls `cleanup()` on what is returned. Raises OSError when the port is taken."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, ssl_context=tls).start()
    except OSError:
        await runner.cleanup()
        raise
    return runner


@web.middleware
async def _for_prometheus(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Also for what is not there: who may not ask learns nothing."""
    if _caller(request) != checks.CLIENT.common_name:
        words = f"for {checks.CLIENT.common_name} only; your certificate has another name\n"
        return web.Response(status=403, text=words)
    return await handler(request)


def _caller(request: web.Request) -> str:
    shown: dict[str, Any] = (request.transport and request.transport.get_extra_info("peercert")) or {}
    return peers.common_name(shown)
