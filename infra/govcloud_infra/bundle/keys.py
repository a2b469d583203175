"""The key of a component: a hash of all it is made from, so that the same key means the same content."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from govcloud_infra.bundle import host
from govcloud_infra.bundle import recipe as recipes

BUILDER_VERSION = "1"
"""Raised by hand when the builder makes other bytes from the same recipe; every component is then built again."""

_NOT_SOURCES = {"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"}


def key(parts: Mapping[str, object]) -> str:
    """SHA-256 (hex) of the parts and of the builder's version; the order of the parts does not matter. Pure."""
    text = json.dumps({"builder": BUILDER_VERSION, **parts}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def sources(paths: Iterable[Path], root: Path) -> dict[str, str]:
    """Hash of every file at or below `paths`, by its path below `root`; caches of tools are left out."""
    found: dict[str, str] = {}
    for path in paths:
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            relative = file.relative_to(root)
            if file.is_file() and not _NOT_SOURCES & set(relative.parts):
                mark = "x" if file.stat().st_mode & 0o100 else "-"
                found[str(relative)] = mark + hashlib.sha256(file.read_bytes()).hexdigest()
    return found


def component_keys(ordered: Iterable[recipes.Recipe], work_tree: Path, foreign: str | None = None) -> dict[str, str]:
    """Keys of recipes that stand behind the ones they use; a change in one reaches all that use it.

    `foreign` names the architecture when it is another than this host's.
    """
    keys: dict[str, str] = {}
    target = {"for": foreign} if foreign else {}
    for one in ordered:
        keys[one.name] = key(
            {
                "recipe": sources([one.folder], one.folder),
                "inputs": sources([work_tree / path for path in one.inputs], work_tree),
                "compiler": host.TOOLCHAIN if one.go else None,
                "uses": {name: keys[name] for name in one.uses},
                **target,
            }
        )
    return keys
