"""The part of a department's dashboard about its environments, one by one."""

from __future__ import annotations

from govcloud_monitoring.dashboards.panel import Panel, Query, Row, Unit, View
from govcloud_monitoring.dashboards.questions import DEPARTMENT as CHOSEN
from govcloud_monitoring.dashboards.questions import of_department

ENVIRONMENTS = Row(
    title="Environments",
    panels=(
        Panel(
            title="Environments by their end",
            description=(
                "soon: within 14 days; expired: at rest, removed with its data within two weeks; kept: past its end, "
                "and held or retained; overdue: past its end, and not at rest or not removed."
            ),
            unit=Unit.COUNT,
            view=View.STACK,
            width=24,
            height=6,
            queries=(Query(expr=f"max by (expiry) (govcloud_environments{{{CHOSEN}}})", legend="{{expiry}}"),),
        ),
        Panel(
            title="Environments",
            description="Each namespace of the department, with what it reserves and uses now.",
            unit=Unit.CORES,
            decimals=2,
            view=View.TABLE,
            width=24,
            height=10,
            columns=(
                ("namespace", "Environment"),
                ("project", "Project"),
                ("purpose", "Purpose"),
                ("tier", "Tier"),
            ),
            queries=(
                Query(
                    expr=f"max by (namespace, purpose, project, tier) (govcloud_namespace_owner_info{{{CHOSEN}}})",
                    legend="Owner",
                    hidden=True,
                ),
                Query(
                    expr=(
                        "sum by (namespace) ("
                        f"{of_department('namespace_pool:govcloud_namespace_cpu_requested_cores:max')})"
                    ),
                    legend="CPU reserved",
                ),
                Query(expr=of_department("namespace:container_cpu_usage_seconds:rate5m"), legend="CPU used"),
                Query(
                    expr=(
                        "sum by (namespace) ("
                        f"{of_department('namespace_pool:govcloud_namespace_memory_requested_bytes:max')})"
                    ),
                    legend="Memory reserved",
                    unit=Unit.BYTES,
                ),
                Query(
                    expr=of_department("namespace:container_memory_working_set_bytes:sum"),
                    legend="Memory used",
                    unit=Unit.BYTES,
                ),
                Query(expr=of_department("namespace:charged_storage_bytes:max"), legend="Volumes", unit=Unit.BYTES),
            ),
        ),
    ),
)
