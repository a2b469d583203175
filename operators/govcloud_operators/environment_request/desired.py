"""An approved request -> the Environment. Pure."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta

from govcloud_api import conditions, labels, policy
from govcloud_api.objects import Object
from govcloud_api.v1alpha1 import EnvironmentRequest
from govcloud_operators.environment_request import checks
from govcloud_operators.environment_request.observed import Observed


def spec_hash(request: EnvironmentRequest) -> str:
    """`sha256:` and the hash of the spec in canonical JSON (sorted keys, no spaces): what a decision is bound to."""
    canonical = json.dumps(request.spec.wire(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"


def environment(observed: Observed, department_code: str) -> Object:
    """The Environment to create; its life starts now."""
    request = observed.request
    spec = request.spec
    wanted = {
        "departmentRef": department_code,
        "product": spec.product,
        "purpose": spec.purpose,
        "size": spec.size,
        "quota": policy.SIZES[spec.size].wire(),
        "requestRef": {"name": request.metadata.name, "uid": request.metadata.uid},
    }
    expires_at = expiry(observed, observed.now)
    return {
        "apiVersion": labels.API_VERSION,
        "kind": "Environment",
        "metadata": {
            "name": observed.environment_name,
            "namespace": request.metadata.namespace,
            "labels": {
                labels.MANAGED_BY: labels.MANAGER,
                labels.DEPARTMENT: department_code,
                labels.PRODUCT: spec.product,
                labels.PURPOSE: spec.purpose,
            },
        },
        "spec": wanted | ({"expiresAt": expires_at} if expires_at else {}),
    }


def expiry(observed: Observed, start: datetime) -> str | None:
    """When an environment that starts at `start` ends, None for never."""
    days = checks.spec_lifetime_days(observed)
    return None if days is None else conditions.timestamp(start + timedelta(days=days))
