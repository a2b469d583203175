"""Small parts: drift, settings, watchdog names, roles and manifests that must agree."""

from __future__ import annotations

import ast
import asyncio
from pathlib import Path
from typing import Any

import pytest

from govcloud_api import errors, labels
from govcloud_operators import drift, roles
from govcloud_operators.environment import desired
from govcloud_operators.process import settings, watchdog
from support.manifests import objects

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "operators" / "deploy"


@pytest.mark.parametrize(
    ("live", "wanted", "same"),
    [
        (None, {"a": 1}, False),
        ({"a": 1, "b": 2}, {"a": 1}, True),
        ({"a": 1}, {"a": 2}, False),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}, True),
        ({"a": [1, 2]}, {"a": [1]}, False),
        ({"a": [{"b": 1, "c": 2}]}, {"a": [{"b": 1}]}, True),
        ({"spec": {"hard": {"cpu": "1000m"}}}, {"spec": {"hard": {"cpu": "1"}}}, True),
        ({"spec": {"hard": {"cpu": "2"}}}, {"spec": {"hard": {"cpu": "1"}}}, False),
        ({"spec": {"hard": {}}}, {"spec": {"hard": {"cpu": "1"}}}, False),
        ({"spec": {"podSelector": {}}}, {"spec": {"podSelector": {}}}, True),
        ({"spec": {"podSelector": {"matchLabels": {"a": "b"}}}}, {"spec": {"podSelector": {}}}, False),
        ({}, {"spec": {"egress": []}}, False),
        ({"metadata": {"finalizers": ["x", "y"]}}, {"metadata": {"finalizers": ["y"]}}, True),
        ({"status": {"a": 1}, "b": 1}, {"status": {"a": 2}, "b": 1}, True),
    ],
)
def test_drift(live: Any, wanted: Any, same: bool) -> None:
    assert drift.covers(live, wanted) is same


def test_settings_have_defaults() -> None:
    found = settings.from_environment({}, host_name="pod-1", version="1.2.3")
    assert (found.identity, found.version, found.namespace) == ("pod-1", "1.2.3", "govcloud-system")
    assert found.kubeconfig is None


@pytest.mark.parametrize("environ", [{"GOVCLOUD_WORKERS": "many"}, {"GOVCLOUD_RESYNC_SECONDS": "0"}])
def test_settings_that_are_wrong_are_named(environ: dict[str, str]) -> None:
    with pytest.raises(errors.ConfigError, match=next(iter(environ))):
        settings.from_environment(environ, host_name="pod-1", version="1")


CIDRS = {"GOVCLOUD_POD_CIDR": "10.78.0.0/16", "GOVCLOUD_SERVICE_CIDR": "10.79.0.0/16,fd00:2::/112"}


def test_the_clusters_networks_are_all_known_or_none() -> None:
    found = settings.from_environment(CIDRS | {"GOVCLOUD_NODE_CIDR": "10.77.0.0/24"}, host_name="a", version="1")
    assert [str(network) for network in found.cluster_networks] == [
        "10.78.0.0/16",
        "10.79.0.0/16",
        "fd00:2::/112",
        "10.77.0.0/24",
    ]
    assert settings.from_environment({}, host_name="a", version="1").cluster_networks == ()


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        (CIDRS, "GOVCLOUD_NODE_CIDR is missing"),
        (CIDRS | {"GOVCLOUD_NODE_CIDR": "10.77.0.7/24"}, "GOVCLOUD_NODE_CIDR: .*host bits"),
        (CIDRS | {"GOVCLOUD_NODE_CIDR": "lab"}, "GOVCLOUD_NODE_CIDR: .*10.77.0.0/24"),
    ],
)
def test_a_network_that_is_missing_or_wrong_is_named(environ: dict[str, str], words: str) -> None:
    with pytest.raises(errors.ConfigError, match=words):
        settings.from_environment(environ, host_name="a", version="1")


def test_the_operator_is_told_the_clusters_networks() -> None:
    operator = next(o for o in manifests() if o["kind"] == "Deployment" and o["metadata"]["name"] == "operator")
    given = {item["name"] for item in operator["spec"]["template"]["spec"]["containers"][0]["env"]}
    assert {f"{settings.PREFIX}{name}" for name in settings.NETWORKS} <= given


def test_the_watchdog_misses_what_is_gone() -> None:
    assert watchdog.missing(watchdog.EXPECTED) == frozenset()
    one = sorted(watchdog.EXPECTED)[0]
    assert watchdog.missing(watchdog.EXPECTED - {one}) == {one}


