"""For whoever answers for the money: is what was bought used, shared fairly, and what does it cost."""

from __future__ import annotations

from govcloud_monitoring.dashboards.panel import Board, Choice, Limit, Panel, Query, Row, Unit, View
from govcloud_monitoring.dashboards.questions import costs_of_a_day, costs_of_the_time_shown, or_none, or_nothing

_INSTALLED = "sum(max by (pool) (govcloud_pool_cpu_installed_cores))"
_OFFERED = "sum(max by (pool) (govcloud_pool_cpu_allocatable_cores))"
_RESERVED = or_nothing("sum(department_purpose:govcloud_cpu_requested_cores:sum)", _INSTALLED)
_USED = or_nothing("sum(department_purpose:container_cpu_usage_seconds:rate5m)", _INSTALLED)
_PLATFORM = or_nothing("sum(pool:govcloud_platform_cpu_requested_cores:max)", _INSTALLED)
_BASELINE = "US government servers, 2010"

USE = Row(
    title="Is what we bought used?",
    panels=(
        Panel(
            title="Use of installed cores",
            description=(
                "CPU time that all machines spend, as a part of all their cores. The dashed line is 7 %, the use of US "
                "government servers that federal CIO Vivek Kundra named (Data Center Knowledge, 9 April 2010)."
            ),
            unit=Unit.RATIO,
            queries=(
                Query(
                    expr=(
                        'sum(rate(node_cpu_usage_seconds_total{job="kubelet-resource"}[$__rate_interval]))'
                        f" / {_INSTALLED}"
                    ),
                    legend="all machines",
                ),
                Query(expr="vector(0.07)", legend=_BASELINE),
            ),
            reference=_BASELINE,
        ),
        Panel(
            title="Where the installed cores are",
            description=(
                "Every core that was bought, in one of five parts. Reserved but not used is what departments could "
                "give back at once."
            ),
            unit=Unit.CORES,
            view=View.STACK,
            queries=(
                Query(expr=_USED, legend="used by departments"),
                Query(expr=f"clamp_min({_RESERVED} - {_USED}, 0)", legend="reserved by departments, not used"),
                Query(expr=_PLATFORM, legend="reserved by the platform"),
                Query(expr=f"{_INSTALLED} - {_OFFERED}", legend="kept by the machines' systems"),
                Query(
                    expr=f"{_OFFERED} - {_PLATFORM} - {_RESERVED} - clamp_min({_USED} - {_RESERVED}, 0)", legend="free"
                ),
            ),
        ),
    ),
)
FAIRNESS = Row(
    title="Is it shared fairly?",
    panels=(
        Panel(
            title="Fairness (Jain's index)",
            description=(
                "1 when all departments that reserve something hold the same part of what they are entitled to, 1/n "
                "when one of n holds everything."
            ),
            unit=Unit.INDEX,
            decimals=2,
            at_most=1,
            width=8,
            queries=(Query(expr="cluster:dominant_share_per_entitled:jain_index", legend="index"),),
        ),
        Panel(
            title="Ten largest shares",
            description=(
                "The larger of a department's two shares: of the CPU and of the memory that departments can have. "
                "Reserved counts, not used."
            ),
            unit=Unit.RATIO,
            view=View.BARS,
            at_most=1,
            width=8,
            queries=(Query(expr="topk(10, department:dominant_share:ratio)", legend="{{department}}"),),
            to_department=True,
        ),
        Panel(
            title="Shares compared with what is due",
            description=(
                "The ten departments that hold most of what they are entitled to, which is 100 %: by the "
                "entitlementWeight of each, equal where nothing is said. It is unfair only while others wait for room."
            ),
            unit=Unit.RATIO,
            view=View.BARS,
            width=8,
            queries=(Query(expr="topk(10, department:dominant_share_per_entitled:ratio)", legend="{{department}}"),),
            limit=Limit(alert="UnfairShare", at=1.25),
            to_department=True,
        ),
        Panel(
            title="Who waits for room",
            description="Pods of each department that no machine has room for.",
            unit=Unit.COUNT,
            view=View.STACK,
            width=24,
            height=6,
            queries=(
                Query(
                    expr=or_none(
                        "max by (department) (govcloud_department_unscheduled_pods)", "kubernetes", "department"
                    ),
                    legend="{{department}}",
                ),
            ),
        ),
    ),
)
COST = Row(
    title="What does it cost?",
    panels=(
        Panel(
            title="Cost of a day by component, in $currency",
            empty_until="a day after the first closed hour",
            description=(
                "What all departments were charged in the 24 hours before. Parts of what the platform holds and of "
                "what nobody holds are components of their own."
            ),
            unit=Unit.MONEY,
            decimals=2,
            view=View.STACK,
            queries=(Query(expr=costs_of_a_day("component"), legend="{{component}}"),),
        ),
        Panel(
            title="Ten most expensive departments in the time shown, in $currency",
            empty_until="the first hour is closed",
            description="What each department was charged for the hours that were closed in the time shown.",
            unit=Unit.MONEY,
            decimals=2,
            view=View.BARS,
            queries=(Query(expr=f"topk(10, {costs_of_the_time_shown('department')})", legend="{{department}}"),),
            to_department=True,
        ),
    ),
)
DOUBLE = Row(
    title="What is there twice?",
    panels=(
        Panel(
            title="Cores that sharing would free",
            description=(
                "If departments that run the same program or service shared one: three quarters of what all but the "
                "largest reserve."
            ),
            unit=Unit.CORES,
            decimals=1,
            view=View.NOW,
            width=8,
            height=5,
            queries=(
                Query(
                    expr="sum(max by (group, kind) (govcloud_duplicate_reclaimable_cpu_cores))", legend="all duplicates"
                ),
            ),
        ),
        Panel(
            title="Programs and services that several departments run",
            description="How many different ones there are, by kind: image is any program, service is one of ours.",
            unit=Unit.COUNT,
            view=View.NOW,
            width=8,
            height=5,
            queries=(
                Query(
                    expr='count by (kind) (max by (group, kind) (govcloud_duplicate_departments{group!="other"}))',
                    legend="{{kind}}",
                ),
            ),
        ),
        Panel(
            title="Departments that share the cloud",
            description="Departments that have at least one environment.",
            unit=Unit.COUNT,
            view=View.NOW,
            width=8,
            height=5,
            queries=(Query(expr="count(count by (department) (govcloud_namespace_owner_info))", legend="departments"),),
        ),
    ),
)
SHARING = Board(
    name="sharing",
    title="govcloud: sharing",
    description="Whether the cloud is used, shared fairly, and what it costs. For leadership.",
    rows=(USE, FAIRNESS, COST, DOUBLE),
    choices=(Choice(name="currency", label="Currency", metric="govcloud_currency_info", hidden=True),),
)
