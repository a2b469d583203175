"""Department: home, access, sums, the way out."""

from __future__ import annotations

from typing import Any

import pytest

from govcloud_api import labels
from govcloud_kube import Object, Ref
from govcloud_operators import isolation
from govcloud_operators.department import reconcile as departments
from support.worlds import HOME, World, status_of

DEPARTMENT = Ref(labels.API_VERSION, "Department", "tax")
NAMESPACE = Ref("v1", "Namespace", HOME)
NOTICES = "govcloud:department-notices"
PEOPLE = [
    {"kind": "Group", "name": "tax:owner", "role": "owner"},
    {"kind": "Group", "name": "tax:auditor", "role": "auditor"},
]


def seed(world: World, **spec: Any) -> Object:
    """A Department that nobody has looked at yet."""
    wanted = {
        "code": "tax",
        "displayName": "Tax",
        "quota": {"hard": {"cpu": "8", "memory": "16Gi", "storage": "80Gi"}},
        "subjects": PEOPLE,
    }
    obj = {"apiVersion": labels.API_VERSION, "kind": "Department", "metadata": {"name": "tax"}, "spec": wanted | spec}
    return world.cluster.seed(obj)


def settle(world: World) -> float | None:
    for _ in range(3):
        departments.reconcile(world.cluster, "tax", world.now)
        world.count_quotas()
    return departments.reconcile(world.cluster, "tax", world.now)


def test_a_home_is_shut_before_people_get_in() -> None:
    world = World()
    seed(world)
    settle(world)
    verbs = [str(ref) for verb, ref in world.cluster.writes if verb in ("apply", "create") and ref.namespace == HOME]
    first_binding = next(i for i, text in enumerate(verbs) if text.startswith("RoleBinding"))
    assert {text.split()[0] for text in verbs[:first_binding]} == {"ResourceQuota", "LimitRange", "NetworkPolicy"}
    assert world.bindings(HOME) == ["govcloud:department-auditor", NOTICES, "govcloud:department-owner"]
    found = world.live(DEPARTMENT)
    assert status_of(found, "Ready") == ("True", "Ready")
    assert found["status"]["homeNamespace"] == HOME


def test_sums_are_of_live_environments() -> None:
    world = World()
    seed(world)
    settle(world)
    for number in range(2):
        world.environment(world.request(f"r{number}", product=f"p{number}"))
    settle(world)
    status = world.live(DEPARTMENT)["status"]
    assert status["environments"] == 2
    assert status["quota"]["allocated"] == {"cpu": "2", "memory": "4Gi", "storage": "20Gi"}
    assert status_of(world.live(DEPARTMENT), "QuotaExhausted") == ("False", "Free")


def test_an_empty_purse_is_said() -> None:
    world = World()
    seed(world, quota={"hard": {"cpu": "1", "memory": "16Gi", "storage": "80Gi"}})
    settle(world)
    world.environment(world.request())
    settle(world)
    assert status_of(world.live(DEPARTMENT), "QuotaExhausted") == ("True", "NothingLeft")


