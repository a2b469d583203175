"""One full example of every kind: each field of each spec is set in at least one of them."""

from __future__ import annotations

from typing import Any

from govcloud_api import labels
from govcloud_kube import Object

HARD = {"cpu": "8", "memory": "16Gi", "storage": "80Gi"}
QUOTA = {"cpu": "1", "memory": "2Gi", "storage": "10Gi", "pods": 20}
MEMBERS = [{"kind": "User", "name": "ada", "role": "editor"}]
NETWORK = {"ingressHosts": ["portal.example.org"], "egress": "closed"}
REASONS = {"why": "people ask for it", "currentUse": "all of it", "tried": "caching"}
MOMENT = "2030-01-01T00:00:00Z"
SPEC_HASH = "sha256:" + "0" * 64


def sample(kind: str, name: str, spec: dict[str, Any], namespace: str = "default") -> Object:
    """An object of one of our kinds."""
    metadata = {"name": name, "namespace": namespace} if namespace else {"name": name}
    return {"apiVersion": labels.API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}


DEPARTMENT = sample(
    "Department",
    "fine",
    {
        "code": "fine",
        "displayName": "Department",
        "subjects": [{"kind": "Group", "name": "fine:owner", "role": "owner"}],
        "quota": {"hard": HARD, "floor": HARD},
        "serviceTierRef": "standard",
        "maxDataClass": "internal",
        "costCentre": "c-1",
        "monthlyBudgetCents": 100000,
        "entitlementWeight": 3,
        "contacts": ["team@fine.example"],
        "suspended": False,
    },
    namespace="",
)
SERVICE_TIER = sample(
    "ServiceTier",
    "fine",
    {
        "objectives": {
            "availabilityPercent": "99.9",
            "provisioningMinutes": 1,
            "decisionMinutes": 1,
            "supportResponseMinutes": 1,
            "rpoMinutes": 1,
            "rtoMinutes": 1,
        },
        "prices": {"cpuCoreCents": 1, "memoryGibCents": 1, "storageGibCents": 1},
        "largestSize": "large",
        "replicasMin": 1,
        "priority": 100,
        "egress": "closed",
        "backupDays": 7,
    },
    namespace="",
)
WORK_CALENDAR = sample(
    "WorkCalendar",
    "fine",
    {
        "timeZone": "Europe/Vienna",
        "daysOff": ["Sunday"],
        "holidays": [{"date": "2030-01-01", "name": "New Year"}],
        "extraWorkDays": ["2030-01-05"],
    },
    namespace="",
)
APPROVAL_POLICY = sample(
    "ApprovalPolicy",
    "fine",
    {
        "priority": 1,
        "match": {"types": ["Create"], "purposes": ["sandbox"], "dataClasses": ["public"]},
        "auto": {
            "always": True,
            "decreases": True,
            "maxIncreasePercent": 50,
            "freeCeiling": HARD,
            "minUtilisationPercent": 35,
            "metricsMaxAgeMinutes": 60,
        },
        "require": [{"role": "approver", "scope": "requester", "count": 1}],
        "dueWorkDays": 5,
        "calendarRef": "default",
        "onOverdue": "Escalate",
    },
    namespace="",
)
CREATE = sample(
    "EnvironmentRequest",
    "fine",
    {
        "type": "Create",
        "product": "portal",
        "purpose": "sandbox",
        "size": "small",
        "tierRef": "standard",
        "dataClass": "internal",
        "members": MEMBERS,
        "network": NETWORK,
        "lifetimeDays": 30,
        "justification": REASONS,
        "requestedBy": "admin",
    },
)
_ABOUT: dict[str, Any] = {"environmentRef": "portal-sandbox", "justification": REASONS}
CHANGE = sample("EnvironmentRequest", "fine", {"type": "Change", "quota": QUOTA, **_ABOUT})
EXTEND = sample("EnvironmentRequest", "fine", {"type": "Extend", "lifetimeDays": 30, **_ABOUT})
TRANSFER = sample("EnvironmentRequest", "fine", {"type": "Transfer", "transferTo": "health", **_ABOUT})
DELETE = sample("EnvironmentRequest", "fine", {"type": "Delete", **_ABOUT})
APPROVAL = sample(
    "Approval",
    "fine",
    {
        "requestRef": {
            "kind": "EnvironmentRequest",
            "namespace": "dept-fine",
            "name": "first",
            "uid": "u",
            "specHash": SPEC_HASH,
        },
        "verdict": "Approve",
        "role": "approver",
        "reason": "long enough a reason",
        "decidedBy": "admin",
        "decidedByGroups": ["system:masters", "system:authenticated"],
    },
)
ENVIRONMENT = sample(
    "Environment",
    "fine",
    {
        "departmentRef": "fine",
        "product": "portal",
        "purpose": "sandbox",
        "size": "small",
        "quota": QUOTA,
        "tierRef": "standard",
        "dataClass": "internal",
        "members": MEMBERS,
        "network": NETWORK,
        "expiresAt": MOMENT,
        "deletionPolicy": "Delete",
        "legalHold": False,
        "suspended": False,
        "requestRef": {"name": "first", "uid": "u"},
    },
)
POLICY_EXEMPTION = sample(
    "PolicyExemption",
    "fine",
    {
        "environmentRef": "portal-sandbox",
        "rule": "image-registry",
        "reason": "long enough a reason",
        "expiresAt": MOMENT,
        "requestedBy": "admin",
    },
)
SERVICE_OFFERING = sample(
    "ServiceOffering",
    "fine",
    {
        "displayName": "A database",
        "description": "It keeps rows.",
        "driver": "postgresql",
        "supportStatus": "Beta",
        "versions": [{"version": "17.2", "image": "postgresql:17.2", "default": False}],
        "plans": [
            {
                "name": "small",
                "bullets": ["one copy"],
                "cpu": "1",
                "memory": "1Gi",
                "storage": "10Gi",
                "replicas": 1,
                "priceCents": 0,
            }
        ],
        "maxDataClass": "internal",
    },
    namespace="",
)
SERVICE_INSTANCE = sample(
    "ServiceInstance",
    "fine",
    {
        "offeringRef": "postgresql",
        "plan": "small",
        "version": "17.2",
        "backup": {"hour": 2, "retentionDays": 7},
        "restoreFrom": {"instance": "old", "time": MOMENT},
        "maintenanceWindow": {"weekday": "Sunday", "hour": 3},
        "upgradePolicy": "Automatic",
        "deletionProtection": True,
        "web": {
            "image": "registry.govcloud.internal/portal:1",
            "port": 8080,
            "host": "portal.example.org",
            "healthPath": "/healthz",
            "minReplicas": 1,
            "maxReplicas": 20,
            "variables": [{"name": "MODE", "value": "fast"}, {"name": "PASSWORD", "secretName": "s", "secretKey": "k"}],
        },
    },
)
SERVICE_BINDING = sample(
    "ServiceBinding",
    "fine",
    {
        "instanceRef": "db",
        "role": "rw",
        "ttlSeconds": 3600,
        "rotationSeconds": 3600,
        "reason": "long enough a reason",
        "revoked": False,
        "requestedBy": "admin",
    },
)
ALL = (
    DEPARTMENT,
    SERVICE_TIER,
    WORK_CALENDAR,
    APPROVAL_POLICY,
    CREATE,
    CHANGE,
    EXTEND,
    TRANSFER,
    DELETE,
    APPROVAL,
    ENVIRONMENT,
    POLICY_EXEMPTION,
    SERVICE_OFFERING,
    SERVICE_INSTANCE,
    SERVICE_BINDING,
)

EVIDENCE = ("EnvironmentRequest", "Approval")
"""Kinds that not even the operator removes before they are closed or judged."""
