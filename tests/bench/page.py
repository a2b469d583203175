"""docs/benchmarks.md out of figures. Pure."""

from typing import Any

_HEAD = """# Benchmarks

Written by `make bench`; do not edit. Repeat: `make bench`; `make bench MEASURE=cold` builds the bundle from
empty caches (some 45 minutes on two cores). The machine: 2 cores, 24 GiB, Debian 12, shared with others: compare
figures of one run, and ratios rather than seconds.

`MEASURE=tenancy` has a real API server, scheduler and controllers, and the operator as a process with its own
rights; machines, containers and the network are simulated (kwok): its figures say nothing about machines. What others
do is timed only when it ended with the same objects. `MEASURE=services` runs on a lab.
"""


def page(figures: list[dict[str, Any]], versions: dict[str, str]) -> str:
    """Markdown: a table of figures against goals, and the versions they were measured with."""
    rows = [
        f"| {item['name']} | {item['value']:.2f} {item['unit']} | {_goal(item)} "
        f"| {item['how']} | {item['measured_on']} |"
        for item in figures
    ]
    table = ["| what | measured | at most | reached | how | on |", "|---|---|---|---|---|---|", *rows]
    parts = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
    return "\n".join([_HEAD, *table, "", f"Versions: {parts}.", ""])


def _goal(item: dict[str, Any]) -> str:
    if not item["goal"]:
        return "- | -"
    return f"{item['goal']:g} {item['unit']} | {'yes' if item['value'] <= item['goal'] else '**no**'}"
