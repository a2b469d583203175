"""Credentials of a service: ask for them, wait for the Secret, print it, end them."""

import base64
import binascii
import re
import shlex
from collections.abc import Mapping

from govcloud_api import labels, requests, summaries
from govcloud_api.errors import NotReady
from govcloud_cli.tenancy import following
from govcloud_kube.cluster import Cluster, Object, Ref, ref_of

BINDING = "ServiceBinding"


def ask(cluster: Cluster, access: requests.Access) -> Object:
    """Create the binding and follow it until its Secret is there. Raises NotReady when it does not come."""
    made = cluster.create(requests.build_binding(access))
    found = following.until(cluster, ref_of(made), "credentials", served=_issued, given_up=lambda _: False)
    if not _issued(found):
        name, why = found["metadata"]["name"], summaries.summarize(found)
        reason = why.waiting_on or why.phase
        raise NotReady(
            f"binding {name} has no credentials yet: {reason}; look again: govcloud service show {access.instance}"
        )
    return found


def secret(cluster: Cluster, binding: Object) -> dict[str, str]:
    """What the binding's Secret holds. Raises NotReady when it is not there."""
    name, namespace = binding["status"]["binding"]["name"], binding["metadata"]["namespace"]
    found = cluster.get(Ref("v1", "Secret", name, namespace))
    if found is None:
        raise NotReady(f"Secret {namespace}/{name} is not there; was the binding revoked? govcloud service show tells")
    return {key: _decoded(value) for key, value in (found.get("data") or {}).items()}


def env_lines(entries: Mapping[str, str]) -> str:
    """`KEY='value'` lines that a shell reads; keys as variables are called: `ca.crt` is `CA_CRT`."""
    return "\n".join(f"{_variable(key)}={shlex.quote(value)}" for key, value in sorted(entries.items()))


def end_text(binding: Object) -> str:
    """When they end, and how to end them now."""
    end = (binding.get("status") or {}).get("expiresAt") or "as asked"
    return f"they end {end}; end them now: govcloud service revoke {binding['metadata']['name']}"


def revoke(cluster: Cluster, binding: Object) -> Object:
    """End it for good, exactly this one."""
    metadata = binding["metadata"]
    exactly = {"name": metadata["name"], "namespace": metadata["namespace"], "uid": metadata["uid"]}
    change = {"apiVersion": labels.API_VERSION, "kind": BINDING, "metadata": exactly, "spec": {"revoked": True}}
    return cluster.apply(change, field_manager=labels.CLI_FIELD_MANAGER)


def bound_text(binding: Object) -> str:
    """How a program gets at them."""
    name = binding["status"]["binding"]["name"]
    return "\n".join(
        [
            f"binding {binding['metadata']['namespace']}/{binding['metadata']['name']}: Secret {name}",
            f"mount it at $SERVICE_BINDING_ROOT/{binding['metadata']['name']}; its content is renewed before it ends",
        ]
    )


def _issued(binding: Object) -> bool:
    return bool(((binding.get("status") or {}).get("binding") or {}).get("name")) and summaries.summarize(binding).ready


def _variable(key: str) -> str:
    return re.sub(r"[^A-Z0-9_]", "_", key.upper())


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return value
