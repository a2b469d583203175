"""What machines write themselves and node-exporter shows (its textfile collector): names, labels and meanings.

The writers know nothing of this package: the role `machine_metrics` writes `machine.prom` on each machine, `deploy`
writes `provision.prom` on the first control plane. Tests hold what they write against this list.
"""

from __future__ import annotations

from govcloud_monitoring.metric import Metric

_CLAIM = ("namespace", "persistentvolumeclaim")
OF_MACHINE = (
    Metric(
        name="govcloud_volume_used_bytes",
        help=(
            "What a volume on this machine's disk really holds, in bytes: blocks of its files and folders, "
            "hard links once."
        ),
        labels=_CLAIM,
        unit="bytes",
    ),
    Metric(
        name="govcloud_volume_measured_in_part",
        help="1 for each volume with more than could be counted: it holds at least govcloud_volume_used_bytes.",
        labels=_CLAIM,
    ),
    Metric(
        name="govcloud_volumes_not_shown",
        help="How many volumes of this machine are left out because there are more than 500; the largest are shown.",
    ),
    Metric(
        name="govcloud_certificate_expiry_timestamp_seconds",
        help="When a certificate on this machine ends, in seconds since 1970; 0 for one that cannot be read.",
        labels=("certificate",),
        unit="seconds",
    ),
    Metric(
        name="govcloud_etcd_snapshot_timestamp_seconds",
        help=(
            "When this control plane's newest snapshot of etcd was taken, in seconds since 1970; 0 when there is none."
        ),
        unit="seconds",
    ),
    Metric(
        name="govcloud_etcd_snapshot_size_bytes",
        help="Size of this control plane's newest snapshot of etcd, in bytes.",
        unit="bytes",
    ),
    Metric(
        name="govcloud_machine_metrics_timestamp_seconds",
        help="When this machine last looked at its volumes, certificates and snapshots, in seconds since 1970.",
        unit="seconds",
    ),
)
OF_DEPLOY = (
    Metric(
        name="govcloud_provision_last_success_timestamp_seconds",
        help="When a deploy last ended well, in seconds since 1970; node add and node remove deploy, too.",
        unit="seconds",
    ),
    Metric(
        name="govcloud_provision_changed_tasks",
        help="How many changes the last deploy made: tasks on machines, resources of the site and of the platform.",
    ),
    Metric(
        name="govcloud_provision_phase_duration_seconds",
        help="How long each phase of the last deploy took, in seconds.",
        labels=("phase",),
        unit="seconds",
    ),
    Metric(
        name="govcloud_bundle_info",
        help="1, with the SHA-256 of the manifest of the bundle that the last deploy installed.",
        labels=("digest",),
    ),
)
METRICS = (*OF_MACHINE, *OF_DEPLOY)
