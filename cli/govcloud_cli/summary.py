"""What `deploy` and `plan` print at their end. Pure."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from govcloud_infra.deploy.conductor import PhaseResult
from govcloud_infra.deploy.context import Context
from govcloud_infra.deploy.report import endpoints


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


def plan_text(results: Sequence[PhaseResult]) -> str:
    """One line a change."""
    lines = [f"{result.phase}: {change}" for result in results for change in result.changes]
    return "\n".join(lines) if lines else "No changes: the world is as the site file says."
