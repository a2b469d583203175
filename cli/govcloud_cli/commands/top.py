"""`govcloud top`."""

from pathlib import Path

import click

from govcloud_cli.access_options import access_options
from govcloud_cli.output import format_option


@click.command(epilog="Example: govcloud top -o json | jq '.departments[].cpu.wasted'")
@access_options
@click.option("--once", is_flag=True, help="Print once and end; so it is off a terminal, and with -o json or yaml.")
@click.option("--every", type=click.FloatRange(1, 3600), default=5, show_default=True, help="Seconds between looks.")
@format_option
def top(site: Path, kubeconfig: Path | None, once: bool, every: float, form: str) -> None:
    """Show live, by department, what is granted, reserved, used and wasted. Ctrl-C ends it.

    Figures come from Prometheus through the Kubernetes API and are up to a minute old; CPU is the mean of five minutes.
    Wasted is what is reserved and not used.
    """
    import sys

    from govcloud_cli import output
    from govcloud_cli.access import connect
    from govcloud_cli.usage import top_live
    from govcloud_monitoring import prometheus, shares

    ask = prometheus.through(connect(site, kubeconfig))
    if form == "text" and not once and sys.stdout.isatty():
        top_live.follow(ask, every)
        return
    found = shares.gather(ask)
    output.show(form, found.plain(), top_live.drawn(found))
