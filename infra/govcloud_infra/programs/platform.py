"""Program `platform`: what is shared inside the cluster."""

from collections.abc import Callable

import pulumi

from govcloud_infra.components.platform import Group, PlatformArgs, admission_canary, groups


def program(args: PlatformArgs) -> Callable[[], None]:
    """The inline program: groups one after another; rights only after the admission policies were seen to act."""

    def run() -> None:
        before: list[pulumi.Resource] = []
        for name, objects in groups(args):
            before = Group(name, objects, args, before).last
            if name == "admission":
                before = [admission_canary(args, before)]

    return run
