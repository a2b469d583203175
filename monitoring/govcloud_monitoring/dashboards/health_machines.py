"""The part of the health dashboard about what only machines know of themselves, and what the last deploy did."""

from __future__ import annotations

from govcloud_monitoring.dashboards.panel import Limit, Panel, Query, Row, Unit, View

_SYSTEM = '{mountpoint=~"/|/var|/var/lib"}'

THEMSELVES = Row(
    title="What machines say of themselves",
    panels=(
        Panel(
            title="Age of what a machine said last",
            description="What its volumes hold, when its certificates end, how old its snapshot of etcd is.",
            unit=Unit.SECONDS,
            width=6,
            queries=(
                Query(
                    expr="time() - max by (node) (govcloud_machine_metrics_timestamp_seconds)",
                    legend="{{node}}",
                ),
            ),
            limit=Limit(alert="MachineMetricsStale", at=600),
        ),
        Panel(
            title="Free on the system's disk",
            description="Of the root, or of /var where less is free. At 15 % the kubelet has begun to remove images.",
            unit=Unit.RATIO,
            at_most=1,
            width=6,
            queries=(
                Query(
                    expr=(
                        f"min by (node) (node_filesystem_avail_bytes{_SYSTEM} / node_filesystem_size_bytes{_SYSTEM})"
                    ),
                    legend="{{node}}",
                ),
            ),
            limit=Limit(alert="NodeDiskAlmostFull", at=0.1, good_above=True),
        ),
        Panel(
            title="Age of the newest snapshot of etcd",
            description="Of each control plane.",
            unit=Unit.SECONDS,
            width=6,
            queries=(
                Query(
                    expr="time() - max by (node) (govcloud_etcd_snapshot_timestamp_seconds)",
                    legend="{{node}}",
                ),
            ),
            limit=Limit(alert="EtcdSnapshotOld", at=45000),
        ),
        Panel(
            title="Clocks",
            description="How far each machine's is from that of Prometheus.",
            unit=Unit.SECONDS,
            width=6,
            queries=(
                Query(
                    expr="max by (node) (abs(node_time_seconds - timestamp(node_time_seconds)))",
                    legend="{{node}}",
                ),
            ),
            limit=Limit(alert="ClockSkew", at=5),
        ),
        Panel(
            title="Certificates that end first",
            description="Time that is left, on the machine where it is least.",
            unit=Unit.SECONDS,
            view=View.BARS,
            queries=(
                Query(
                    expr=("bottomk(10, min by (certificate) (govcloud_certificate_expiry_timestamp_seconds) - time())"),
                    legend="{{certificate}}",
                ),
            ),
            limit=Limit(alert="CertificateExpiring", at=1814400, good_above=True),
        ),
        Panel(
            title="Last deploy",
            description="How long each of its phases took.",
            unit=Unit.SECONDS,
            view=View.BARS,
            width=8,
            queries=(Query(expr="max by (phase) (govcloud_provision_phase_duration_seconds)", legend="{{phase}}"),),
        ),
        Panel(
            title="Since then",
            description="How long ago a deploy last ended well.",
            unit=Unit.SECONDS,
            view=View.NOW,
            width=4,
            queries=(Query(expr="time() - max(govcloud_provision_last_success_timestamp_seconds)", legend="deploy"),),
        ),
    ),
)
