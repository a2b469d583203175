"""The dashboards there are."""

from __future__ import annotations

from govcloud_monitoring.dashboards import board
from govcloud_monitoring.dashboards.capacity import CAPACITY
from govcloud_monitoring.dashboards.consolidation import CONSOLIDATION
from govcloud_monitoring.dashboards.department import DEPARTMENT
from govcloud_monitoring.dashboards.health import HEALTH
from govcloud_monitoring.dashboards.sharing import SHARING

BOARDS = (SHARING, DEPARTMENT, CAPACITY, CONSOLIDATION, HEALTH)


def files() -> dict[str, str]:
    """Content of each file by its name."""
    return {f"{each.name}.json": board.text(each) for each in BOARDS}
