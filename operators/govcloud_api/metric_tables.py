"""Tables of metrics in Markdown, for the reference pages of whatever exports some. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol


class Described(Protocol):
    """A metric as its page shows it."""

    @property
    def name(self) -> str:
        """With its unit."""
        ...

    @property
    def help(self) -> str:
        """Sentences."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of its labels."""
        ...

    @property
    def unit(self) -> str:
        """Empty for a count, a state or an info."""
        ...


def page(head: str, groups: Iterable[tuple[str, Iterable[Described]]]) -> str:
    """A page: its head, then one table a group (title, metrics)."""
    parts = [head]
    for title, metrics in groups:
        rows = "".join(_row(metric) for metric in metrics)
        parts.append(f"## {title}\n\n| Metric | Unit | Labels | Meaning |\n|---|---|---|---|\n{rows}")
    return "\n".join(parts)


def _row(metric: Described) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels) or "none"
    return f"| `{metric.name}` | {metric.unit or 'none'} | {labels} | {metric.help} |\n"
