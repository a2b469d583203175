"""An order of a program -> Deployment, Service, and what its size and its name ask for. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from govcloud_api import labels, quantity
from govcloud_api.objects import Object, Ref, ref_of
from govcloud_api.v1alpha1.service_instance import Variable, Web
from govcloud_operators.services.driver import Order, own_labels, owned

SERVICE_PORT = 80
CPU_TARGET_PERCENT = 70
"""Autoscaling keeps the mean use of the reserved CPU near this."""
START_SECONDS = 120
ROLLOUT_SECONDS = 300
INGRESS_CLASS = "govcloud"
TRAEFIK = {"app.kubernetes.io/name": "traefik"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How many copies; the same number twice means that nothing scales by itself."""

    least: int
    most: int


def web(order: Order) -> Web:
    """What is ordered; an order without it was refused before."""
    return order.instance.spec.web or Web(image=order.image)


def scale(order: Order) -> Scale:
    """The instance's numbers, and at least what the tier asks for."""
    wanted = web(order)
    least = max(wanted.min_replicas, order.replicas_min)
    return Scale(least=least, most=max(wanted.max_replicas, least))


def stages(order: Order) -> list[list[Object]]:
    """The way in before the program, the rest once that is there."""
    first = [_service(order), *([_policy(order)] if web(order).host else [])]
    after = [_ingress(order)] if web(order).host else []
    numbers = scale(order)
    if numbers.most > numbers.least and not order.suspended:
        after.append(_autoscaler(order))
    if numbers.least > 1:
        after.append(_disruption_budget(order))
    return [[*first, deployment(order)], *([after] if after else [])]


def refs(order: Order) -> list[Ref]:
    """Everything that an order of a program can consist of."""
    every = [_service, _policy, deployment, _ingress, _autoscaler, _disruption_budget]
    return [ref_of(make(order)) for make in every]


def deployment_ref(order: Order) -> Ref:
    """Ref of the Deployment."""
    return Ref("apps/v1", "Deployment", order.name, order.namespace)


def deployment(order: Order) -> Object:
    """The program itself."""
    selector = own_labels(order.instance.metadata.name)
    # One copy is replaced by a second beside it, several one after the other: that takes no more of the quota.
    single = scale(order).least == 1
    rolling = {"maxSurge": 1, "maxUnavailable": 0} if single else {"maxSurge": 0, "maxUnavailable": 1}
    spec = {
        "replicas": _replicas(order),
        "revisionHistoryLimit": 3,
        "progressDeadlineSeconds": ROLLOUT_SECONDS,
        "selector": {"matchLabels": selector},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": rolling},
        "template": {"metadata": {"labels": selector}, "spec": pod_spec(order)},
    }
    return owned(order, "apps/v1", "Deployment", spec=spec)


def pod_spec(order: Order) -> Object:
    """A pod as the profile `restricted` wants it: no root, no capability, no token."""
    spread = {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": own_labels(order.instance.metadata.name)},
    }
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "topologySpreadConstraints": [spread],
        "containers": [_container(order)],
    }


def _replicas(order: Order) -> int:
    """Where numbers may differ, the autoscaler's choice stays as it is; 0 would keep it from ever choosing."""
    if order.suspended:
        return 0
    live = order.live.get(deployment_ref(order)) or {}
    now = (live.get("spec") or {}).get("replicas", 0)
    numbers = scale(order)
    return min(max(int(now or 0), numbers.least), numbers.most)


def _container(order: Order) -> Object:
    wanted = web(order)
    # An empty list is not kept by the API server, and would look like drift for ever.
    variables = {"env": [_variable(variable) for variable in wanted.variables]} if wanted.variables else {}
    return variables | {
        "name": "web",
        "image": wanted.image,
        "imagePullPolicy": "IfNotPresent",
        "ports": [{"name": "web", "containerPort": wanted.port, "protocol": "TCP"}],
        "startupProbe": _probe(wanted, every_seconds=2, failures=START_SECONDS // 2),
        "readinessProbe": _probe(wanted, every_seconds=5, failures=3),
        "livenessProbe": _probe(wanted, every_seconds=10, failures=6),
        "resources": resources(order),
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }


def resources(order: Order) -> Object:
    """What the plan reserves; CPU may burst to twice that, as the environment's quota does, memory may not."""
    burst = quantity.cpu_text(2 * quantity.cpu_millicores(order.plan.cpu))
    return {
        "requests": {"cpu": order.plan.cpu, "memory": order.plan.memory},
        "limits": {"cpu": burst, "memory": order.plan.memory},
    }


def _variable(variable: Variable) -> Object:
    if variable.secret_name is None:
        # What is empty is not kept by the API server either.
        return {"name": variable.name} | ({"value": variable.value} if variable.value else {})
    reference = {"name": variable.secret_name, "key": variable.secret_key}
    return {"name": variable.name, "valueFrom": {"secretKeyRef": reference}}


def _probe(wanted: Web, *, every_seconds: int, failures: int) -> Object:
    request = {"path": wanted.health_path, "port": "web", "scheme": "HTTP"}
    return {"httpGet": request, "periodSeconds": every_seconds, "timeoutSeconds": 3, "failureThreshold": failures}


def _service(order: Order) -> Object:
    port = {"name": "http", "port": SERVICE_PORT, "targetPort": "web", "protocol": "TCP"}
    spec = {"type": "ClusterIP", "selector": own_labels(order.instance.metadata.name), "ports": [port]}
    return owned(order, "v1", "Service", spec=spec)


def _policy(order: Order) -> Object:
    """The ingress controller may come in, to this program and this port only."""
    peer = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": labels.INGRESS_NAMESPACE}},
        "podSelector": {"matchLabels": TRAEFIK},
    }
    port = {"protocol": "TCP", "port": web(order).port}
    spec: dict[str, Any] = {
        "podSelector": {"matchLabels": own_labels(order.instance.metadata.name)},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [peer], "ports": [port]}],
    }
    return owned(order, "networking.k8s.io/v1", "NetworkPolicy", spec=spec)


def _ingress(order: Order) -> Object:
    backend = {"service": {"name": order.name, "port": {"number": SERVICE_PORT}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    rule = {"host": web(order).host, "http": {"paths": [path]}}
    spec = {"ingressClassName": INGRESS_CLASS, "rules": [rule]}
    return owned(order, "networking.k8s.io/v1", "Ingress", spec=spec)


def _autoscaler(order: Order) -> Object:
    numbers = scale(order)
    target = {"type": "Utilization", "averageUtilization": CPU_TARGET_PERCENT}
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": order.name},
        "minReplicas": numbers.least,
        "maxReplicas": numbers.most,
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
    }
    return owned(order, "autoscaling/v2", "HorizontalPodAutoscaler", spec=spec)


def _disruption_budget(order: Order) -> Object:
    selector = {"matchLabels": own_labels(order.instance.metadata.name)}
    return owned(order, "policy/v1", "PodDisruptionBudget", spec={"maxUnavailable": 1, "selector": selector})
