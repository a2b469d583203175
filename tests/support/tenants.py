"""Objects of departments as a cluster holds them, for tests of what people see."""

from __future__ import annotations

from typing import Any

from govcloud_api import labels
from govcloud_kube.cluster import Object

HASH = f"sha256:{'0' * 64}"
PRICES = {"cpuCoreCents": 1500, "memoryGibCents": 200, "storageGibCents": 10}
SMALL = {"cpu": "1", "memory": "2Gi", "storage": "10Gi", "pods": 20}


def obj(kind: str, name: str, namespace: str | None = None, **parts: Any) -> Object:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": labels.API_VERSION, "kind": kind, "metadata": metadata, **parts}


def namespace(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def condition(type_: str, status: str = "True", reason: str = "R", message: str = "") -> dict[str, Any]:
    moment = "2026-01-01T00:00:00Z"
    return {
        "type": type_, "status": status, "reason": reason, "message": message, "observedGeneration": 1,
        "lastTransitionTime": moment,
    }  # fmt: skip


def department(code: str = "tax", *, roles: tuple[str, ...] = ("owner", "approver", "finance"), **spec: Any) -> Object:
    people = [{"kind": "Group", "name": f"{code}:{role}", "role": role} for role in roles]
    given = {"cpu": "1", "memory": "2Gi", "storage": "10Gi"}
    hard = {"cpu": "8", "memory": "16Gi", "storage": "80Gi"}
    wanted = {"code": code, "displayName": f"Department {code}", "quota": {"hard": hard}, "subjects": people} | spec
    status = {
        "homeNamespace": f"dept-{code}", "environments": 1, "quota": {"hard": hard, "allocated": given},
        "conditions": [condition("Ready", reason="Ready")],
    }  # fmt: skip
    return obj("Department", code, spec=wanted, status=status)


def tier(name: str = "standard", **spec: Any) -> Object:
    objectives = {
        "availabilityPercent": "99.5", "provisioningMinutes": 10, "decisionMinutes": 2880,
        "supportResponseMinutes": 480, "rpoMinutes": 1440, "rtoMinutes": 480,
    }  # fmt: skip
    return obj("ServiceTier", name, spec={"objectives": objectives, "prices": PRICES} | spec)


def policy(name: str, *, types: list[str], purposes: list[str] | None = None, **spec: Any) -> Object:
    return obj("ApprovalPolicy", name, spec={"match": {"types": types, "purposes": purposes or []}} | spec)


def environment(name: str = "forms-prod", home: str = "dept-tax", **parts: Any) -> Object:
    product, _, short = name.rpartition("-")
    purpose = {"prod": "production", "dev": "development", "stage": "staging"}.get(short, short)
    code = home.removeprefix("dept-")
    spec = {
        "departmentRef": code, "product": product, "purpose": purpose, "size": "small", "quota": SMALL,
        "tierRef": "standard", "dataClass": "internal", "requestRef": {"name": "r", "uid": "u"},
    } | parts.pop("spec", {})  # fmt: skip
    status = {
        "namespace": f"{code}-{name}", "conditions": [condition("Ready", reason="Ready")],
    } | parts.pop("status", {})  # fmt: skip
    return obj("Environment", name, home, spec=spec, status=status)


def request(name: str = "forms-prod-x7k2p", home: str = "dept-tax", **parts: Any) -> Object:
    """One that waits for an approver and for finance of its department."""
    code = home.removeprefix("dept-")
    spec = {
        "type": "Create", "product": "forms", "purpose": "production", "size": "small", "requestedBy": "anna",
        "justification": {"why": "citizens send forms"},
    } | parts.pop("spec", {})  # fmt: skip
    needed = [
        {"role": role, "scope": "requester", "department": code, "namespace": home, "missing": 1}
        for role in ("approver", "finance")
    ]
    status = {
        "phase": "PolicyChecked", "waitingOn": "1 approver of tax, 1 finance of tax", "specHash": HASH,
        "policy": "production", "due": "2099-01-05T00:00:00Z", "requiredApprovals": needed,
        "policyResults": [{"rule": "quota", "pass": True, "message": "enough is left", "measured": "1 of 8"}],
        "estimate": {"monthlyCents": 2000, "monthlyChangeCents": 2000},
        "conditions": [condition("PolicyChecked", reason="Checked"), condition("Approved", "False", "Waiting")],
    } | parts.pop("status", {})  # fmt: skip
    return obj("EnvironmentRequest", name, home, spec=spec, status=status)


def offering(name: str = "postgresql", **spec: Any) -> Object:
    plans = [
        {"name": "small", "bullets": ["10 connections"], "cpu": "500m", "memory": "1Gi", "storage": "5Gi"},
        {"name": "large", "cpu": "2", "memory": "4Gi", "storage": "50Gi", "replicas": 2, "priceCents": 1000},
    ]
    versions = [{"version": "15", "image": "postgresql:15", "default": True}]
    given = {"displayName": "A database", "driver": "postgresql", "plans": plans, "versions": versions}
    return obj("ServiceOffering", name, spec=given | spec)


def instance(name: str = "db", where: str = "tax-forms-prod", **parts: Any) -> Object:
    spec = {"offeringRef": "postgresql", "plan": "small", "deletionProtection": True} | parts.pop("spec", {})
    status = {
        "version": {"desired": "15", "applied": "15"}, "endpoint": {"host": "svc-db.x.svc", "port": 5432},
        "lastBackup": "2026-01-01T02:00:00Z", "monthlyCents": 1234,
        "conditions": [condition("Ready", reason="Answers")],
    } | parts.pop("status", {})  # fmt: skip
    return obj("ServiceInstance", name, where, spec=spec, status=status)


def binding(name: str = "forms-db", where: str = "tax-forms-prod", **parts: Any) -> Object:
    spec = {"instanceRef": "db", "role": "rw", "requestedBy": "anna"} | parts.pop("spec", {})
    status = {"binding": {"name": name}, "conditions": [condition("Ready", reason="Issued")]} | parts.pop("status", {})
    return obj("ServiceBinding", name, where, spec=spec, status=status)
