"""A key changes with anything a component is made from, and with nothing else."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from govcloud_infra.bundle import keys, recipe, rootfs

BASE = {"version": "v1", "licence": "MIT", "priority": 1, "usual_seconds": 1}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, uses in (("lower", []), ("upper", ["lower"]), ("aside", [])):
        folder = tmp_path / "recipes" / name
        folder.mkdir(parents=True)
        inputs = ["src"] if name == "aside" else []
        (folder / recipe.FILE).write_text(yaml.safe_dump({**BASE, "uses": uses, "inputs": inputs}))
        (folder / "go.sum").write_text("pins\n")
    (tmp_path / "src" / "package").mkdir(parents=True)
    (tmp_path / "src" / "package" / "module.py").write_text("x = 1\n")
    return tmp_path


def compute(tree: Path) -> dict[str, str]:
    return keys.component_keys(recipe.load_all(tree / "recipes"), tree)


def append(path: str) -> Callable[[Path], None]:
    return lambda tree: ((tree / path).write_text((tree / path).read_text() + "# more\n") and None) or None


def create(path: str) -> Callable[[Path], None]:
    return lambda tree: ((tree / path).write_text("") and None) or None


def test_the_same_tree_gives_the_same_keys(tree: Path) -> None:
    assert compute(tree) == compute(tree)


@pytest.mark.parametrize(
    ("change", "touched"),
    [
        (append("recipes/lower/component.yaml"), {"lower", "upper"}),
        (append("recipes/lower/go.sum"), {"lower", "upper"}),
        (append("recipes/upper/go.sum"), {"upper"}),
        (create("recipes/upper/new.go"), {"upper"}),
        (lambda tree: (tree / "recipes/upper/go.sum").rename(tree / "recipes/upper/go.work"), {"upper"}),
        (lambda tree: (tree / "recipes/upper/go.sum").chmod(0o755), {"upper"}),
        (append("src/package/module.py"), {"aside"}),
        (create("src/package/other.py"), {"aside"}),
        (lambda tree: (tree / "src/package/__pycache__").mkdir(), set()),
        (create("src-beside.py"), set()),
    ],
    ids=["recipe", "pins", "own pins", "new file", "renamed", "mode", "source", "new source", "cache", "elsewhere"],
)
def test_a_change_reaches_what_is_made_from_it(tree: Path, change: Callable[[Path], object], touched: set[str]) -> None:
    before = compute(tree)
    change(tree)
    after = compute(tree)
    assert {name for name in before if before[name] != after[name]} == touched


def test_the_builder_version_is_part_of_every_key(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = compute(tree)
    monkeypatch.setattr(keys, "BUILDER_VERSION", "another")
    assert not set(before.values()) & set(compute(tree).values())


parts = st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=4)


@given(parts, parts)
def test_equal_parts_mean_equal_keys_and_the_other_way_round(one: dict[str, str], two: dict[str, str]) -> None:
    assert (keys.key(one) == keys.key(two)) == (one == two)
    assert keys.key(dict(reversed(one.items()))) == keys.key(one)


def test_a_program_for_another_architecture_is_another_program(tree: Path) -> None:
    recipes = recipe.load_all(tree / "recipes")
    native, foreign = keys.component_keys(recipes, tree), keys.component_keys(recipes, tree, "arm64")
    assert not set(native.values()) & set(foreign.values())


def test_the_packages_to_do_without_change_the_root_file_system(tree: Path) -> None:
    folder = tree / "recipes" / "lower"
    keys_ = []
    for without in (None, "without.txt"):
        (folder / "without.txt").write_text("adduser\n")
        rootfs_ = {"r": {"variant": "extract", "packages": "go.sum", "without": without}}
        (folder / recipe.FILE).write_text(yaml.safe_dump({**BASE, "rootfs": rootfs_}))
        keys_.append(rootfs.key(recipe.load(folder), "r"))
    (folder / "without.txt").write_text("adduser\npasswd\n")
    keys_.append(rootfs.key(recipe.load(folder), "r"))
    assert len(set(keys_)) == 3


def test_a_list_that_a_hook_reads_changes_the_root_file_system(tree: Path) -> None:
    folder, shared = tree / "recipes" / "lower", tree / "recipes" / "upper" / "go.sum"
    rootfs_ = {"r": {"variant": "minbase", "packages": "go.sum", "reads": ["../upper/go.sum"]}}
    (folder / recipe.FILE).write_text(yaml.safe_dump({**BASE, "rootfs": rootfs_}))
    before = rootfs.key(recipe.load(folder), "r")
    shared.write_text("other\n")
    assert rootfs.key(recipe.load(folder), "r") != before
