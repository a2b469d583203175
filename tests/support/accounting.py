"""A cluster as the accountant sees it: tiers with prices, departments with budgets and weights, an environment."""

from __future__ import annotations

from govcloud_api.errors import ApiUnavailable
from govcloud_kube.cluster import Objects
from support import samples

TIERS = {"standard": (730, 146, 73), "critical": (1460, 292, 146)}
"""Cents a month of a core, of a GiB of memory, of a GiB of storage: a core costs 1 and 2 cents an hour."""


class Tiers:
    """The price list of a cluster; `missing` while its API server is away."""

    missing = False

    def list(self, api_version: str, kind: str) -> Objects:
        if self.missing:
            raise ApiUnavailable("the API server is away")
        if kind == "Department":
            return [_department("tax", monthlyBudgetCents=150, entitlementWeight=3), _department("roads")]
        if kind == "Environment":
            return [samples.ENVIRONMENT | {"spec": samples.ENVIRONMENT["spec"] | {"departmentRef": "tax"}}]
        return [_tier(name, *prices) for name, prices in TIERS.items()]


def _department(code: str, **more: int) -> dict[str, object]:
    quota = {"hard": {"cpu": "1", "memory": "1Gi", "storage": "1Gi"}}
    return {
        "apiVersion": "govcloud.internal/v1alpha1", "kind": "Department", "metadata": {"name": code},
        "spec": {"code": code, "displayName": code, "quota": quota, **more},
    }  # fmt: skip


def _tier(name: str, cpu: int, memory: int, storage: int) -> dict[str, object]:
    objectives = {
        "availabilityPercent": "99", "provisioningMinutes": 1, "decisionMinutes": 1, "supportResponseMinutes": 1,
        "rpoMinutes": 1, "rtoMinutes": 1,
    }  # fmt: skip
    prices = {"cpuCoreCents": cpu, "memoryGibCents": memory, "storageGibCents": storage}
    return {
        "apiVersion": "govcloud.internal/v1alpha1", "kind": "ServiceTier", "metadata": {"name": name},
        "spec": {"objectives": objectives, "prices": prices},
    }  # fmt: skip
