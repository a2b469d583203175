"""The part of the health dashboard about what Kubernetes stands on: API server, etcd, machines."""

from __future__ import annotations

from govcloud_monitoring.dashboards.panel import Limit, Panel, Query, Row, Unit, View


def _mean_seconds(series: str, by: str, where: str = "") -> str:
    """Of a histogram of which only sum and count are kept."""
    total, count = (f"sum by ({by}) (rate({series}_{part}{where}[$__rate_interval]))" for part in ("sum", "count"))
    return f"{total} / {count}"


def _pressure(resource: str) -> str:
    return f"max by (node) (rate(node_pressure_{resource}_waiting_seconds_total[$__rate_interval]))"


API = Row(
    title="API server",
    panels=(
        Panel(
            title="API servers that answer",
            description="Those that could be scraped.",
            unit=Unit.COUNT,
            view=View.NOW,
            width=6,
            queries=(Query(expr='count(up{job="kubernetes-api"} == 1) or vector(0)', legend="answering"),),
            limit=Limit(alert="ApiServerAbsent", at=1, good_above=True),
        ),
        Panel(
            title="Time of a request, by verb",
            description="Mean of all requests but those that stay open (watch, exec, port-forward).",
            unit=Unit.SECONDS,
            width=6,
            queries=(
                Query(
                    expr=_mean_seconds("apiserver_request_duration_seconds", "verb", '{verb!~"WATCH|CONNECT"}'),
                    legend="{{verb}}",
                ),
            ),
        ),
        Panel(
            title="Requests, by answer",
            description="5xx is trouble of the API server, 429 that it asks for patience, 4xx mostly a caller's fault.",
            unit=Unit.REQUESTS_PER_SECOND,
            view=View.STACK,
            width=6,
            queries=(Query(expr="sum by (code) (rate(apiserver_request_total[$__rate_interval]))", legend="{{code}}"),),
        ),
        Panel(
            title="Requests at work and refused",
            description="Requests that are being answered, and those refused in an hour as too many.",
            unit=Unit.COUNT,
            width=6,
            queries=(
                Query(
                    expr="sum by (request_kind) (apiserver_current_inflight_requests)",
                    legend="{{request_kind}} at work",
                ),
                Query(
                    expr=(
                        "sum by (reason) (increase(apiserver_flowcontrol_rejected_requests_total[1h])) "
                        'or label_replace(vector(0), "reason", "none", "", "")'
                    ),
                    legend="refused: {{reason}}",
                ),
            ),
        ),
    ),
)
STORE = Row(
    title="etcd",
    panels=(
        Panel(
            title="Time of a request to etcd, by operation",
            description="Mean, as the API server sees it. Writes wait for the disks of the control plane.",
            unit=Unit.SECONDS,
            queries=(Query(expr=_mean_seconds("etcd_request_duration_seconds", "operation"), legend="{{operation}}"),),
        ),
        Panel(
            title="Kinds with most objects",
            description="Objects of each kind that are stored.",
            unit=Unit.COUNT,
            view=View.BARS,
            queries=(Query(expr="topk(10, max by (resource) (apiserver_storage_objects))", legend="{{resource}}"),),
        ),
    ),
)
MACHINES = Row(
    title="Machines",
    panels=(
        Panel(
            title="CPU used",
            description="Of all cores of the machine, whoever used them.",
            unit=Unit.RATIO,
            at_most=1,
            width=8,
            queries=(
                Query(
                    expr='1 - avg by (node) (rate(node_cpu_seconds_total{mode="idle"}[$__rate_interval]))',
                    legend="{{node}}",
                ),
            ),
        ),
        Panel(
            title="Memory used",
            description="What could not be given to a new program, of all memory of the machine.",
            unit=Unit.RATIO,
            at_most=1,
            width=8,
            queries=(
                Query(
                    expr=(
                        "1 - max by (node) (node_memory_MemAvailable_bytes)"
                        " / max by (node) (node_memory_MemTotal_bytes)"
                    ),
                    legend="{{node}}",
                ),
            ),
        ),
        Panel(
            title="Fullest disks",
            description="Used space of each file system. From 85 % on, the kubelet makes room: images go, then pods.",
            unit=Unit.RATIO,
            view=View.BARS,
            at_most=1,
            width=8,
            queries=(
                Query(
                    expr=(
                        "topk(10, 1 - max by (node, mountpoint) (node_filesystem_avail_bytes)"
                        " / max by (node, mountpoint) (node_filesystem_size_bytes))"
                    ),
                    legend="{{node}} {{mountpoint}}",
                ),
            ),
        ),
        Panel(
            title="Programs wait for CPU",
            description="Part of the time in which some program had to wait. What stays above 30 % is too much.",
            unit=Unit.RATIO,
            width=8,
            queries=(Query(expr=_pressure("cpu"), legend="{{node}}"),),
        ),
        Panel(
            title="Programs wait for memory",
            description="Part of the time in which some program had to wait for memory to be freed.",
            unit=Unit.RATIO,
            width=8,
            queries=(Query(expr=_pressure("memory"), legend="{{node}}"),),
        ),
        Panel(
            title="Programs wait for disks",
            description="Part of the time in which some program had to wait for reading or writing.",
            unit=Unit.RATIO,
            width=8,
            queries=(Query(expr=_pressure("io"), legend="{{node}}"),),
        ),
    ),
)
