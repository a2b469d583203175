"""Program `site`: which machines exist."""

from collections.abc import Callable

import pulumi

from govcloud_infra.components.site import SiteArgs, SiteComponent


def program(args: SiteArgs) -> Callable[[], None]:
    """The inline program; exports `hostKeys` and `url`."""

    def run() -> None:
        site = SiteComponent(args.site.name, args)
        pulumi.export("hostKeys", site.host_keys)
        pulumi.export("url", site.url)

    return run
