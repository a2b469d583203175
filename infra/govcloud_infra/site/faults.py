"""What is wrong with a file, where, and what to do: the currency of every check on `site.yaml`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from govcloud_api.errors import ConfigError

Location = tuple[str | int, ...]
# What a check says: the place that should change, and why and how.
Finding = tuple[Location, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault; `line` and `column` count from 1, `path` is written like `spec.nodes[2].address`."""

    line: int
    column: int
    path: str
    message: str


class SiteInvalid(ConfigError):
    """The site file cannot be used; `faults` holds all of them, in the order of the file."""

    def __init__(self, file: Path, faults: Sequence[Fault]) -> None:
        self.file = file
        self.faults = tuple(sorted(faults, key=lambda fault: (fault.line, fault.column, fault.path)))
        count = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        lines = [render(file, fault) for fault in self.faults]
        super().__init__("\n".join([f"{file} is not a valid site file ({count}):", *lines]))


def render(file: Path, fault: Fault) -> str:
    """`file:line:column: path: message`, the form that editors jump to."""
    where = f"{fault.path}: " if fault.path else ""
    return f"  {file}:{fault.line}:{fault.column}: {where}{fault.message}"


def dotted(location: Location) -> str:
    """`("spec", "nodes", 2, "address")` as `spec.nodes[2].address`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text
