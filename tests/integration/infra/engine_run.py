"""`python engine_run.py VERB STATE BRIDGE ADDRESS`: one command on a site of one bridge, as `govcloud` runs it.

A program of its own, so that a test can put it into a network namespace and kill it. Prints its outcome as JSON.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from govcloud_api.errors import GovcloudError
from govcloud_infra.bundle.store import Store, default_root
from govcloud_infra.deploy import lock
from govcloud_infra.engine import stack as stacks
from govcloud_infra.paths import SitePaths
from govcloud_infra.provider.resources import Network


def program(bridge: str, address: str) -> Callable[[], None]:
    """A site of nothing but its network."""

    def run() -> None:
        Network("network", bridge=bridge, address=address)

    return run


def main(verb: str, state: Path, bridge: str, address: str) -> None:
    """Steps go to stderr as they happen, the outcome to stdout."""

    def step(text: str) -> None:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()

    paths = SitePaths(state=state, cache=state / "cache")
    engine = paths.pulumi / "engine"
    with lock.held(paths.lock, step):
        Store(default_root(os.environ)).place("pulumi", engine / "bin")
        stack = stacks.open_stack("site", program(bridge, address), paths, engine)
        outcome = getattr(stack, verb)(step)
    sys.stdout.write(json.dumps({"changes": outcome.changes, "details": outcome.details}))


if __name__ == "__main__":
    try:
        main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4])
    except GovcloudError as error:
        sys.exit(f"{type(error).__name__}: {error}")
