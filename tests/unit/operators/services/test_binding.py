"""A ServiceBinding: issued, renewed, taken back, in a world in memory. What counts is who gets in, and when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govcloud_api import conditions, errors, labels
from govcloud_kube import Object, Ref
from govcloud_operators.services import looking
from govcloud_operators.services.authority import decoded
from govcloud_operators.services.binding.observed import ISSUED_AT, number
from govcloud_operators.services.driver import Credentials
from support.services import NAMESPACE, NOW, ServiceWorld

MINUTE, DAY = 60, 86400


def ready(world: ServiceWorld, name: str = "app") -> tuple[str, str, str]:
    return world.condition("ServiceBinding", name, "Ready")


def status(world: ServiceWorld, name: str = "app") -> dict[str, Any]:
    return dict(world.found("ServiceBinding", name)["status"])


def secret(world: ServiceWorld, name: str = "app") -> Object:
    return world.found("Secret", name, "v1")


def opens(world: ServiceWorld, found: Object | None) -> bool:
    """Does what is in a Secret open the database?"""
    return world.database.open(decoded(found, "username"), decoded(found, "password"))


@pytest.fixture
def bound(world: ServiceWorld) -> ServiceWorld:
    world.running()
    world.bind(rotationSeconds=30 * DAY)
    world.serve()
    return world


def test_a_secret_as_servicebinding_io_wants_it(bound: ServiceWorld) -> None:
    found = secret(bound)
    host = f"svc-main.{NAMESPACE}.svc.cluster.local"
    assert found["type"] == "servicebinding.io/postgresql"
    assert found["metadata"]["labels"][labels.BINDING] == "app"
    user, password = decoded(found, "username"), decoded(found, "password")
    assert {key: decoded(found, key) for key in ("type", "provider", "host", "port", "database", "sslmode")} == {
        "type": "postgresql",
        "provider": "govcloud",
        "host": host,
        "port": "5432",
        "database": "app",
        "sslmode": "verify-full",
    }
    assert decoded(found, "uri") == f"postgresql://{user}:{password}@{host}:5432/app?sslmode=verify-full"
    assert decoded(found, "ca.crt") == bound.authority.pair().certificate
    assert len(password) == 32
    assert opens(bound, found)
    assert bound.database.logins[user].role == "rw"
    assert ready(bound)[0] == "True"
    told = status(bound)
    assert told["binding"] == {"name": "app"}
    assert told["user"] == user
    assert told["lastRotation"] == conditions.timestamp(NOW)
    assert told["nextRotation"] == conditions.timestamp(NOW + timedelta(days=15))
    assert "expiresAt" not in told


def test_nothing_of_a_secret_is_told_elsewhere(bound: ServiceWorld) -> None:
    password = decoded(secret(bound), "password")
    assert password not in str(bound.found("ServiceBinding", "app"))
    assert password not in str(secret(bound)["metadata"])
    assert password not in repr(bound.database.logins)


def test_nothing_is_written_twice(bound: ServiceWorld) -> None:
    bound.cluster.writes.clear()
    bound.pass_time(minutes=1)
    assert bound.serve() == 60.0
    assert bound.cluster.writes == []


def test_renewed_at_half_its_life_without_cutting_anybody_off(bound: ServiceWorld) -> None:
    old = secret(bound)
    assert opens(bound, old)
    bound.pass_time(days=15, seconds=-1)
    bound.serve()
    assert secret(bound)["data"] == old["data"]
    bound.pass_time(seconds=1)
    bound.serve()
    new = secret(bound)
    assert new["data"]["password"] != old["data"]["password"]
    assert opens(bound, old)
    assert opens(bound, new)
    assert status(bound)["lastRotation"] == conditions.timestamp(bound.now)
    # To the end of the old one its sessions live on; afterwards it is gone with them.
    bound.pass_time(days=15, seconds=-1)
    bound.serve()
    assert decoded(old, "username") in bound.database.sessions
    bound.pass_time(seconds=1)
    assert not opens(bound, old)
    assert decoded(old, "username") in bound.database.sessions
    bound.pass_time(seconds=1)
    bound.serve()
    assert decoded(old, "username") not in bound.database.sessions
    assert decoded(old, "username") not in bound.database.logins
    assert opens(bound, secret(bound))


def test_last_use_is_kept_when_its_login_is_gone(bound: ServiceWorld) -> None:
    assert opens(bound, secret(bound))
    used = bound.now
    bound.serve()
    assert status(bound)["lastUsed"] == conditions.timestamp(used)
    for _ in range(3):
        bound.pass_time(days=15, seconds=2)
        bound.serve()
    assert decoded(secret(bound), "username").endswith("_4")
    assert status(bound)["lastUsed"] == conditions.timestamp(used)


def test_revoked_within_one_look(bound: ServiceWorld) -> None:
    found = secret(bound)
    assert opens(bound, found)
    bound.change("ServiceBinding", "app", revoked=True)
    bound.serve()
    assert bound.database.logins == {}
    assert bound.database.sessions == []
    assert bound.get("Secret", "app", "v1") is None
    assert ready(bound)[:2] == ("False", "Revoked")
    assert "binding" not in status(bound)
    assert status(bound)["lastUsed"]
    bound.cluster.writes.clear()
    assert bound.serve() is None
    assert bound.cluster.writes == []


def test_a_temporary_binding_warns_and_ends(world: ServiceWorld) -> None:
    world.running()
    world.bind(ttlSeconds=3600, rotationSeconds=30 * DAY, reason="look at a bug")
    world.serve()
    found = secret(world)
    assert status(world)["expiresAt"] == conditions.timestamp(NOW + timedelta(hours=1))
    assert "nextRotation" not in status(world)
    assert world.condition("ServiceBinding", "app", "Expiring")[0] == "False"
    world.pass_time(minutes=54)
    world.serve()
    assert world.condition("ServiceBinding", "app", "Expiring")[0] == "True"
    world.pass_time(minutes=5, seconds=50)
    assert world.serve() == 10.0
    world.pass_time(seconds=10)
    assert not opens(world, found), "the database itself ends it, whatever the operator does"
    world.serve()
    assert world.database.logins == {}
    assert world.get("Secret", "app", "v1") is None
    assert ready(world)[:2] == ("False", "Expired")


def test_a_database_that_does_not_answer(bound: ServiceWorld) -> None:
    bound.database.down = "the database does not answer: timed out"
    assert bound.serve() == 5.0
    assert ready(bound)[:2] == ("False", "Unreachable")
    assert "timed out" in ready(bound)[2]
    assert bound.condition("ServiceBinding", "app", "CredentialsIssued")[0] == "True"
    bound.database.down = ""
    bound.serve()
    assert ready(bound)[0] == "True"


def test_revoked_while_the_database_is_away(bound: ServiceWorld) -> None:
    bound.database.down = "the database does not answer: timed out"
    bound.change("ServiceBinding", "app", revoked=True)
    assert bound.serve() == 5.0
    assert ready(bound)[1] == "Revoked"
    assert "sessions are being ended: the database does not answer" in ready(bound)[2]
    assert bound.get("Secret", "app", "v1") is None
    bound.database.down = ""
    bound.serve()
    assert bound.database.logins == {}
    assert "being ended" not in ready(bound)[2]


def test_deleted(bound: ServiceWorld) -> None:
    bound.cluster.delete(Ref(labels.API_VERSION, "ServiceBinding", "app", NAMESPACE))
    bound.serve()
    assert bound.get("ServiceBinding", "app") is None
    assert bound.get("Secret", "app", "v1") is None
    assert bound.database.logins == {}


def test_deleted_with_an_environment_that_rests(bound: ServiceWorld) -> None:
    bound.database.down = "nothing runs"
    bound.cluster.delete(Ref(labels.API_VERSION, "ServiceBinding", "app", NAMESPACE))
    bound.serve()
    assert "deletionTimestamp" in bound.found("ServiceBinding", "app")["metadata"]
    found = bound.cluster.list(labels.API_VERSION, "Environment")[0]
    held = {"name": "portal-dev", "namespace": "dept-tax", "finalizers": [labels.ENVIRONMENT_FINALIZER]}
    bound.cluster.apply(
        {"apiVersion": labels.API_VERSION, "kind": "Environment", "metadata": held}, field_manager="operator"
    )
    bound.cluster.delete(Ref(labels.API_VERSION, "Environment", "portal-dev", "dept-tax"), uid=found["metadata"]["uid"])
    bound.serve()
    assert bound.get("ServiceBinding", "app") is None


@pytest.mark.parametrize(
    ("spec", "reason", "text"),
    [
        ({"instanceRef": "other"}, "NoSuchInstance", "service instance other is not in this namespace"),
        ({"instanceRef": "wrong"}, "InstanceNotReady", "plan huge is not offered"),
        ({"instanceRef": "fresh"}, "InstanceNotReady", "the database does not answer yet"),
    ],
)
def test_bindings_that_cannot_be_served(world: ServiceWorld, spec: dict[str, Any], reason: str, text: str) -> None:
    world.order("wrong", plan="huge")
    world.order("fresh")
    for name in ("wrong", "fresh"):
        world.reconcile(name)
    world.bind(**spec)
    assert world.serve() == 5.0
    assert ready(world)[:2] == ("False", reason)
    assert text in ready(world)[2]
    assert world.database.logins == {}
    assert world.get("Secret", "app", "v1") is None


def test_a_service_without_logins(world: ServiceWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.driver.accounts = None
    world.running()
    assert world.condition("ServiceInstance", "main", "Ready")[0] == "True"
    world.bind()
    world.serve()
    assert ready(world)[1] == "NoLogins"


def test_a_secret_of_people_is_never_taken_over(world: ServiceWorld) -> None:
    world.running()
    mine = world.seed("v1", "Secret", "app", namespace=NAMESPACE, data={"key": "bWluZQ=="})
    world.bind()
    world.serve()
    assert ready(world)[1] == "SecretTaken"
    world.cluster.delete(Ref(labels.API_VERSION, "ServiceBinding", "app", NAMESPACE))
    world.serve()
    assert world.get("ServiceBinding", "app") is None
    assert secret(world)["data"] == mine["data"]


def test_a_login_that_the_database_lost_is_issued_anew(bound: ServiceWorld) -> None:
    old = secret(bound)
    bound.database.logins.clear()
    bound.serve()
    assert ready(bound)[0] == "True"
    assert decoded(secret(bound), "username") != decoded(old, "username")
    assert opens(bound, secret(bound))


def test_a_secret_that_somebody_changed_is_repaired(bound: ServiceWorld) -> None:
    found = secret(bound)
    metadata = {"name": "app", "namespace": NAMESPACE}
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {"host": "bm93aGVyZQ=="}}
    bound.cluster.apply(body, field_manager="somebody")
    bound.serve()
    assert secret(bound)["data"] == found["data"]


def test_two_bindings_know_nothing_of_each_other(bound: ServiceWorld) -> None:
    bound.bind("report", role="ro")
    bound.serve("report")
    bound.change("ServiceBinding", "app", revoked=True)
    bound.serve()
    assert [login.role for login in bound.database.logins.values()] == ["ro"]
    assert opens(bound, secret(bound, "report"))


class Failing:
    """A cluster that ends the operator at its n-th write."""

    def __init__(self, cluster: Any, writes: int) -> None:
        self._cluster, self.left = cluster, writes

    def acting_as(self, user: str) -> Failing:
        return self

    def _write(self, name: str, *args: Any, **options: Any) -> Any:
        if self.left == 0:
            raise errors.ApiUnavailable("killed")
        self.left -= 1
        return getattr(self._cluster, name)(*args, **options)

    def apply(self, *args: Any, **options: Any) -> Any:
        return self._write("apply", *args, **options)

    def delete(self, *args: Any, **options: Any) -> Any:
        return self._write("delete", *args, **options)

    def patch_status(self, *args: Any, **options: Any) -> Any:
        return self._write("patch_status", *args, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cluster, name)


@pytest.mark.parametrize("writes", range(4))
def test_killed_at_any_write_nobody_is_cut_off(bound: ServiceWorld, writes: int) -> None:
    old = secret(bound)
    bound.pass_time(days=16)
    whole = bound.cluster
    bound.cluster = Failing(whole, writes)
    try:
        bound.serve()
    except errors.ApiUnavailable:
        assert opens(bound, secret_of(whole)), "the Secret that is there opens the database at any moment"
    bound.cluster = whole
    bound.serve()
    assert opens(bound, secret(bound))
    assert opens(bound, old)
    assert ready(bound)[0] == "True"
    assert len(bound.database.logins) == 2


def secret_of(cluster: Any) -> Object | None:
    found: Object | None = cluster.get(Ref("v1", "Secret", "app", NAMESPACE))
    return found


@pytest.mark.parametrize(
    ("name", "expected"),
    [("b_0123456789ab_7", 7), ("b_0123456789ab_x", 0), ("", 0), ("postgres", 0), ("b_0123456789ab_1\n", 0)],
)
def test_number(name: str, expected: int) -> None:
    assert number(name) == expected


random_world = st.fixed_dictionaries(
    {
        "secret": st.sampled_from(["missing", "right", "no password", "no date", "other user", "foreign"]),
        "logins": st.lists(st.integers(1, 4), unique=True, max_size=4),
        "age_days": st.integers(0, 40),
        "revoked": st.booleans(),
        "deleted": st.booleans(),
        "finalizer": st.booleans(),
        "ttl_days": st.sampled_from([None, 1, 100]),
        "database": st.sampled_from(["", "", "", "down"]),
        "instance": st.sampled_from(["running", "running", "starting", "none"]),
    }
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(random_world)
def test_from_any_state_it_comes_to_rest(monkeypatch: pytest.MonkeyPatch, plan: dict[str, Any]) -> None:
    world = build(plan, monkeypatch)
    for _ in range(3):
        world.serve()
    world.cluster.writes.clear()
    before = dict(world.database.logins)
    world.serve()
    assert world.cluster.writes == [], "at rest nothing is written"
    assert world.database.logins == before
    judge(world, plan)


def build(plan: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> ServiceWorld:
    world = ServiceWorld()
    monkeypatch.setattr(looking, "REGISTRY", {"postgresql": world.driver})
    if plan["instance"] != "none":
        world.running()
    spec = {"rotationSeconds": 30 * DAY} | ({"revoked": True} if plan["revoked"] else {})
    made = world.bind(**spec | ({"ttlSeconds": plan["ttl_days"] * DAY} if plan["ttl_days"] else {}))
    prefix = f"b_{made['metadata']['uid'].replace('-', '')[:12]}_"
    for index in plan["logins"]:
        until = NOW + timedelta(days=15 * index)
        user = f"{prefix}{index}"
        world.database.logins[user] = Credentials(user=user, role="rw", password=f"p{index}", valid_until=until)
    seed_secret(world, plan["secret"], prefix)
    if plan["finalizer"]:
        metadata = {"name": "app", "namespace": NAMESPACE, "finalizers": [labels.BINDING_FINALIZER]}
        body = {"apiVersion": labels.API_VERSION, "kind": "ServiceBinding", "metadata": metadata}
        world.cluster.apply(body, field_manager=labels.OPERATOR_FIELD_MANAGER)
    if plan["instance"] == "starting":
        world.play(ready=False)
    if plan["deleted"]:
        world.cluster.delete(Ref(labels.API_VERSION, "ServiceBinding", "app", NAMESPACE))
    world.database.down = plan["database"]
    world.pass_time(days=plan["age_days"])
    return world


def seed_secret(world: ServiceWorld, kind: str, prefix: str) -> None:
    if kind == "missing":
        return
    texts = {"username": f"{prefix}2", "password": "p2"}
    if kind == "no password":
        del texts["password"]
    if kind == "other user":
        texts["username"] = "b_ffffffffffff_1"
    import base64

    data = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
    named = {} if kind == "foreign" else {labels.BINDING: "app", labels.MANAGED_BY: labels.MANAGER}
    noted = {} if kind == "no date" else {ISSUED_AT: conditions.timestamp(NOW)}
    world.seed("v1", "Secret", "app", namespace=NAMESPACE, labels=named, annotations=noted, data=data)


def judge(world: ServiceWorld, plan: dict[str, Any]) -> None:
    """The world itself, whatever the status says: who gets in."""
    found = world.get("ServiceBinding", "app")
    over = plan["revoked"] or plan["deleted"] or (plan["ttl_days"] is not None and plan["age_days"] >= plan["ttl_days"])
    reachable = plan["instance"] == "running" and not plan["database"]
    mine = world.get("Secret", "app", "v1")
    if plan["secret"] == "foreign":
        assert mine is not None, "what people made stays"
        assert "host" not in mine["data"]
    if over:
        if reachable and (plan["finalizer"] or not plan["deleted"]):
            assert world.database.logins == {}
        assert plan["secret"] == "foreign" or mine is None or found is None
        assert found is None or conditions.is_true(found, "Ready") is False
    elif reachable and plan["secret"] != "foreign":
        assert found is not None
        assert conditions.is_true(found, "Ready")
        assert opens(world, mine)
    elif found is not None:
        assert not conditions.is_true(found, "Ready"), "never Ready without a look at the database"