def test_the_watchdog_ends_when_a_watcher_ends() -> None:
    async def run() -> None:
        tasks = [asyncio.create_task(asyncio.sleep(60), name=name) for name in watchdog.EXPECTED]
        guard = asyncio.create_task(watchdog.guard(start_seconds=0, check_seconds=0.01))
        done, _ = await asyncio.wait([guard], timeout=0.1)
        assert not done
        tasks[0].cancel()
        await asyncio.wait_for(guard, 5)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(run())


def manifests() -> list[dict[str, Any]]:
    return objects(*DEPLOY.glob("*.yaml"), *DEPLOY.glob("admission/*.yaml"))


def test_the_operator_binds_exactly_the_roles_it_gives() -> None:
    operator = next(
        o for o in manifests() if o["kind"] == "ClusterRole" and o["metadata"]["name"] == "govcloud:operator"
    )
    bind = next(rule for rule in operator["rules"] if "bind" in rule["verbs"])
    given = {name for name, people in roles.HOME.items() if people} | roles.in_environment()
    assert set(bind["resourceNames"]) == given
    existing = {o["metadata"]["name"] for o in manifests() if o["kind"] == "ClusterRole"}
    assert given <= existing


@pytest.mark.parametrize("obj", [o for o in manifests() if o["kind"] in ("ClusterRole", "Role")], ids=str)
def test_no_role_holds_what_nobody_may(obj: dict[str, Any]) -> None:
    for rule in obj["rules"]:
        assert "*" not in [*rule["verbs"], *rule["resources"], *rule["apiGroups"]]
        assert "escalate" not in rule["verbs"]
        if "impersonate" in rule["verbs"]:
            where = (obj["kind"], obj["metadata"].get("namespace"), tuple(rule["resources"]))
            assert where == ("Role", labels.TENANTS_NAMESPACE, ("serviceaccounts",))
        assert not {"nodes/proxy", "serviceaccounts/token", "roles", "clusterrolebindings"} & set(rule["resources"])


@pytest.mark.parametrize(
    "obj", [o for o in manifests() if o["kind"] == "Deployment"], ids=lambda o: o["metadata"]["name"]
)
def test_our_pods_are_restricted(obj: dict[str, Any]) -> None:
    pod = obj["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    for container in pod["containers"]:
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert container["image"].startswith(f"{labels.REGISTRY}/")
        name = container["image"].removeprefix(f"{labels.REGISTRY}/").partition(":")[0]
        assert name not in ("govcloud", "netprobe") or container["image"].endswith(":@VERSION@")
        assert {"requests", "limits"} <= container["resources"].keys()


def test_every_policy_is_bound_and_fails_closed() -> None:
    found = manifests()
    for kind in ("ValidatingAdmissionPolicy", "MutatingAdmissionPolicy"):
        policies = {o["metadata"]["name"]: o for o in found if o["kind"] == kind}
        bound = {o["spec"]["policyName"] for o in found if o["kind"] == f"{kind}Binding"}
        assert policies.keys() == bound
        assert all(o["spec"]["failurePolicy"] == "Fail" for o in policies.values())


def test_manifests_name_the_canary_as_the_operator_does() -> None:
    services = {(o["metadata"]["name"], o["metadata"]["namespace"]): o for o in manifests() if o["kind"] == "Service"}
    service = services[(desired.CANARY.name, desired.CANARY.namespace or "")]
    assert service["spec"]["ports"][0]["port"] == desired.CANARY_PORT


PURE_NAMES = (
    *("desired", "checks", "status", "observed"),
    *("incoming", "issues", "life", "openings", "repairs", "suspension", "teardown", "transfer"),
)
PURE = [
    *sorted((ROOT / "operators" / "govcloud_api").rglob("*.py")),
    *[path for name in PURE_NAMES for path in sorted((ROOT / "operators" / "govcloud_operators").rglob(f"{name}.py"))],
]


@pytest.mark.parametrize("path", PURE, ids=lambda p: str(p.relative_to(ROOT)))
def test_pure_rooms_read_no_clock_and_no_world(path: Path) -> None:
    tree = ast.parse(path.read_text())
    calls = [
        node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]
    assert not {"now", "today", "utcnow", "monotonic", "getenv"} & set(calls)
    imported = {
        alias.name.partition(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    } | {(node.module or "").partition(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert (
        not {"kopf", "kubernetes", "httpx", "click", "pulumi", "subprocess", "socket", "time", "govcloud_kube"}
        & imported
    )
