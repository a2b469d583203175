"""For one department and whoever talks with it: granted, reserved, used, wasted, paid."""

from __future__ import annotations

from govcloud_monitoring.dashboards.department_environments import ENVIRONMENTS
from govcloud_monitoring.dashboards.panel import Board, Choice, Limit, Panel, Query, Row, Unit, View
from govcloud_monitoring.dashboards.questions import DEPARTMENT as CHOSEN
from govcloud_monitoring.dashboards.questions import costs_of_a_day, or_none, or_nothing
from govcloud_monitoring.dashboards.services import OF_DEPARTMENT as SERVICES


def _granted(metric: str) -> str:
    return f"sum(max by (purpose) ({metric}{{{CHOSEN}}}))"


def _sum(series: str) -> str:
    return f"sum({series}{{{CHOSEN}}})"


_MEMORY_RESERVED = _sum("department_purpose:govcloud_memory_requested_bytes:sum")
_MEMORY_USED = _sum("department_purpose:container_memory_working_set_bytes:sum")

CHAIN = Row(
    title="Granted, reserved, used",
    panels=(
        Panel(
            title="CPU",
            description=(
                "Granted is what quotas allow, reserved what pods ask of the machines, used what they really take. "
                "Limited is what pods with a limit may take at most; others may take all of a machine."
            ),
            unit=Unit.CORES,
            width=8,
            queries=(
                Query(expr=_granted("govcloud_cpu_quota_cores"), legend="granted"),
                Query(expr=_sum("department_purpose:govcloud_cpu_requested_cores:sum"), legend="reserved"),
                Query(expr=_sum("department_purpose:container_cpu_usage_seconds:rate5m"), legend="used"),
                Query(
                    expr=f"sum(max by (purpose, pool) (govcloud_cpu_limit_cores{{{CHOSEN}}}))",
                    legend="limited",
                ),
            ),
        ),
        Panel(
            title="Memory",
            description="As for CPU. Used is the working set: what cannot be taken away without harm.",
            unit=Unit.BYTES,
            width=8,
            queries=(
                Query(expr=_granted("govcloud_memory_quota_bytes"), legend="granted"),
                Query(expr=_MEMORY_RESERVED, legend="reserved"),
                Query(expr=_MEMORY_USED, legend="used"),
            ),
        ),
        Panel(
            title="Storage",
            description="Reserved is the size of the volumes, used what the machines find in them each minute.",
            unit=Unit.BYTES,
            width=8,
            queries=(
                Query(expr=_granted("govcloud_storage_quota_bytes"), legend="granted"),
                Query(
                    expr=f"sum(max by (purpose, storage_class) (govcloud_storage_provisioned_bytes{{{CHOSEN}}}))",
                    legend="reserved",
                ),
                Query(expr=_sum("department_purpose:govcloud_volume_used_bytes:sum"), legend="used"),
            ),
        ),
    ),
)
WASTE = Row(
    title="Reserved and not used",
    panels=(
        Panel(
            title="CPU wasted, mean of a day",
            description="Cores reserved and not used, in the mean of the 24 hours before: nobody else can have them.",
            unit=Unit.CORES,
            width=8,
            queries=(Query(expr=f"max(department:cpu_waste_cores:avg1d{{{CHOSEN}}})", legend="wasted"),),
            limit=Limit(alert="DepartmentWaste", at=4),
        ),
        Panel(
            title="Memory wasted",
            description="Memory reserved and not used now. A department that uses more than it reserves wastes none.",
            unit=Unit.BYTES,
            width=8,
            queries=(
                Query(
                    expr=f"clamp_min({_MEMORY_RESERVED} - {or_nothing(_MEMORY_USED, _MEMORY_RESERVED)}, 0)",
                    legend="wasted",
                ),
            ),
        ),
        Panel(
            title="Used of what is reserved",
            description="100 % means that reservations fit exactly; more means that pods lean on what others leave.",
            unit=Unit.RATIO,
            width=8,
            queries=(
                Query(expr=f"max(department:cpu_usage_per_requested:ratio_rate5m{{{CHOSEN}}})", legend="CPU"),
                Query(expr=f"max(department:memory_usage_per_requested:ratio{{{CHOSEN}}})", legend="memory"),
            ),
        ),
        Panel(
            title="What is proposed",
            description=(
                "Environments that could go (nothing runs or is stored in them) or be smaller; govcloud quota advise "
                "names them, and why."
            ),
            unit=Unit.COUNT,
            view=View.NOW,
            width=12,
            height=5,
            queries=(
                Query(
                    expr=or_none(
                        f'max by (kind) (govcloud_recommendations{{{CHOSEN}, state="open"}})', "advice", "kind"
                    ),
                    legend="{{kind}}",
                ),
            ),
        ),
        Panel(
            title="CPU of quotas that this would give back",
            description="All that is proposed together.",
            unit=Unit.CORES,
            view=View.NOW,
            width=12,
            height=5,
            queries=(Query(expr=or_none(f"max(govcloud_recommended_cores{{{CHOSEN}}})", "advice"), legend="cores"),),
        ),
    ),
)
SHARE = Row(
    title="Limits and share",
    panels=(
        Panel(
            title="Reserved of what is granted",
            description="How much of each quota is taken; at 100 % nothing new starts.",
            unit=Unit.RATIO,
            view=View.BARS,
            at_most=1,
            width=8,
            queries=(
                Query(
                    expr=f"max by (resource) (department_resource:requested_per_quota:ratio{{{CHOSEN}}})",
                    legend="{{resource}}",
                ),
            ),
            limit=Limit(alert="DepartmentQuotaAlmostUsed", at=0.9),
        ),
        Panel(
            title="Share of the cloud",
            description="The larger of the department's shares of CPU and of memory that departments can have.",
            unit=Unit.RATIO,
            width=8,
            queries=(Query(expr=f"max(department:dominant_share:ratio{{{CHOSEN}}})", legend="share"),),
        ),
        Panel(
            title="Idle for 35 days",
            description="Environments without use, and volumes that no pod mounts.",
            unit=Unit.COUNT,
            view=View.BARS,
            width=8,
            queries=(
                Query(
                    expr=or_none(f"max by (reason) (govcloud_idle_workloads{{{CHOSEN}}})", "idle", "reason"),
                    legend="{{reason}}",
                ),
            ),
        ),
    ),
)
COST = Row(
    title="Cost",
    panels=(
        Panel(
            title="Cost of a day by component, in $currency",
            empty_until="a day after the first closed hour",
            description="What the department was charged in the 24 hours before, with its parts of the common cost.",
            unit=Unit.MONEY,
            decimals=2,
            view=View.STACK,
            width=12,
            queries=(Query(expr=costs_of_a_day("component", CHOSEN), legend="{{component}}"),),
        ),
        Panel(
            title="Cost of a day by purpose, in $currency",
            empty_until="a day after the first closed hour",
            description="The same money by what environments are for. A purpose appears a day after its first hour.",
            unit=Unit.MONEY,
            decimals=2,
            view=View.STACK,
            width=12,
            queries=(Query(expr=costs_of_a_day("purpose", CHOSEN), legend="{{purpose}}"),),
        ),
        Panel(
            title="This month, and its budget, in $currency",
            empty_until="the first hour of the month is closed",
            description="Closed hours of the month so far (UTC), and what the department may spend, if that is said.",
            unit=Unit.MONEY,
            decimals=2,
            width=12,
            queries=(
                Query(expr=f"max(govcloud_department_month_cost{{{CHOSEN}}})", legend="cost"),
                Query(expr=f"max(govcloud_department_month_budget{{{CHOSEN}}})", legend="budget"),
            ),
        ),
        Panel(
            title="Corrections of closed hours, in $currency",
            empty_until="a closed hour is corrected",
            description="What was added to or taken from hours after they were closed; not part of the other two.",
            unit=Unit.MONEY,
            decimals=2,
            view=View.NOW,
            width=12,
            queries=(
                Query(
                    expr=(
                        "sum by (component) (max by (department, purpose, component) "
                        f"(govcloud_cost_corrections{{{CHOSEN}}}))"
                    ),
                    legend="{{component}}",
                ),
            ),
        ),
    ),
)
DEPARTMENT = Board(
    name="department",
    title="govcloud: department",
    description="What one department was granted, reserves, uses, wastes and pays.",
    rows=(CHAIN, WASTE, SHARE, SERVICES, COST, ENVIRONMENTS),
    choices=(
        Choice(name="department", label="Department", metric="govcloud_namespace_owner_info"),
        Choice(name="currency", label="Currency", metric="govcloud_currency_info", hidden=True),
    ),
)
