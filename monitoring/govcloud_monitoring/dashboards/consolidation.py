"""For whoever wants to make do with less: machines to give up, programs to share, workloads to end."""

from __future__ import annotations

from govcloud_monitoring.dashboards.panel import Board, Limit, Panel, Query, Row, Unit, View
from govcloud_monitoring.dashboards.questions import or_none


def _group(metric: str) -> str:
    return f"max by (group, kind) ({metric})"


_FREED = _group("govcloud_duplicate_reclaimable_cpu_cores")
_MEMORY_RESERVED = "sum by (department) (department_purpose:govcloud_memory_requested_bytes:sum)"
_MEMORY_USED = "sum by (department) (department_purpose:container_memory_working_set_bytes:sum)"

MACHINES = Row(
    title="Machines",
    panels=(
        Panel(
            title="Machines that could be given up, by basis",
            description=(
                "If pods moved together, with one machine of each pool kept empty: by what they reserve (requests), "
                "and by what they use (95 % of the time) where that is known for a week."
            ),
            unit=Unit.MACHINES,
            queries=(
                Query(expr="max by (pool, basis) (govcloud_pool_reclaimable_nodes)", legend="{{pool}} by {{basis}}"),
            ),
        ),
        Panel(
            title="Part of the machines that could be given up",
            description="The same by reservations, of all machines of the pool.",
            unit=Unit.RATIO,
            queries=(
                Query(
                    expr=(
                        'max by (pool) (govcloud_pool_reclaimable_nodes{basis="requests"})'
                        " / on (pool) (sum by (pool) (max by (pool, state) (govcloud_pool_nodes)) > 0)"
                    ),
                    legend="{{pool}}",
                ),
            ),
        ),
    ),
)
DUPLICATES = Row(
    title="Programs and services that several departments run",
    panels=(
        Panel(
            title="Duplicates",
            description=(
                "Groups that two or more departments run, and the cores that sharing one instance would free. Groups "
                "beyond the fifty largest of a kind are in other."
            ),
            unit=Unit.COUNT,
            view=View.TABLE,
            width=16,
            height=12,
            columns=(("group", "Program or service"), ("kind", "Kind")),
            queries=(
                Query(expr=f"sort_desc({_FREED})", legend="Cores freed", unit=Unit.CORES),
                Query(expr=_group("govcloud_duplicate_departments"), legend="Departments"),
                Query(expr=_group("govcloud_duplicate_instances"), legend="Instances"),
            ),
        ),
        Panel(
            title="Cores that sharing would free, by kind",
            description="All groups together: image is any program, service is one of ours.",
            unit=Unit.CORES,
            view=View.STACK,
            width=8,
            height=12,
            queries=(Query(expr=f"sum by (kind) ({_FREED})", legend="{{kind}}"),),
        ),
    ),
)
_IDLE = "max by (department, reason) (govcloud_idle_workloads)"
IDLE = Row(
    title="Idle for 35 days",
    panels=(
        Panel(
            title="Idle workloads by reason",
            description=(
                "no_cpu: environments with no use worth the name; unmounted_claim: volumes that no pod mounts."
            ),
            unit=Unit.COUNT,
            view=View.STACK,
            queries=(
                Query(
                    expr=or_none(f"sum by (reason) ({_IDLE})", "idle", "reason"),
                    legend="{{reason}}",
                ),
            ),
        ),
        Panel(
            title="Departments with most idle workloads",
            description="Ask before you end one: standby looks idle, too.",
            unit=Unit.COUNT,
            view=View.BARS,
            queries=(
                Query(
                    expr=or_none(f"topk(10, sum by (department) ({_IDLE}))", "idle", "department"),
                    legend="{{department}}",
                ),
            ),
            to_department=True,
        ),
        Panel(
            title="Environments past their end",
            description=(
                "By department: those that rest and will be removed with their data, and those that should be gone. "
                "Without those that are held or retained."
            ),
            unit=Unit.COUNT,
            view=View.BARS,
            width=24,
            height=6,
            queries=(
                Query(
                    expr=or_none(
                        "topk(10, sum by (department) (max by (department, expiry) "
                        '(govcloud_environments{expiry=~"expired|overdue"})))',
                        "departments",
                        "department",
                    ),
                    legend="{{department}}",
                ),
            ),
            limit=Limit(alert="EnvironmentExpired", at=1),
            to_department=True,
        ),
    ),
)
WASTE = Row(
    title="Reserved and not used",
    panels=(
        Panel(
            title="What quotas could give back",
            description="CPU of quotas that would be given back by all that govcloud quota advise proposes now.",
            unit=Unit.CORES,
            view=View.BARS,
            height=6,
            queries=(
                Query(
                    expr=or_none("topk(10, max by (department) (govcloud_recommended_cores))", "advice", "department"),
                    legend="{{department}}",
                ),
            ),
            to_department=True,
        ),
        Panel(
            title="What quotas gave back as it was proposed",
            description="CPU of quotas, since the ledger began: the environment has no more than was proposed.",
            unit=Unit.CORES,
            view=View.BARS,
            height=6,
            queries=(
                Query(
                    expr=or_none(
                        "topk(10, max by (department) (govcloud_recommendation_saved_cores_total))",
                        "advice",
                        "department",
                    ),
                    legend="{{department}}",
                ),
            ),
            to_department=True,
        ),
        Panel(
            title="Departments that waste most CPU",
            description="Cores reserved and not used, in the mean of the 24 hours before.",
            unit=Unit.CORES,
            decimals=1,
            view=View.BARS,
            queries=(Query(expr="topk(10, department:cpu_waste_cores:avg1d)", legend="{{department}}"),),
            limit=Limit(alert="DepartmentWaste", at=4),
            to_department=True,
        ),
        Panel(
            title="Departments that waste most memory",
            description="Memory reserved and not used now.",
            unit=Unit.BYTES,
            view=View.BARS,
            queries=(
                Query(
                    expr=(f"topk(10, clamp_min({_MEMORY_RESERVED} - ({_MEMORY_USED} or 0 * {_MEMORY_RESERVED}), 0))"),
                    legend="{{department}}",
                ),
            ),
            to_department=True,
        ),
    ),
)
CONSOLIDATION = Board(
    name="consolidation",
    title="govcloud: consolidation",
    description="What could be given up or shared: machines, programs that several run, idle workloads, reservations.",
    rows=(MACHINES, DUPLICATES, IDLE, WASTE),
)
