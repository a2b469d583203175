"""docs/benchmarks.md out of figures. Pure."""

from typing import Any

_HEAD = """# Benchmarks

Written by `make bench`; do not edit. Repeat: `make bench`; `make bench MEASURE=cold` builds the bundle from
empty caches (some 45 minutes on two cores). The machine: 2 cores, 24 GiB, Debian 12, shared with others: compare
figures of one run, and ratios rather than seconds.

`MEASURE=tenancy` has a real API server, scheduler and controllers, and the operator as a process with its own
rights; machines, containers and the network are simulated (kwok): its figures say nothing about machines. What others
do is timed only when it ended with the same objects. `MEASURE=services` runs on a lab. `MEASURE=exposition` and
`MEASURE=forecasts` need nothing but this machine; answers are compared before a time is told, and sides take turns.
"""

_WHY = {
    "operator: processor time a change": (
        "A change is two events (the change, and the echo of the status that answers it), one look and one write. "
        "Half of the time is kopf's, which decodes and passes on both events; stock kopf handlers take more than ten "
        "times as much for the same work. A third is the look itself, and a third of that the write over TLS. In "
        "memory, without any server, the look takes 0.6 ms, and a PATCH over TLS alone 0.7 ms, so the goal is out of "
        "reach with real parts. What was tried, and what a watcher of our own instead of kopf would bring (some "
        "2.5 ms a change) and cost, is told in [ADR 7](adr/0007-kopf-as-a-shell.md)."
    ),
}
"""Why a goal is not reached."""


def page(figures: list[dict[str, Any]], versions: dict[str, str]) -> str:
    """Markdown: a table of figures against goals, and the versions they were measured with."""
    rows = [
        f"| {item['name']} | {item['value']:.2f} {item['unit']} | {_goal(item)} "
        f"| {item['how']} | {item['measured_on']} |"
        for item in figures
    ]
    table = ["| what | measured | at most | reached | how | on |", "|---|---|---|---|---|---|", *rows]
    missed = [item["name"] for item in figures if item["goal"] and item["value"] > item["goal"]]
    reasons = [f"**{name}**: {_WHY[name]}\n" for name in missed if name in _WHY]
    told = ["", "## Not reached, and why", "", *reasons] if reasons else [""]
    parts = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
    return "\n".join([_HEAD, *table, *told, f"Versions: {parts}.", ""])


def _goal(item: dict[str, Any]) -> str:
    if not item["goal"]:
        return "- | -"
    return f"{item['goal']:g} {item['unit']} | {'yes' if item['value'] <= item['goal'] else '**no**'}"
