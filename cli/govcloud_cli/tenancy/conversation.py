"""One request from options, a file and questions to its end: checked, forecast, created, followed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from govcloud_api.errors import GovcloudError
from govcloud_cli import output
from govcloud_cli.access import connect, home_namespace
from govcloud_cli.tenancy import case, environments, forecast, prompts, requesting, verdict
from govcloud_kube.cluster import Cluster


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How a request is made: with which credentials, from which file, and what is shown of it."""

    site: Path
    kubeconfig: Path | None
    department: str | None
    file: Path | None = None
    wait: bool = False
    dry_run: bool = False
    form: str = "text"


def run(setting: Setting, said: Mapping[str, Any], questions: tuple[prompts.Question, ...]) -> int:
    """Make the request; returns the exit code. What an option says stands before what the file says."""
    given = {**_from_file(setting.file), **said}
    home = home_namespace(setting.site, setting.kubeconfig, setting.department or given.get("department"))
    cluster = connect(setting.site, setting.kubeconfig)
    needed = tuple(question.key for question in questions if question.required)
    if requesting.missing(given, needed) and prompts.on_terminal():
        given = _asked(cluster, home, given, questions)
    requesting.require(given, needed)
    wish = requesting.completed(cluster, requesting.wish(home, given))
    made = requesting.ask(cluster, wish, dry_run=setting.dry_run)
    if setting.dry_run:
        found = verdict.judge(made, case.look(cluster, wish), datetime.now(UTC))
        output.show(setting.form, {"request": made, "verdict": found.plain()}, forecast.text(made, found))
        return 0
    made = requesting.wait(cluster, made) if setting.wait else made
    output.show(setting.form, made, environments.request_text(made))
    return environments.exit_code(made) if setting.wait else 0


def _from_file(file: Path | None) -> Mapping[str, Any]:
    if file is None:
        return {}
    from govcloud_cli.tenancy import answers

    return answers.load(file).said


def _asked(
    cluster: Cluster, home: str, given: Mapping[str, Any], questions: tuple[prompts.Question, ...]
) -> dict[str, Any]:
    """Ask for what is missing, show the whole verdict, and ask whether to send it."""
    complete = prompts.complete(given, questions, lambda said: _line(cluster, home, said))
    for line in _lines(cluster, home, complete):
        click.echo(f"  {line}", err=True)
    if not click.confirm("Send this request?", default=True, err=True):
        raise click.Abort
    return complete


def _line(cluster: Cluster, home: str, said: Mapping[str, Any]) -> str:
    """Price and decision so far, in one line."""
    found = _lines(cluster, home, {"why": "not said yet", "product": "new", "purpose": "sandbox", **said})
    return "; ".join(line for line in found if line.startswith(("price", "decision", "✗")))


def _lines(cluster: Cluster, home: str, said: Mapping[str, Any]) -> list[str]:
    """A forecast without asking the API server to check; nothing to say about what cannot be right yet."""
    from govcloud_api import requests

    try:
        wish = requesting.wish(home, said)
        request = requests.build_environment_request(wish)
        return forecast.lines(verdict.judge(request, case.look(cluster, wish), datetime.now(UTC)))
    except GovcloudError:
        return []
