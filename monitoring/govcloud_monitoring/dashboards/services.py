"""Rows about services that departments ordered: of one department, and what is wrong anywhere."""

from __future__ import annotations

from govcloud_monitoring.dashboards.panel import Limit, Panel, Query, Row, Unit, View
from govcloud_monitoring.dashboards.questions import DEPARTMENT as CHOSEN
from govcloud_monitoring.dashboards.questions import or_none

_BACKUP = Limit(alert="ServiceBackupOld", at=93600)
_CONNECTIONS = Limit(alert="ServiceConnectionsAlmostUsed", at=0.9)

_AWAITED = "govcloud_service_backup_awaited_timestamp_seconds"


def _by_driver(metric: str) -> str:
    return f"sum by (driver) (max by (purpose, driver) ({metric}{{{CHOSEN}}}))"


def _age(metric: str, labels: str, where: str = "") -> str:
    return f"time() - max by ({labels}) ({metric}{where})"


OF_DEPARTMENT = Row(
    title="Services",
    panels=(
        Panel(
            title="Services, and those that do not work",
            description="What was ordered, by what builds it. A service of a suspended environment does not count.",
            unit=Unit.COUNT,
            view=View.NOW,
            width=8,
            queries=(
                Query(expr=_by_driver("govcloud_service_instances"), legend="{{driver}}"),
                Query(
                    expr=or_none(_by_driver("govcloud_service_not_ready"), "kubernetes", "driver"),
                    legend="{{driver}}, not working",
                ),
            ),
        ),
        Panel(
            title="Connections of the fullest service",
            description="Open connections by those allowed, once a minute. At 100 % programs are refused.",
            unit=Unit.RATIO,
            width=8,
            queries=(
                Query(
                    expr=f"max by (driver) (govcloud_service_connections_used_ratio{{{CHOSEN}}})", legend="{{driver}}"
                ),
            ),
            limit=_CONNECTIONS,
        ),
        Panel(
            title="Age of the oldest newest backup",
            description=(
                "Of the service whose last backup is the longest ago; and for how long one has run that never had any, "
                "where that is so. Suspended environments do not count."
            ),
            unit=Unit.SECONDS,
            width=8,
            queries=(
                Query(
                    expr=_age("govcloud_service_backup_oldest_timestamp_seconds", "purpose, driver", f"{{{CHOSEN}}}"),
                    legend="{{purpose}}, {{driver}}",
                ),
                Query(
                    expr=or_none(
                        f"time() - min(max by (purpose, driver) ({_AWAITED}{{{CHOSEN}}}))",
                        "kubernetes",
                    ),
                    legend="without any yet",
                ),
            ),
            limit=_BACKUP,
        ),
        Panel(
            title="Data",
            description="What the servers say that their data takes: databases and streams on disk, caches in memory.",
            unit=Unit.BYTES,
            view=View.STACK,
            queries=(Query(expr=f"max by (driver) (govcloud_service_stored_bytes{{{CHOSEN}}})", legend="{{driver}}"),),
        ),
        Panel(
            title="Open connections",
            description="Of all services of the department together.",
            unit=Unit.COUNT,
            view=View.STACK,
            queries=(Query(expr=f"max by (driver) (govcloud_service_connections{{{CHOSEN}}})", legend="{{driver}}"),),
        ),
    ),
)
OF_ALL = Row(
    title="Departments' services",
    panels=(
        Panel(
            title="Services that do not work",
            description="By what builds them, without those of suspended environments.",
            unit=Unit.COUNT,
            width=8,
            queries=(
                Query(
                    expr=or_none(
                        "sum by (driver) (max by (department, purpose, driver) (govcloud_service_not_ready))",
                        "kubernetes",
                        "driver",
                    ),
                    legend="{{driver}}",
                ),
            ),
        ),
        Panel(
            title="Oldest backups",
            description="The ten departments with a service whose newest backup is the longest ago.",
            unit=Unit.SECONDS,
            view=View.BARS,
            width=8,
            queries=(
                Query(
                    expr=f"topk(10, {_age('govcloud_service_backup_oldest_timestamp_seconds', 'department')})",
                    legend="{{department}}",
                ),
            ),
            limit=_BACKUP,
            to_department=True,
        ),
        Panel(
            title="Fullest services",
            description="The ten departments with a service that has the most of its connections open.",
            unit=Unit.RATIO,
            view=View.BARS,
            at_most=1,
            width=8,
            queries=(
                Query(
                    expr="topk(10, max by (department) (govcloud_service_connections_used_ratio))",
                    legend="{{department}}",
                ),
            ),
            limit=_CONNECTIONS,
            to_department=True,
        ),
    ),
)
