"""Pages of programs that are not ours, by job: only series that dashboards show, with labels and values as they are.

Sources: the programs that are in the bundle, asked. Labels that Prometheus adds to a target are not here.
"""

from __future__ import annotations

PAGES = {
    "kubelet-resource": """\
container_cpu_usage_seconds_total{container="web",namespace="tax-portal-test",pod="web-0"} 100
container_cpu_usage_seconds_total{container="web",namespace="roads-map-test",pod="web-0"} 20
container_memory_working_set_bytes{container="web",namespace="tax-portal-test",pod="web-0"} 6e+08
container_memory_working_set_bytes{container="web",namespace="roads-map-test",pod="web-0"} 2e+08
node_cpu_usage_seconds_total 150
""",
    "kubelet": """\
process_resident_memory_bytes 9e+07
""",
    "node-exporter": """\
node_cpu_seconds_total{cpu="0",mode="idle"} 700
node_cpu_seconds_total{cpu="0",mode="user"} 200
node_cpu_seconds_total{cpu="0",mode="system"} 100
node_memory_MemAvailable_bytes 6e+09
node_memory_MemTotal_bytes 8e+09
node_filesystem_avail_bytes{device="/dev/vda1",device_error="",fstype="ext4",mountpoint="/"} 3e+10
node_filesystem_size_bytes{device="/dev/vda1",device_error="",fstype="ext4",mountpoint="/"} 1e+11
node_pressure_cpu_waiting_seconds_total 50
node_pressure_memory_waiting_seconds_total 1
node_pressure_io_waiting_seconds_total 5
node_time_seconds 1.7e+09
""",
    "prometheus": """\
prometheus_tsdb_head_series 12000
prometheus_tsdb_storage_blocks_bytes 4e+08
prometheus_rule_evaluation_failures_total{rule_group="/etc/prometheus/rules/departments.yaml;departments"} 1
process_resident_memory_bytes 1.5e+08
""",
    "alertmanager": """\
alertmanager_notifications_total{integration="webhook"} 40
alertmanager_notifications_failed_total{integration="webhook"} 2
process_resident_memory_bytes 3e+07
""",
    "kubernetes-api": """\
apiserver_request_duration_seconds_sum{component="apiserver",dry_run="",group="",resource="pods",scope="cluster",subresource="",verb="LIST",version="v1"} 8
apiserver_request_duration_seconds_count{component="apiserver",dry_run="",group="",resource="pods",scope="cluster",subresource="",verb="LIST",version="v1"} 200
apiserver_request_total{code="200",component="apiserver",dry_run="",group="",resource="pods",scope="cluster",subresource="",verb="LIST",version="v1"} 200
apiserver_current_inflight_requests{request_kind="mutating"} 1
apiserver_current_inflight_requests{request_kind="readOnly"} 3
apiserver_flowcontrol_rejected_requests_total{flow_schema="service-accounts",priority_level="workload-low",reason="queue-full"} 4
apiserver_storage_objects{resource="pods"} 120
apiserver_storage_objects{resource="configmaps"} 300
etcd_request_duration_seconds_sum{group="",operation="update",resource="pods"} 3
etcd_request_duration_seconds_count{group="",operation="update",resource="pods"} 500
process_resident_memory_bytes 6e+08
""",  # noqa: E501 - a line is a sample
}
