"""The page of the command line says what the command line does."""

from pathlib import Path

import click
import pytest

from govcloud_api import errors
from govcloud_cli import reference, run
from govcloud_cli.commands import plan, status

ROOT = Path(__file__).parents[3]
COMMANDS = dict(reference.commands(reference.cli))


def test_the_page_is_fresh():
    page = (ROOT / reference.PAGE).read_text(encoding="utf-8")
    assert page == reference.reference(), "run make generate"


def test_every_exit_code_is_explained():
    codes = {kind.exit_code for kind in errors.GovcloudError.__subclasses__()}
    assert codes | {0, 1, 2, plan.PENDING, status.UNHEALTHY, run.INTERRUPTED} == set(reference.EXIT_CODES)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_says_what_it_does_and_shows_an_example(name: str):
    section = reference.reference().partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    assert section.strip().partition("```")[0].strip(), "no help"
    assert name in section.partition("```sh\n")[2], "no example of its own"


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_argument_has_a_meaning(name: str):
    section = reference.reference().partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    for argument in (item for item in COMMANDS[name].params if isinstance(item, click.Argument)):
        shown = f"| `{argument.make_metavar(click.Context(COMMANDS[name]))}` |"
        assert any(line.startswith(shown) and not line.endswith("|  |") for line in section.splitlines()), shown