def test_a_foreign_home_is_left_alone() -> None:
    world = World()
    seed(world)
    world.cluster.seed({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": HOME}})
    settle(world)
    assert status_of(world.live(DEPARTMENT), "Ready") == ("False", "NamespaceTaken")
    assert world.bindings(HOME) == []
    assert "labels" not in world.live(NAMESPACE)["metadata"]


def test_a_second_look_writes_nothing() -> None:
    world = World()
    seed(world)
    settle(world)
    before = list(world.cluster.writes)
    world.pass_time(hours=1)
    assert departments.reconcile(world.cluster, "tax", world.now) is None
    assert world.cluster.writes == before


def test_people_who_left_lose_access() -> None:
    world = World()
    made = seed(world)
    settle(world)
    world.cluster.apply(
        {
            "apiVersion": labels.API_VERSION,
            "kind": "Department",
            "metadata": {"name": "tax"},
            "spec": made["spec"] | {"subjects": PEOPLE[:1]},
        },
        field_manager="platform",
    )
    settle(world)
    assert world.people(HOME) == {role: ["tax:owner"] for role in (NOTICES, "govcloud:department-owner")}


def test_a_quota_that_is_not_counted_is_made_anew() -> None:
    world = World()
    seed(world)
    departments.reconcile(world.cluster, "tax", world.now)
    quota = Ref("v1", "ResourceQuota", "govcloud-quota", HOME)
    live = world.live(quota)
    status = {"hard": live["spec"]["hard"], "used": {"pods": "0"}}
    world.cluster.patch_status(live | {"status": status}, field_manager="quota-controller")
    departments.reconcile(world.cluster, "tax", world.now)
    assert world.live(quota)["metadata"]["uid"] == live["metadata"]["uid"]
    world.pass_time(seconds=departments.NUDGE_SECONDS)
    departments.reconcile(world.cluster, "tax", world.now)
    assert world.live(quota)["metadata"]["uid"] != live["metadata"]["uid"]
    assert status_of(world.live(DEPARTMENT), "QuotaEnforced") == ("False", "NotCounted")


def test_a_department_with_environments_stays() -> None:
    world = World()
    seed(world)
    settle(world)
    environment = world.environment(world.request())
    world.cluster.delete(DEPARTMENT)
    settle(world)
    assert status_of(world.live(DEPARTMENT), "Ready") == ("False", "Deleting")
    assert world.cluster.get(NAMESPACE) is not None
    world.cluster.delete(Ref(labels.API_VERSION, "Environment", environment["metadata"]["name"], HOME))
    settle(world)
    assert world.cluster.get(NAMESPACE) is None
    assert world.cluster.get(DEPARTMENT) is None


@pytest.mark.parametrize("suspended", [True, False])
def test_suspension_is_said(suspended: bool) -> None:
    world = World()
    seed(world, suspended=suspended)
    settle(world)
    assert status_of(world.live(DEPARTMENT), "Suspended")[0] == str(suspended)


ACCOUNT = Ref("v1", "ServiceAccount", "tenant-tax", labels.TENANTS_NAMESPACE)


def test_a_department_has_an_account_without_a_token_and_it_goes_with_it() -> None:
    world = World()
    made = seed(world)
    settle(world)
    account = world.live(ACCOUNT)
    assert account["automountServiceAccountToken"] is False
    assert account["metadata"]["annotations"][labels.OWNER_UID] == made["metadata"]["uid"]
    world.cluster.delete(ACCOUNT)
    settle(world)
    assert world.cluster.get(ACCOUNT) is not None
    world.cluster.delete(DEPARTMENT)
    settle(world)
    assert world.cluster.get(DEPARTMENT) is None
    assert world.cluster.get(ACCOUNT) is None


def test_each_role_is_bound_by_its_own_name() -> None:
    world = World()
    names = ("owner", "approver", "finance", "auditor", "steward", "member-manager")
    seed(world, subjects=[{"kind": "Group", "name": f"tax:{role}", "role": role} for role in names])
    settle(world)
    people = world.people(HOME)
    assert people.pop(NOTICES) == sorted(f"tax:{role}" for role in names)
    assert people == {f"govcloud:department-{role}": [f"tax:{role}"] for role in names}


def test_a_binding_of_an_older_release_goes() -> None:
    world = World()
    seed(world)
    settle(world)
    old = isolation.role_binding(HOME, "govcloud:department-reader", [("Group", "tax:auditor")])
    world.cluster.seed(old)
    settle(world)
    assert "govcloud:department-reader" not in world.bindings(HOME)


def test_the_home_counts_every_kind_that_is_written_there() -> None:
    world = World()
    seed(world)
    settle(world)
    hard = world.live(Ref("v1", "ResourceQuota", "govcloud-quota", HOME))["spec"]["hard"]
    for plural in ("environmentrequests", "environments", "approvals", "policyexemptions"):
        assert int(hard[f"count/{plural}.govcloud.internal"]) > 0
