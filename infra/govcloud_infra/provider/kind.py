"""What every resource of our provider does. A kind knows nothing of Pulumi's wire."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

Plain = dict[str, Any]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference between state and wish; `path` like `manifest.spec.replicas`."""

    path: str
    action: str  # add, update or delete
    replace: bool = False


class Kind(Protocol):
    """State is the inputs plus what `create` found out. Every method may be repeated."""

    def faults(self, inputs: Plain) -> list[tuple[str, str]]:
        """Inputs that cannot be used: (property, why)."""

    def changes(self, state: Plain, inputs: Plain) -> Iterator[Change]:
        """What would have to be done."""

    def create(self, inputs: Plain, say: Say, *, preview: bool) -> tuple[str, Plain]:
        """Make it; returns id and outputs. In a preview nothing is changed."""

    def update(self, state: Plain, inputs: Plain, say: Say, *, preview: bool) -> Plain:
        """Make it as wished; returns outputs."""

    def read(self, state: Plain) -> Plain | None:
        """State as it is outside; None when it is gone."""

    def delete(self, state: Plain, say: Say) -> None:
        """Remove it; fine when it is gone."""


def compare(old: Any, new: Any, path: str = "") -> Iterator[Change]:
    """Differences, leaf by leaf, of two plain values."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            below = f"{path}.{key}" if path else key
            if key not in new:
                yield Change(path=below, action="delete")
            elif key not in old:
                yield Change(path=below, action="add")
            else:
                yield from compare(old[key], new[key], below)
    elif old != new:
        yield Change(path=path, action="update")
