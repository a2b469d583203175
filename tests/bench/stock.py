"""A peer: an operator for Environments as kopf's own documentation would have it, with the official client.

Run as a program with KUBECONFIG set. It makes the same objects as ours from the same descriptions, in `on.create` and
`on.update`, and says so in the status. It proves nothing, repairs nothing, and has neither lease nor limits. Posting of
Events is off, as kopf's documentation advises for many objects.
"""

from __future__ import annotations

import logging
from typing import Any

import kopf
from kubernetes import client, config

from govcloud_api import labels
from govcloud_api.v1alpha1 import Department, Environment
from govcloud_operators.environment import desired

KIND = (labels.GROUP, labels.VERSION, "environments")
_CONFLICT = 409


@kopf.on.startup()
def configure(settings: kopf.OperatorSettings, **_: Any) -> None:
    """Read the kubeconfig for the client; kopf reads it by itself."""
    settings.posting.enabled = False
    config.load_kube_config()


@kopf.on.create(*KIND)
@kopf.on.update(*KIND)
def bring(body: kopf.Body, patch: kopf.Patch, **_: Any) -> None:
    """Make every object, then tell."""
    environment = Environment.parse(dict(body))
    code = environment.spec.department_ref
    custom = client.CustomObjectsApi()
    department = Department.parse(custom.get_cluster_custom_object(labels.GROUP, labels.VERSION, "departments", code))
    stages = desired.closed_stages(desired.Plan(environment=environment))
    for obj in [obj for stage in stages for obj in stage] + desired.access(environment, department):
        make(obj)
    generation = environment.metadata.generation
    patch.status["observedGeneration"] = generation
    patch.status["conditions"] = [
        {
            "type": "Ready",
            "status": "True",
            "reason": "Ready",
            "message": "",
            "observedGeneration": generation,
            "lastTransitionTime": body["metadata"]["creationTimestamp"],
        }
    ]


def make(obj: dict[str, Any]) -> None:
    """Create, or bring what is there to what is wanted."""
    kind, name, where = obj["kind"], obj["metadata"]["name"], obj["metadata"].get("namespace")
    core, network, rights = client.CoreV1Api(), client.NetworkingV1Api(), client.RbacAuthorizationV1Api()
    create, patch = {
        "Namespace": (core.create_namespace, core.patch_namespace),
        "ResourceQuota": (core.create_namespaced_resource_quota, core.patch_namespaced_resource_quota),
        "LimitRange": (core.create_namespaced_limit_range, core.patch_namespaced_limit_range),
        "NetworkPolicy": (network.create_namespaced_network_policy, network.patch_namespaced_network_policy),
        "RoleBinding": (rights.create_namespaced_role_binding, rights.patch_namespaced_role_binding),
    }[kind]
    place = [where] if where else []
    try:
        create(*place, obj)
    except client.ApiException as error:
        if error.status != _CONFLICT:
            raise
        patch(name, *place, obj)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    kopf.run(clusterwide=True, standalone=True)
