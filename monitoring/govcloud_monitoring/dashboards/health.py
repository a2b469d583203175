"""For whoever runs the platform: can the figures be believed, do alerts arrive, does everything work."""

from __future__ import annotations

from govcloud_monitoring.dashboards.health_cluster import API, MACHINES, STORE
from govcloud_monitoring.dashboards.health_figures import FIGURES
from govcloud_monitoring.dashboards.health_machines import THEMSELVES
from govcloud_monitoring.dashboards.health_operator import OPERATOR
from govcloud_monitoring.dashboards.panel import Board, Limit, Panel, Query, Row, Unit, View
from govcloud_monitoring.dashboards.services import OF_ALL as SERVICES

PROMETHEUS = Row(
    title="Prometheus",
    panels=(
        Panel(
            title="Series in Prometheus",
            description="Series of the last two hours, which are held in memory: about 3.5 KiB each.",
            unit=Unit.COUNT,
            width=6,
            queries=(Query(expr="sum(prometheus_tsdb_head_series)", legend="series"),),
        ),
        Panel(
            title="Memory of each job's processes",
            description="The largest process of each job.",
            unit=Unit.BYTES,
            width=6,
            queries=(Query(expr="max by (job) (process_resident_memory_bytes)", legend="{{job}}"),),
        ),
        Panel(
            title="Blocks on disk",
            description="What Prometheus keeps of the past. Older data goes when 60 days or 4 GB are reached.",
            unit=Unit.BYTES,
            width=6,
            queries=(Query(expr="sum(prometheus_tsdb_storage_blocks_bytes)", legend="blocks"),),
        ),
        Panel(
            title="Rules that failed in an hour",
            description="By group. What a failed rule would have recorded is missing on the other dashboards.",
            unit=Unit.COUNT,
            width=6,
            queries=(
                Query(
                    expr="sum by (rule_group) (increase(prometheus_rule_evaluation_failures_total[1h]))",
                    legend="{{rule_group}}",
                ),
            ),
        ),
    ),
)
ALERTS = Row(
    title="Do alerts arrive?",
    panels=(
        Panel(
            title="Firing alerts",
            description="The page of alerts in the reference says what each means and what to do.",
            unit=Unit.COUNT,
            view=View.TABLE,
            width=8,
            columns=(("alertname", "Alert"), ("severity", "Severity")),
            queries=(
                Query(
                    expr=(
                        'count by (alertname, severity) (ALERTS{alertstate="firing"}) '
                        'or on () label_replace(vector(0), "alertname", "none", "", "")'
                    ),
                    legend="How many",
                ),
            ),
        ),
        Panel(
            title="Alertmanagers that answer",
            description="Without one no alert reaches anybody.",
            unit=Unit.COUNT,
            view=View.NOW,
            width=4,
            queries=(Query(expr='sum(up{job="alertmanager"})', legend="Alertmanagers"),),
            limit=Limit(alert="AlertmanagerAbsent", at=1, good_above=True),
        ),
        Panel(
            title="Not delivered in ten minutes",
            description="Messages that a receiver refused or did not take.",
            unit=Unit.COUNT,
            view=View.NOW,
            width=4,
            queries=(Query(expr="sum(increase(alertmanager_notifications_failed_total[10m]))", legend="messages"),),
            limit=Limit(alert="AlertDeliveryFailing", at=1),
        ),
        Panel(
            title="Messages sent in an hour",
            description="By the way they go, tries that failed included.",
            unit=Unit.COUNT,
            width=8,
            queries=(
                Query(
                    expr="sum by (integration) (increase(alertmanager_notifications_total[1h])) > 0",
                    legend="{{integration}}",
                ),
            ),
        ),
    ),
)
WATCHES = Row(
    title="Watches of the exporter",
    panels=(
        Panel(
            title="Begun anew in the last hour",
            description="By kind of object. Each list anew costs the API server; some are always there after updates.",
            unit=Unit.COUNT,
            width=24,
            queries=(
                Query(
                    expr="sum by (kind) (max by (kind, reason) (increase(govcloud_watch_restarts_total[1h])))",
                    legend="{{kind}}",
                ),
            ),
            limit=Limit(alert="WatchRestarting", at=6),
        ),
    ),
)
OBJECTIVES = Row(
    title="Objectives of the platform",
    panels=(
        Panel(
            title="Allowance used up, as a multiple of what is sustainable",
            description=(
                "Share of errors of the last hour, in parts of what an objective may fail in a month: at 1 the month "
                "just holds, at 14.4 the alert ErrorBudgetBurn wakes somebody."
            ),
            unit=Unit.COUNT,
            decimals=2,
            width=16,
            queries=(
                Query(
                    expr=(
                        "max by (objective) (objective:errors:ratio_rate1h)"
                        " / on (objective) max by (objective) (objective:error_budget:ratio)"
                    ),
                    legend="{{objective}}",
                ),
            ),
        ),
        Panel(
            title="What works now",
            description="changes: an operator may write and its queue moves; figures: every source is read.",
            unit=Unit.COUNT,
            view=View.NOW,
            width=8,
            queries=(Query(expr="max by (objective) (objective:works:bool)", legend="{{objective}}"),),
        ),
    ),
)
LEDGER = Row(
    title="Ledger",
    panels=(
        Panel(
            title="Age of the newest hour in the ledger",
            empty_until="the first hour is closed",
            description=(
                "Costs, and what departments held, are known up to there. It rises to a little over an hour and falls."
            ),
            unit=Unit.SECONDS,
            width=12,
            queries=(
                Query(
                    expr="time() - (max by (book) (govcloud_ledger_closed_until_timestamp_seconds) > 0)",
                    legend="{{book}}",
                ),
            ),
            limit=Limit(alert="LedgerBehind", at=10800),
        ),
        Panel(
            title="Cost of pools that nobody was charged",
            empty_until="the first hour is closed",
            description="0 %: what was charged is what the pools cost. Anything else is a fault of the ledger.",
            unit=Unit.RATIO,
            decimals=4,
            width=12,
            queries=(
                Query(
                    expr=(
                        "abs(sum(max by (pool) (govcloud_pool_cost_total))"
                        " - sum(max by (department, purpose, component) (govcloud_cost_total)))"
                        " / (sum(max by (pool) (govcloud_pool_cost_total)) > 0)"
                    ),
                    legend="not charged",
                ),
            ),
            limit=Limit(alert="CostNotConserved", at=0.000000001),
        ),
        Panel(
            title="Age of the ledger's newest backup",
            empty_until="the first backup is made",
            description="A full backup in the platform's store. It rises to a day and falls.",
            unit=Unit.SECONDS,
            width=12,
            queries=(Query(expr="time() - max(govcloud_ledger_backup_timestamp_seconds)", legend="newest backup"),),
            limit=Limit(alert="LedgerBackupOld", at=93600),
        ),
        Panel(
            title="What of the ledger is on its own volume only",
            description=(
                "Age of the oldest part of its log that is not in the backup store: lost with the ledger's volume. "
                "A few seconds now and then."
            ),
            unit=Unit.SECONDS,
            width=12,
            queries=(Query(expr="max(govcloud_ledger_archive_waiting_seconds)", legend="waits"),),
            limit=Limit(alert="LedgerArchiveBehind", at=1800),
        ),
    ),
)
HEALTH = Board(
    name="health",
    title="govcloud: health",
    description="Whether figures, alerts, operator, ledger, API server, etcd and machines work.",
    rows=(
        FIGURES,
        WATCHES,
        ALERTS,
        OBJECTIVES,
        OPERATOR,
        SERVICES,
        LEDGER,
        PROMETHEUS,
        API,
        STORE,
        MACHINES,
        THEMSELVES,
    ),
    since="now-6h",
)
