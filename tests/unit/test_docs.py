"""The documentation holds together: navigation, links, command lines, tables that repeat what is written elsewhere."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from pydantic import BaseModel

from govcloud_cli.main import cli
from govcloud_infra.site import model

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
WRITTEN_LATER = {"benchmarks.md"}  # by `make bench`
OPERATORS = frozenset("();<>|&")
PRIVATE_PATH = re.compile(r"(?<![\w.~$])/(?:root|home|work|tmp|mnt|Users)/")
HOST = re.compile(r"(?<![\w@./-])(?:[a-z0-9-]+\.)+(?:com|dev|io|net|org)\b")
URL = re.compile(r"https?://(?!<any machine>|10\.|127\.0\.0\.1)[^\s`)>]+")


def ids(page: Path) -> str:
    return str(page.relative_to(ROOT))


def entries(nav: list[Any]) -> Iterator[str]:
    for item in nav:
        for value in item.values():
            if isinstance(value, str):
                yield value
            else:
                yield from entries(value)


def test_every_page_is_in_the_navigation_once():
    listed = list(entries(yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]))
    there = {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")}
    assert sorted(set(listed) - WRITTEN_LATER) == sorted(there - WRITTEN_LATER)
    assert len(listed) == len(set(listed))


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as mkdocs and code hosts make them for plain ASCII."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_links_lead_somewhere(page: Path):
    broken = []
    prose = re.sub(r"`[^`\n]*`", "", without_blocks(page.read_text(encoding="utf-8")))
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        file, _, anchor = target.partition("#")
        found = (page.parent / file).resolve() if file else page
        if not found.is_file() or (anchor and anchor not in anchors(found)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_no_page_names_one_machines_folders_or_foreign_hosts(page: Path):
    text = page.read_text(encoding="utf-8")
    foreign = [
        host for host in HOST.findall(text) if not host.endswith(("kubernetes.io", "k8s.io", "servicebinding.io"))
    ]
    assert foreign + [host for host in HOST.findall(text) if host.startswith("registry.")] == []
    assert PRIVATE_PATH.findall(text) + URL.findall(text) == []


def shell_lines(text: str) -> Iterator[str]:
    """Lines of `sh` and `console` blocks (of the latter what stands behind the prompt), and inline code."""
    for language, block in re.findall(r"^ *```(\w*)\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            if language == "sh" or (language == "console" and line.lstrip().startswith("$ ")):
                yield line.strip().removeprefix("$ ")
    inline = re.findall(r"`([^`\n]+)`", without_blocks(text))
    yield from (code for code in inline if code.startswith("govcloud "))


def without_blocks(text: str) -> str:
    return re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)


def calls(line: str) -> Iterator[list[str]]:
    """Arguments of every call of `govcloud` in a line of shell."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split, lexer.commenters = True, "#"
    command: list[str] = []
    for word in [*tokens(lexer), ";"]:
        if set(word) <= OPERATORS:
            while command and re.fullmatch(r"[A-Z_]+=.*", command[0]):
                command.pop(0)
            if command and Path(command[0]).name == "govcloud":
                yield command[1:]
            command = []
        else:
            command.append(word)


def tokens(lexer: shlex.shlex) -> list[str]:
    try:
        return list(lexer)
    except ValueError:  # a quotation over several lines: it belongs to another program
        return []


def fault(arguments: list[str]) -> str:
    """Why the command line cannot be used; empty when it can. `a|b|c` as a command stands for each of them."""
    command: click.Command = cli
    context = click.Context(cli, info_name="govcloud")
    rest = list(arguments)
    while isinstance(command, click.Group):
        while rest and rest[0] in ("--debug", "--help"):
            rest.pop(0)
        if not rest:
            return ""
        several = rest[0].split("|")
        if len(several) > 1:
            return "; ".join(filter(None, (fault([*arguments[: -len(rest)], one]) for one in several)))
        found = command.get_command(context, rest.pop(0))
        if found is None:
            return "no such command"
        command, context = found, click.Context(found, info_name="govcloud", parent=context)
    return option_fault(command, context, rest)


def option_fault(command: click.Command, context: click.Context, rest: list[str]) -> str:
    try:
        given, _, _ = command.make_parser(context).parse_args(list(rest))
        for parameter in command.params:
            value = given.get(str(parameter.name))
            if isinstance(value, str) and isinstance(parameter.type, click.Choice | click.IntRange):
                parameter.type.convert(value, parameter, context)
    except click.UsageError as error:
        return error.format_message()
    return ""


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_command_lines_can_be_run(page: Path):
    lines = list(shell_lines(page.read_text(encoding="utf-8")))
    assert [f"{line}: {why}" for line in lines for call in calls(line) if (why := fault(call))] == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("govcloud env ls --department tax | head", ""),
        ("export KUBECONFIG=$(govcloud kubeconfig --path)", ""),
        ("GOVCLOUD_MITOGEN=0 .venv/bin/govcloud deploy", ""),
        ("govcloud bundle build|list|verify", ""),
        ("make env && govcloud nonsense", "no such command"),
        ("govcloud env ls --colour", "No such option"),
        ("govcloud dept kubeconfig tax --user anna --hours 48 > file", "48"),
    ],
)
def test_the_check_of_command_lines_itself(line: str, expected: str):
    found = [fault(call) for call in calls(line)]
    assert len(found) == 1
    assert expected in found[0] if expected else found[0] == ""


def site_keys(owner: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in owner.model_fields.items():
        path = f"{prefix}{field.alias or name}"
        inner = next((part for part in parts(field.annotation) if issubclass(part, BaseModel)), None)
        if inner is None or path == "spec.nodes":
            yield path
        if inner is not None:
            yield from site_keys(inner, f"{path}[]." if path == "spec.nodes" else f"{path}.")


def parts(annotation: Any) -> Iterator[type]:
    if isinstance(annotation, type):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from parts(inner)


def test_every_key_of_the_site_file_is_explained():
    page = (DOCS / "reference/site.md").read_text(encoding="utf-8")
    explained = re.findall(r"^\| `((?:spec|metadata|kind|apiVersion)[\w.\[\]]*)` \|", page, re.MULTILINE)
    assert sorted(set(explained)) == sorted(site_keys(model.Site, ""))


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_site_files_on_pages_are_valid(page: Path):
    blocks = re.findall(r"^( *)```yaml\n(.*?)^ *```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    for _, block in blocks:
        found = yaml.safe_load(block)
        if found["kind"] == "Site":
            model.Site.model_validate(found)


def test_licences_are_those_of_the_recipes():
    page = (DOCS / "licences.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| ([\w-]+) \| (\S+) \| (.+) \|$", page.partition("## Debian")[0], re.MULTILINE))
    recipes = {
        file.parent.name: yaml.safe_load(file.read_text()) for file in ROOT.glob("infra/bundle/*/component.yaml")
    }
    wanted = {(name, str(recipe["version"]), recipe["licence"]) for name, recipe in recipes.items()}
    assert rows - {("Component", "Version", "Licence")} == wanted
