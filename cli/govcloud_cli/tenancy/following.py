"""Look at an object until it is as awaited, with progress and the reason of waiting."""

import time
from collections.abc import Callable

from govcloud_api import summaries
from govcloud_api.errors import NotFound
from govcloud_cli import output
from govcloud_cli.progress import Progress
from govcloud_kube.cluster import Cluster, Object, Ref

WAIT_SECONDS = 300.0
POLL_SECONDS = 0.5
Test = Callable[[Object], bool]


def until(cluster: Cluster, reference: Ref, title: str, *, served: Test, given_up: Test) -> Object:
    """The object once it is served, or will not be by itself, or time is up. Raises NotFound when it went away."""
    deadline = time.monotonic() + WAIT_SECONDS
    with Progress() as progress:
        progress.phase(title)
        while True:
            found = cluster.get(reference)
            if found is None:
                raise NotFound(f"{reference} was deleted while it was waited for")
            summary = summaries.summarize(found)
            waiting = " ".join(output.harmless(summary.waiting_on).split())
            progress.step(f"{summary.phase}: {waiting}".rstrip(": "))
            if served(found) or given_up(found) or time.monotonic() > deadline:
                progress.done(1 if served(found) else 0, summary.phase)
                return found
            time.sleep(POLL_SECONDS)
