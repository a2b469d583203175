"""The operator's own page: /healthz says whether work moves, /metrics counts it, /services how full services are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from govcloud_operators.process.queue import STUCK_SECONDS, WorkQueue


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What the page is made from."""

    queue: WorkQueue
    lease_held: Callable[[], bool]
    services: Callable[[], str] = str
    """Text of the page about tenants' services, see `service_figures`."""


def healthy(health: Health) -> bool:
    """False when a key waits, or one is worked on, for longer than `STUCK_SECONDS`.

    Without the lease nothing can move: the API server is away, or another process works. A restart would mend neither.
    The event loop needs no check of its own: when it stands still this page does not answer.
    """
    return not health.lease_held() or health.queue.stuck_seconds() < STUCK_SECONDS


def metrics_text(health: Health) -> str:
    """Prometheus text format 0.0.4."""
    counts, lines = health.queue.counts, []
    lines += _family("govcloud_reconciles_total", "counter", "Objects looked at, by kind and outcome.")
    for (kind, outcome), total in sorted(counts.reconciled.items()):
        lines.append(f'govcloud_reconciles_total{{kind="{kind}",outcome="{outcome}"}} {total}')
    lines += _family("govcloud_reconcile_seconds_total", "counter", "Seconds spent looking at objects, by kind.")
    for kind, seconds in sorted(counts.busy_seconds.items()):
        lines.append(f'govcloud_reconcile_seconds_total{{kind="{kind}"}} {seconds:.6f}')
    lines += _family("govcloud_queue_depth", "gauge", "Keys that are due or being worked on.")
    lines.append(f"govcloud_queue_depth {health.queue.depth()}")
    lines += _family("govcloud_queue_stuck_seconds", "gauge", "Age of the oldest key that waits or is worked on.")
    lines.append(f"govcloud_queue_stuck_seconds {health.queue.stuck_seconds():.3f}")
    lines += _family("govcloud_lease_held", "gauge", "1 while this process may write.")
    lines.append(f"govcloud_lease_held {int(health.lease_held())}")
    return "\n".join(lines) + "\n"


async def serve(health: Health, *, host: str, port: int) -> web.AppRunner:
    """Start the page; the caller calls `cleanup()` on what is returned. Raises OSError when the port is taken."""

    async def on_healthz(_request: web.Request) -> web.Response:
        good = healthy(health)
        return web.Response(status=200 if good else 503, text="ok\n" if good else "the queue stands still\n")

    async def on_metrics(_request: web.Request) -> web.Response:
        return web.Response(body=metrics_text(health).encode(), headers={"Content-Type": "text/plain; version=0.0.4"})

    async def on_services(_request: web.Request) -> web.Response:
        return web.Response(body=health.services().encode(), headers={"Content-Type": "text/plain; version=0.0.4"})

    app = web.Application()
    app.add_routes([web.get("/healthz", on_healthz), web.get("/metrics", on_metrics)])
    app.add_routes([web.get("/services", on_services)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    return runner


def _family(name: str, type_: str, text: str) -> list[str]:
    return [f"# HELP {name} {text}", f"# TYPE {name} {type_}"]
