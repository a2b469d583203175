"""What `deploy` asks, and what it and `node` print at their end. Pure but for reading what was deployed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from govcloud_infra.deploy.context import Context
from govcloud_infra.deploy.progress import PhaseResult
from govcloud_infra.health.report import endpoints
from govcloud_infra.site import deployed


def data(context: Context, results: Sequence[PhaseResult]) -> dict[str, Any]:
    """For programs."""
    return {"site": context.site.name, "changed": changes(results), "endpoints": endpoints(context)}


def changes(results: Sequence[PhaseResult]) -> dict[str, list[str]]:
    """Changes by phase."""
    return {result.phase: list(result.changes) for result in results}


def text(context: Context, results: Sequence[PhaseResult], site: Path) -> str:
    """For people: what there is now, and what to do next."""
    count = sum(len(result.changes) for result in results)
    headline = f"Site {context.site.name} is healthy; {counted(count)}."
    found = [f"  {name:<12} {url}" for name, url in endpoints(context).items()]
    name = f" {site}" if str(site) != "sites/lab/site.yaml" else ""
    next_steps = [
        "Next:",
        f"  export KUBECONFIG=$(govcloud kubeconfig{name} --path)",
        f"  govcloud status{name}",
        f'  govcloud env request{name} --department tax --product forms --purpose sandbox --why "try it"',
    ]
    return "\n".join([headline, *found, *next_steps])


def counted(count: int) -> str:
    """How much was changed, in words."""
    return "nothing was changed" if not count else "1 change" if count == 1 else f"{count} changes"


def question(context: Context) -> str:
    """Which site, which nodes, what is new."""
    standing = deployed.load(context.paths.deployed)
    known = {node.name for node in standing.spec.nodes} if standing else set()
    lines = [
        f"  {node.name:<12} {node.role:<14} {node.address!s:<16} {'' if node.name in known else 'new'}".rstrip()
        for node in context.site.spec.nodes
    ]
    what = "stands" if standing else "does not stand yet"
    return "\n".join([f"Site {context.site.name} {what}:", *lines, f"Deploy {context.site_file}?"])
