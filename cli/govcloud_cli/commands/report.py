"""`govcloud report`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from govcloud_cli import names
from govcloud_cli.access_options import access_options

if TYPE_CHECKING:
    from datetime import date


@click.command(epilog="Example: govcloud report --month 2026-11 -o html --file november.html")
@access_options
@click.option("--month", metavar="YYYY-MM", help="Which month; else the current one, in UTC.")
@click.option(
    "--department",
    metavar="CODE",
    shell_complete=names.departments,
    help="This one only, and what share of the whole it bears; an empty CODE is the platform itself.",
)
@click.option(
    "-o",
    "--output",
    "form",
    type=click.Choice(["text", "html", "csv", "json", "focus", "focus-parquet"]),
    default="text",
    show_default=True,
    help="Form of the result.",
)
@click.option(
    "--file",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="File to write, which its owner alone may read; else it goes to standard output.",
)
@click.option("--issuer", default="govcloud", show_default=True, metavar="NAME", help="Who bills, in FOCUS.")
def report(
    site: Path,
    kubeconfig: Path | None,
    month: str | None,
    department: str | None,
    form: str,
    target: Path | None,
    issuer: str,
) -> None:
    """Show what a month cost, by department: held itself, and borne of the platform and of idle machines.

    Figures come from the ledger, which splits what each pool of machines cost, so that nothing is lost and nothing is
    charged twice; hours that are not closed yet are provisional. As html it is one page to send, print and keep,
    without scripts, which opens nothing else.

    Text, html and json also say what each department was granted, reserved, used and wasted of CPU, memory and storage,
    and in how much of the time its use was measured: what ran on a silent machine counts as wasted.

    As csv it is a row a line of the ledger: month, currency, department (empty: the platform), environment, product,
    purpose, tier, pool, component, unit, quantity (an integer), list_cost (the tariff) and cost, both with all their
    8 decimals. A text that a spreadsheet would take for a formula begins with an apostrophe, in FOCUS, too.

    As focus it is the month's closed hours in FOCUS 1.0, the format of the FinOps Foundation, a row a day, as CSV or
    (focus-parquet) as Parquet: for programs of finance, of all departments, and without what is provisional.
    """
    from govcloud_cli.access import connect
    from govcloud_cli.usage import report_focus, report_form, report_source, report_sums, report_words

    first, api = _first(month), connect(site, kubeconfig)
    if form in report_focus.FORMS:
        if department is not None:
            raise click.UsageError("FOCUS holds all departments; leave --department out, or choose csv")
        _deliver(report_focus.document(form, report_source.days(api, first), issuer), target)
        return
    found = report_sums.figures(report_source.month(api, first), department)
    _deliver(report_form.document(form, found).encode(), target)
    if form != "text" and (alarm := report_words.alarm(found)):
        click.echo(alarm, err=True)


def _first(month: str | None) -> "date":
    from datetime import UTC, datetime

    from govcloud_cli.usage import report_words

    try:
        return report_words.first_of(month, datetime.now(UTC).date())
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--month") from error


def _deliver(content: bytes, target: Path | None) -> None:
    from govcloud_cli.usage import report_file

    if target is None:
        click.echo(content, nl=False)
        return
    report_file.write(target, content)
    click.echo(f"written to {target}", err=True)
