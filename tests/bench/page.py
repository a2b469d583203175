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
`MEASURE=exporter` reads and watches pods of a fake API server with the exporter and four other clients, in the same
way. `MEASURE=monitoring` fills a real API server and has the exporter as a process with its own rights and mutual TLS,
scraped by a real Prometheus; pods, machines and volumes are only said to be there (kwok). What the page says of each
department is compared with what was made before a figure is told.
"""

WHY = {
    "operator: processor time a change": (
        "A change is two events (the change, and the echo of the status that answers it), one look and one write. "
        "Half of the time is kopf's, which decodes and passes on both events; stock kopf handlers take more than ten "
        "times as much for the same work. A third is the look itself, and a third of that the write over TLS. In "
        "memory, without any server, the look takes 0.6 ms, and a PATCH over TLS alone 0.7 ms, so the goal is out of "
        "reach with real parts. What was tried, and what a watcher of our own instead of kopf would bring (some "
        "2.5 ms a change) and cost, is told in [ADR 7](adr/0007-kopf-as-a-shell.md)."
    ),
    "lab, idle: memory": (
        "The figure counts page cache that was read twice as well: of 3.6 GiB processes hold 1.6. Side by side on one "
        "machine, 65 s after a deploy and without requests, the version before took 3.39 GiB and this one 3.62: 42 MiB "
        "more are held by processes (18 of them by the ledger's database, which makes its first backup then), the rest "
        "is cache of what the backup and new images were read from, which the kernel gives back when it is asked for. "
        "Not tried yet: smaller shared buffers for the ledger, and a limit for the caches of the machines."
    ),
    "scrape of 100k series, refresh and scrape": (
        "100,000 series are 9.3 MB of text. gzip alone, at its fastest level, takes 42 to 64 ms for them, which is the "
        "whole goal; the other half writes the lines. In the process the two do not meet: lines are written when the "
        "source is read, by a thread of its own, every ten seconds and only if something changed, and a scrape "
        "compresses once after that. That is the figure `first after a refresh`, which is within its goal. Both are "
        "added up here so that nothing is hidden in the refresh; prometheus_client does this work at each scrape, and "
        "takes ten to seventeen times as long."
    ),
    "forecast: office hours, step 7-14 days ago": (
        "The unit is the error of saying that the next week will be as the last. When the step is more than a week "
        "ago, last week is at the new level already: it is a good forecast, wrong by noise alone. Who knew the load "
        "itself would still be wrong by the noise of the next week, and that is 0.71 (one over the square root of two, "
        "as noise a week apart is independent): 0.3 cannot be had. What tests hold is 0.9, as without a step. After a "
        "step within the last week, where last week is wrong by the step, 0.3 is reached."
    ),
}
"""Why a goal is not reached, by the name of its figure."""


def page(figures: list[dict[str, Any]], versions: dict[str, str]) -> str:
    """Markdown: a table of figures against goals, and the versions they were measured with."""
    rows = [
        f"| {item['name']} | {item['value']:.2f} {item['unit']} | {_goal(item)} "
        f"| {item['how']} | {item['measured_on']} |"
        for item in figures
    ]
    table = ["| what | measured | at most | reached | how | on |", "|---|---|---|---|---|---|", *rows]
    missed = [item["name"] for item in figures if item["goal"] and item["value"] > item["goal"]]
    reasons = [f"**{name}**: {WHY[name]}\n" for name in missed if name in WHY]
    told = ["", "## Not reached, and why", "", *reasons] if reasons else [""]
    parts = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
    return "\n".join([_HEAD, *table, *told, f"Versions: {parts}.", ""])


def _goal(item: dict[str, Any]) -> str:
    if not item["goal"]:
        return "- | -"
    return f"{item['goal']:g} {item['unit']} | {'yes' if item['value'] <= item['goal'] else '**no**'}"
