"""The licences of Go modules, from the texts in the module cache, by Google's licensecheck."""

import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from govcloud_infra.bundle.sbom.buildinfo import Module

_TEXTS = ("licen[sc]e*", "copying*", "unlicense*")
_LEAST_PERCENT = 75.0  # of a text that a known licence must make up, or the text says something of its own
STANDARD_LIBRARY = ("BSD-3-Clause",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """`tool` is the bundle's licensecheck, `cache` Go's module cache; either may be missing, then nothing is known."""

    tool: Path | None
    cache: Path | None

    def read(self, modules: Iterable[Module]) -> dict[tuple[str, str], tuple[str, ...]]:
        """Licences by path and version of the modules whose sources are there and whose texts are known ones."""
        if self.tool is None or self.cache is None:
            return {}
        texts = {text: (m.path, m.version) for m in modules for text in _texts(self.cache / folder(m))}
        asked = "".join(f"{text}\n" for text in texts)
        done = subprocess.run([self.tool], input=asked, capture_output=True, text=True, check=True)
        found: dict[tuple[str, str], set[str]] = {}
        for answer in map(json.loads, done.stdout.splitlines()):
            if answer["percent"] >= _LEAST_PERCENT:
                found.setdefault(texts[Path(answer["file"])], set()).update(answer["licences"])
        return {module: tuple(sorted(names)) for module, names in found.items()}

    def holds(self, modules: Iterable[Module]) -> bool:
        """Whether the sources of all these modules are in the cache, so that nothing is to be found later."""
        return (
            self.tool is not None
            and self.cache is not None
            and all((self.cache / folder(module)).is_dir() for module in modules)
        )


def folder(module: Module) -> str:
    """Where a module lies in the cache; a capital letter is written as `!` and the small one. Pure."""
    plain = f"{module.path}@{module.version}"
    return "".join(f"!{letter.lower()}" if letter.isupper() else letter for letter in plain)


def _texts(module: Path) -> list[Path]:
    if not module.is_dir():
        return []
    return [file for file in sorted(module.iterdir()) if file.is_file() and _is_text(Path(file.name.lower()))]


def _is_text(name: Path) -> bool:
    return name.suffix not in (".go", ".sh", ".py") and any(name.match(pattern) for pattern in _TEXTS)
