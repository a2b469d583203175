"""Where alerts go: Alertmanager's configuration and the way out to the site's receiver. Pure.

Format: https://prometheus.io/docs/alerting/latest/configuration/ (Alertmanager 0.25).
"""

from urllib.parse import urlsplit

import yaml

from govcloud_infra.components.manifests import Object

NAMESPACE = "govcloud-monitoring"
_PORTS = {"http": 80, "https": 443}
_SHOWN = "shown"
_RECEIVER = "site"


def objects(webhook_url: str | None, pod_cidr: str, service_cidr: str) -> list[Object]:
    """The ConfigMap `alertmanager-config`; with a receiver also a NetworkPolicy that lets its port be reached."""
    text = yaml.safe_dump(configuration(webhook_url), sort_keys=False)
    made = [_object("v1", "ConfigMap", "alertmanager-config") | {"data": {"alertmanager.yml": text}}]
    return [*made, _way_out(webhook_url, [pod_cidr, service_cidr])] if webhook_url else made


def configuration(webhook_url: str | None) -> Object:
    """One route: alerts of one name and department are one message; what follows from a larger fault is held back."""
    receivers: list[Object] = [{"name": _SHOWN}]
    if webhook_url:
        receivers.append({"name": _RECEIVER, "webhook_configs": [{"url": webhook_url, "send_resolved": True}]})
    return {
        "route": {
            "receiver": receivers[-1]["name"],
            "group_by": ["alertname", "department"],
            "group_wait": "10s",
            "group_interval": "1m",
            "repeat_interval": "4h",
        },
        # Figures that are missing make no statement about departments.
        "inhibit_rules": [
            {
                "source_matchers": ['alertname=~"ExporterAbsent|SourceStale"'],
                "target_matchers": ['severity=~"warning|info"', 'department!=""'],
            }
        ],
        "receivers": receivers,
    }


def _way_out(webhook_url: str, within: list[str]) -> Object:
    """Alertmanager may reach the receiver's port outside the cluster; names are not known to a NetworkPolicy."""
    url = urlsplit(webhook_url)
    to = [{"ipBlock": {"cidr": "0.0.0.0/0", "except": within}}]
    ports = [{"protocol": "TCP", "port": url.port or _PORTS[url.scheme]}]
    return _object("networking.k8s.io/v1", "NetworkPolicy", "alertmanager-webhook") | {
        "spec": {
            "podSelector": {"matchLabels": {"app.kubernetes.io/name": "alertmanager"}},
            "policyTypes": ["Egress"],
            "egress": [{"to": to, "ports": ports}],
        }
    }


def _object(api_version: str, kind: str, name: str) -> Object:
    metadata = {"name": name, "namespace": NAMESPACE, "labels": {"app.kubernetes.io/managed-by": "govcloud"}}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata}
