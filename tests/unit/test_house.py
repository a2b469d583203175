"""House rules that no linter knows, by reading the source: sizes, hidden clocks, tests that nobody would collect."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parents[2]
PACKAGES = [
    TREE / "cli" / "govcloud_cli",
    TREE / "infra" / "govcloud_infra",
    TREE / "monitoring" / "govcloud_monitoring",
    TREE / "operators" / "govcloud_api",
    TREE / "operators" / "govcloud_kube",
    TREE / "operators" / "govcloud_operators",
]
MODULES = sorted(file for package in PACKAGES for file in package.rglob("*.py"))
TESTS = sorted((TREE / "tests").rglob("*.py"))
MAX_MODULE_LINES, MAX_FUNCTION_LINES, MAX_PARAMETERS = 400, 40, 5
PURE_NAMES = ("desired.py", "checks.py", "status.py", "parse.py", "families.py")
# `x.now` and its kin read a clock; a moment is a parameter.
CLOCKS = {"now", "utcnow", "today", "time", "monotonic", "perf_counter", "time_ns"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def tree_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text(), str(file))


@cache
def statements(file: Path) -> list[ast.stmt]:
    """Every statement, those within others too; expressions hold none and are passed over."""
    found, waiting = [], list(tree_of(file).body)
    while waiting:
        node = waiting.pop()
        found.append(node)
        for part in ("body", "orelse", "finalbody"):
            waiting += getattr(node, part, [])
        for part in ("handlers", "cases"):
            waiting += [inner for block in getattr(node, part, []) for inner in block.body]
    return found


@cache
def functions(file: Path) -> list[Function]:
    return [node for node in statements(file) if isinstance(node, Function)]


def place(file: Path, node: ast.AST) -> str:
    return f"{file.relative_to(TREE)}:{getattr(node, 'lineno', 1)}"


def is_pure(file: Path) -> bool:
    return "govcloud_api" in file.parts or (file.name in PURE_NAMES and "govcloud_infra" not in file.parts)


def clocks(tree: ast.Module) -> Iterator[ast.AST]:
    """Imports of `time`, and calls that ask for the present moment."""
    for node in ast.walk(tree):
        names = [item.name for item in node.names] if isinstance(node, ast.Import) else []
        module = node.module if isinstance(node, ast.ImportFrom) else ""
        asked = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS
        if "time" in names or module == "time" or asked:
            yield node


def parameters(function: Function) -> int:
    """How many values a caller passes; `self` is none, and those that must be named count less than a train."""
    found = [item.arg for item in (*function.args.posonlyargs, *function.args.args)]
    return len(found) - (found[:1] in (["self"], ["cls"]))


def test_the_packages_are_where_they_were() -> None:
    assert all((package / "__init__.py").is_file() for package in PACKAGES)
    assert len(MODULES) > 100


def test_no_module_is_too_long() -> None:
    long = {place(file, ast.Module()): len(file.read_text().splitlines()) for file in MODULES}
    assert {where: lines for where, lines in long.items() if lines > MAX_MODULE_LINES} == {}


def test_no_function_is_too_long() -> None:
    lengths = {
        f"{place(file, node)} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for file in MODULES
        for node in functions(file)
    }
    assert {where: lines for where, lines in lengths.items() if lines > MAX_FUNCTION_LINES} == {}


def test_no_function_takes_a_train_of_positional_values() -> None:
    # click gives a command one named value an option, hence `commands/`.
    files = [file for file in MODULES if "commands" not in file.parts]
    counts = {f"{place(file, node)} {node.name}": parameters(node) for file in files for node in functions(file)}
    assert {where: count for where, count in counts.items() if count > MAX_PARAMETERS} == {}


def test_pure_rooms_have_no_clock() -> None:
    pure = [file for file in MODULES if is_pure(file)]
    assert len(pure) > 15
    assert [place(file, node) for file in pure for node in clocks(tree_of(file))] == []


@pytest.mark.parametrize(
    ("source", "caught"),
    [
        ("datetime.now(UTC)", 1),
        ("datetime.datetime.utcnow()", 1),
        ("date.today()", 1),
        ("import time", 1),
        ("from time import sleep", 1),
        ("import time as t\nt.monotonic()", 2),
        ("now + timedelta(1)", 0),
        ("from datetime import datetime\ndatetime.fromisoformat(text)", 0),
    ],
)
def test_the_rule_about_clocks_bites(source: str, caught: int) -> None:
    assert len(list(clocks(ast.parse(source)))) == caught


def test_no_room_is_a_lumber_room() -> None:
    lumber = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}
    assert [str(file) for file in MODULES if lumber & {file.stem, *file.relative_to(TREE).parts}] == []


def test_every_test_is_collected() -> None:
    """pytest reads files called test_*.py; benches are run by `make bench`."""
    hidden = [
        place(file, node)
        for file in TESTS
        for node in functions(file)
        if node.name.startswith("test_") and not file.name.startswith("test_")
    ]
    assert hidden == []


def test_no_test_fakes_calls() -> None:
    mocks = [
        place(file, node)
        for file in TESTS
        for node in statements(file)
        if (isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("unittest", "mock", "pytest_mock")))
        or (isinstance(node, ast.Import) and any(item.name.startswith(("unittest", "mock")) for item in node.names))
    ]
    assert mocks == []


@pytest.mark.parametrize(
    "what", [r"# noqa(: [A-Z0-9, ]+)?$", r"# type: ignore(\[[\w, -]+\])?$", r"pytest\.(mark\.)?(skip|xfail)[^#]*$"]
)
def test_every_exception_has_its_reason_on_the_line(what: str) -> None:
    bare = [
        f"{file.relative_to(TREE)}:{number}"
        for file in [*MODULES, *TESTS]
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if re.search(what, line) and file != Path(__file__)
    ]
    assert bare == []
