"""The two stacks of a site on this host, ready to be previewed, brought up or destroyed."""

from govcloud_infra.bundle.manifest import Manifest
from govcloud_infra.deploy.context import Context
from govcloud_infra.engine import installed, stack
from govcloud_infra.programs import arguments, platform, site


def site_stack(ctx: Context, rootfs_sha256: str) -> stack.Stack:
    """Machines. Raises as `stack.open_stack` and `installed.find` do."""
    root = installed.find(ctx.paths, ctx.environ)
    program = site.program(arguments.site_args(ctx, rootfs_sha256))
    return stack.open_stack("site", program, ctx.paths, root, ctx.site_file)


def platform_stack(ctx: Context, manifest: Manifest) -> stack.Stack:
    """What is shared inside the cluster. Raises as `stack.open_stack` and `installed.find` do."""
    root = installed.find(ctx.paths, ctx.environ)
    program = platform.program(arguments.platform_args(ctx, manifest))
    return stack.open_stack("platform", program, ctx.paths, root, ctx.site_file)
