"""Does the operator work: who may write, what waits, what fails, how long people wait for an environment."""

from __future__ import annotations

from govcloud_monitoring.dashboards.panel import Limit, Panel, Query, Row, Unit, View

_LEADING = "and on (instance) (govcloud_lease_held == 1)"

OPERATOR = Row(
    title="Operator",
    panels=(
        Panel(
            title="Processes that may write",
            description="One at any time; 0 means that nothing that departments ask for is done.",
            unit=Unit.COUNT,
            view=View.NOW,
            width=4,
            queries=(Query(expr="sum(govcloud_lease_held)", legend="processes"),),
        ),
        Panel(
            title="Work that waits",
            description="Objects that are due or being worked on, in the process that may write.",
            unit=Unit.COUNT,
            width=6,
            queries=(Query(expr=f"max(govcloud_queue_depth {_LEADING})", legend="objects"),),
        ),
        Panel(
            title="Oldest work, by kind",
            description=(
                "Age of the object that waits, or is worked on, longest. After two minutes the operator is restarted; "
                "when that does not help, there is an alert, too."
            ),
            unit=Unit.SECONDS,
            width=7,
            queries=(Query(expr="max by (kind) (govcloud_queue_oldest_seconds)", legend="{{kind}}"),),
            limit=Limit(alert="QueueStuck", at=300),
        ),
        Panel(
            title="Time until a new environment is Ready, by tier",
            description="Of the environments that became Ready in the hour before, one in twenty took longer.",
            unit=Unit.SECONDS,
            width=7,
            queries=(
                Query(expr="max by (tier) (tier:govcloud_environment_ready_seconds:p95_rate1h)", legend="{{tier}}"),
            ),
            limit=Limit(alert="EnvironmentReadySlow", at=30),
        ),
        Panel(
            title="Objects looked at, by kind",
            description="How many a second.",
            unit=Unit.PER_SECOND,
            width=8,
            queries=(
                Query(expr="sum by (kind) (rate(govcloud_reconciles_total[$__rate_interval]))", legend="{{kind}}"),
            ),
        ),
        Panel(
            title="Looks that fail, by kind",
            description="Share of the looks of a quarter of an hour. Each is repeated, with growing pauses.",
            unit=Unit.RATIO,
            width=8,
            queries=(
                Query(
                    expr="max by (kind) (kind:govcloud_reconcile_failures_per_reconcile:ratio_rate15m)",
                    legend="{{kind}}",
                ),
            ),
            limit=Limit(alert="OperatorFailing", at=0.5),
        ),
        Panel(
            title="Looks that fail, by reason",
            description="How many a second. api_unavailable passes by itself; unexpected is a fault of the operator.",
            unit=Unit.PER_SECOND,
            width=8,
            queries=(
                Query(
                    expr="sum by (reason) (rate(govcloud_reconcile_failures_total[$__rate_interval]))",
                    legend="{{reason}}",
                ),
            ),
        ),
        Panel(
            title="Time for an object, by kind",
            description="Mean of the time that one look at an object takes.",
            unit=Unit.SECONDS,
            width=8,
            queries=(
                Query(
                    expr=(
                        "sum by (kind) (rate(govcloud_reconcile_duration_seconds_sum[$__rate_interval]))"
                        " / sum by (kind) (rate(govcloud_reconcile_duration_seconds_count[$__rate_interval]))"
                    ),
                    legend="{{kind}}",
                ),
            ),
        ),
        Panel(
            title="Writes to the API server, by kind",
            description="How many a second it took. Where nothing changes there are none.",
            unit=Unit.PER_SECOND,
            width=8,
            queries=(
                Query(expr="sum by (kind) (rate(govcloud_api_writes_total[$__rate_interval]))", legend="{{kind}}"),
            ),
        ),
        Panel(
            title="Lag of the event loop",
            description="How late the operator came back to what was due, at worst in a minute.",
            unit=Unit.SECONDS,
            width=8,
            queries=(Query(expr="max(govcloud_event_loop_lag_seconds)", legend="lag"),),
            limit=Limit(alert="OperatorLag", at=1),
        ),
    ),
)
