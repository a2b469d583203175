"""`python site_run.py VERB SITE_FILE`: one command on the stack `site`, as `govcloud` runs it; its outcome as JSON."""

import json
import os
import sys
from pathlib import Path

from govcloud_api.errors import GovcloudError
from govcloud_infra.bundle.store import Store
from govcloud_infra.deploy import lock
from govcloud_infra.deploy.context import open_unmeasured
from govcloud_infra.programs import arguments, stacks


def main(verb: str, site_file: Path) -> None:
    """Steps go to stderr as they happen, the outcome to stdout."""

    def step(text: str) -> None:
        sys.stderr.write(f"{text}\n")

    ctx = open_unmeasured(site_file, os.environ)
    with lock.held(ctx.paths.lock, step):
        ctx.paths.run.mkdir(exist_ok=True)
        rootfs = arguments.rootfs_sha256(Store(ctx.paths.bundle).manifest())
        outcome = getattr(stacks.site_stack(ctx, rootfs), verb)(step)
    sys.stdout.write(json.dumps({"changes": outcome.details, "outputs": outcome.outputs}))


if __name__ == "__main__":
    try:
        main(sys.argv[1], Path(sys.argv[2]))
    except GovcloudError as error:
        sys.exit(f"{type(error).__name__}: {error}")
