"""Every command has help and an example that works as far as its words go; help costs no library."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from govcloud_cli.main import cli

# What a command may need, and its help must not.
HEAVY = ("pulumi", "kopf", "kubernetes", "pydantic", "yaml", "cryptography", "ansible_runner", "govcloud_infra")


def walk(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every group and command, with the words that lead to it."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from walk(found, (*path, name))


ALL = list(walk(cli))
LEAVES = [(path, command) for path, command in ALL if not isinstance(command, click.Group)]


def id_of(value: object) -> str:
    return " ".join(value) if isinstance(value, tuple) else ""


def help_of(path: tuple[str, ...]) -> str:
    result = CliRunner().invoke(cli, [*path, "--help"])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize(("path", "command"), ALL, ids=id_of)
def test_every_command_has_help_and_every_option_too(path: tuple[str, ...], command: click.Command) -> None:
    text = help_of(path)
    assert text.startswith("Usage: ")
    assert (command.help or "").strip()
    options = [item for item in command.params if isinstance(item, click.Option)]
    unexplained = [item.name for item in options if not item.help and not isinstance(item.type, click.Choice)]
    assert unexplained == []


@pytest.mark.parametrize(("path", "command"), LEAVES, ids=id_of)
def test_every_command_has_an_example_that_parses(path: tuple[str, ...], command: click.Command) -> None:
    _, found, example = f"{command.help}\n{command.epilog}".partition("Example: ")
    assert found
    words = shlex.split(example.splitlines()[0].replace("$(", " ").replace(")", " "))
    words = words[words.index("govcloud") + 1 :]
    ends = [words.index(word) for word in ("|", ">", "&&") if word in words]
    arguments = words[: min(ends)] if ends else words
    assert tuple(arguments[: len(path)]) == path
    context = command.make_context(path[-1], arguments[len(path) :], resilient_parsing=False)
    assert context.command is command


def test_the_table_of_commands_says_what_their_help_says() -> None:
    text = " ".join(help_of(()).split())
    for name in cli.list_commands(click.Context(cli)):
        assert f" {name} " in text


def test_an_unknown_command_is_a_usage_error() -> None:
    result = CliRunner().invoke(cli, ["deplyo"])
    assert result.exit_code == 2
    assert "No such command 'deplyo'" in result.stderr


def test_help_costs_no_library() -> None:
    tenants = [["env", "request"], ["approvals", "inbox"], ["service", "create"], ["issues"], ["dept", "kubeconfig"]]
    helps = [["--help"], ["deploy", "--help"], *([*words, "--help"] for words in tenants)]
    program = f"""
import sys
from govcloud_cli import main, run
for words in {helps!r}:
    code = run.run(main.cli, words)
    loaded = [name for name in {HEAVY!r} if name in sys.modules]
    if code or loaded:
        sys.exit(f"{{words}}: code {{code}}, loaded {{loaded}}")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(re.findall("^Usage: govcloud", done.stdout, re.MULTILINE)) == len(helps)
