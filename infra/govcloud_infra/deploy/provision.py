"""What the last deploy did, as metrics: a page on the first control plane, shown by its node-exporter.

Only this host knows it. Names and meanings are those that `govcloud_monitoring.machines` writes down; a test compares.
"""

import hashlib
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from govcloud_infra import inventory
from govcloud_infra.deploy import reach
from govcloud_infra.deploy.context import Context
from govcloud_infra.deploy.events import Recorder

FOLDER = "/var/lib/govcloud/metrics"
_NAME = "provision.prom"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A deploy that ended well, `ended_seconds` since 1970; `bundle_sha256` is that of the bundle's manifest."""

    ended_seconds: int
    changes: int
    phase_seconds: Mapping[str, float]
    bundle_sha256: str


def page(done: Done) -> str:
    """In the text format of Prometheus. Pure."""
    return "".join(f"# HELP {name} {text}\n# TYPE {name} gauge\n{lines}" for name, text, lines in _families(done))


def script(text: str, folder: str = FOLDER) -> str:
    """A line of shell that replaces the page whole, for everybody to read. Pure."""
    file, unfinished = f"{folder}/{_NAME}", f"{folder}/.{_NAME}.new"
    return f"umask 022 && printf %s {shlex.quote(text)} > {unfinished} && mv {unfinished} {file}"


def tell(ctx: Context, run: Recorder, now: datetime) -> None:
    """Write the page over SSH. A machine that cannot be told is told of in the event log: the deploy itself is done."""
    hosts = inventory.load(ctx.paths.inventory).hosts
    first = next(host for host in hosts if host.role == "control-plane")
    [door] = reach.doors([first], inventory.ssh_access(ctx.site, ctx.site_file, ctx.paths))
    answer = reach.ask(door, script(page(_done(ctx, run, now))))
    if answer.code:
        run.step(f"{first.name} was not told for its metrics: {answer.errors or f'exit code {answer.code}'}")


def _done(ctx: Context, run: Recorder, now: datetime) -> Done:
    return Done(
        ended_seconds=int(now.timestamp()),
        changes=sum(len(result.changes) for result in run.results),
        phase_seconds=run.phase_seconds,
        bundle_sha256=hashlib.sha256((ctx.paths.bundle / "manifest.json").read_bytes()).hexdigest(),
    )


def _families(done: Done) -> Iterator[tuple[str, str, str]]:
    """Name, meaning, samples."""
    name = "govcloud_provision_last_success_timestamp_seconds"
    meaning = "When a deploy last ended well, in seconds since 1970; node add and node remove deploy, too."
    yield name, meaning, f"{name} {done.ended_seconds}\n"
    name = "govcloud_provision_changed_tasks"
    meaning = "How many changes the last deploy made: tasks on machines, resources of the site and of the platform."
    yield name, meaning, f"{name} {done.changes}\n"
    name = "govcloud_provision_phase_duration_seconds"
    phases = (f'{name}{{phase="{phase}"}} {seconds:.3f}\n' for phase, seconds in sorted(done.phase_seconds.items()))
    yield name, "How long each phase of the last deploy took, in seconds.", "".join(phases)
    name = "govcloud_bundle_info"
    meaning = "1, with the SHA-256 of the manifest of the bundle that the last deploy installed."
    yield name, meaning, f'{name}{{digest="{done.bundle_sha256}"}} 1\n'
