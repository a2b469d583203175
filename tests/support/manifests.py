"""YAML of the repository, read once for all tests. Whoever changes an object changes a copy."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml


@cache
def documents(file: Path) -> tuple[Any, ...]:
    """Every document of the file, by libyaml's reader: the files are many and large, and this one is quick."""
    with file.open("rb") as text:
        return tuple(yaml.load_all(text, Loader=yaml.CSafeLoader))


def objects(*files: Path) -> list[dict[str, Any]]:
    """What all these files hold, in their order."""
    return [item for file in files for item in documents(file) if item]


def plays(playbook: Path) -> list[dict[str, Any]]:
    """Every play of a playbook, those of imported ones in their place."""
    found: list[dict[str, Any]] = []
    for play in documents(playbook)[0]:
        imported = play.get("ansible.builtin.import_playbook")
        found += plays(playbook.with_name(imported)) if imported else [play]
    return found
