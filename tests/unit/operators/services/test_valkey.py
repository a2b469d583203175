"""Valkey as an order: ACL file, settings, what stays when a plan changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_api.v1alpha1.service_offering import Plan
from govcloud_kube import Object, ref_of
from govcloud_kube.memory import MemoryCluster
from govcloud_operators import actions
from govcloud_operators.services import authority, server
from govcloud_operators.services.driver import Credentials, Role
from govcloud_operators.services.valkey import acl, desired
from govcloud_operators.services.valkey.driver import ValkeyDriver
from support import services, valkey

DRIVER = ValkeyDriver()
NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,40}", fullmatch=True).filter(lambda name: name != acl.OPERATOR)
PASSWORDS = st.text(min_size=20, max_size=60)
ROLES = st.sampled_from(["ro", "rw", "admin"])


@given(st.dictionaries(NAMES, st.tuples(ROLES, PASSWORDS), max_size=8))
def test_the_file_gives_back_what_was_put_in(people: dict[str, tuple[Role, str]]) -> None:
    lines = {user: acl.line(user, role, password) for user, (role, password) in people.items()}
    text = acl.text("5" * 64, lines)
    assert acl.logins(text) == lines
    for role, password in people.values():
        assert password not in text
        assert role in acl.RULES


@pytest.mark.parametrize(
    "forged",
    [
        f"user evil on #{'0' * 64} ~* &* +@all",
        f"user evil on nopass {acl.RULES['rw']}",
        f"user {acl.OPERATOR} on #{'0' * 64} {acl.RULES['admin']}",
        f"user two words on #{'0' * 64} {acl.RULES['rw']}",
        f"user evil on #{'0' * 64} #{'1' * 64} {acl.RULES['rw']}",
        "user default on nopass ~* +@all",
        "# nothing",
        "",
    ],
)
def test_a_line_that_no_role_makes_is_no_login(forged: str) -> None:
    assert acl.logins(f"{acl.text('5' * 64, {})}{forged}\n") == {}


def test_the_operators_password_is_neither_the_secret_nor_written() -> None:
    password = acl.operator_password("5" * 64)
    assert password != "5" * 64
    assert password != acl.operator_password("6" * 64)
    objects = str(DRIVER.stages(valkey.order()))
    assert password not in objects
    assert "5" * 64 not in objects


def test_logins_stay_when_the_rest_is_written_anew() -> None:
    line = acl.line("app-1", "rw", "p" * 40)
    there = desired.accounts(valkey.order(), {"app-1": line})
    again = desired.accounts(valkey.order(live={desired.accounts_ref(valkey.order()): there}))
    assert again["data"] == there["data"]
    broken = there | {"data": {acl.FILE: authority.encoded("user app-1 on nopass +@all")}}
    mended = desired.accounts(valkey.order(live={desired.accounts_ref(valkey.order()): broken}))
    assert authority.decoded(mended, acl.FILE) == acl.text("5" * 64, {})


def test_logins_do_not_restart_the_server_but_settings_do() -> None:
    small, large = valkey.order(), valkey.order(plan=services.PLAN.model_copy(update={"memory": "1Gi"}))
    there = desired.accounts(small, {"app-1": acl.line("app-1", "rw", "p" * 40)})
    with_login = replace(small, live={desired.accounts_ref(small): there})
    assert annotation(desired.stateful_set(with_login)) == annotation(desired.stateful_set(small))
    assert annotation(desired.stateful_set(large)) != annotation(desired.stateful_set(small))


def annotation(found: Object) -> str:
    return str(found["spec"]["template"]["metadata"]["annotations"][server.SETTINGS_ID])


def test_settings_leave_room_and_encrypt() -> None:
    lines = desired.settings(valkey.order()).splitlines()
    assert "port 0" in lines
    assert "tls-port 6379" in lines
    assert f"maxmemory {512 * 1024 * 1024 * 70 // 100}" in lines
    assert "appendonly yes" in lines


def test_a_volume_never_shrinks() -> None:
    wanted = valkey.order()
    there = server.claim(valkey.order(plan=services.PLAN.model_copy(update={"storage": "50Gi"})))
    found = server.claim(replace(wanted, live={server.claim_ref(wanted): there}))
    assert found["spec"]["resources"]["requests"]["storage"] == "50Gi"
    assert found["metadata"]["name"] == "data-svc-main-0"


@pytest.mark.parametrize(
    ("plan", "spec", "said"),
    [
        ({}, {}, ""),
        ({"replicas": 3}, {}, "runs one"),
        ({"memory": "32Mi"}, {}, "64Mi is the least"),
        ({"storage": "0"}, {}, "has no storage"),
        ({}, {"restoreFrom": {"instance": "old"}}, "has no backups; leave it out"),
    ],
)
def test_faults_say_what_to_change(plan: dict[str, Any], spec: dict[str, Any], said: str) -> None:
    changed = Plan.model_validate(services.PLAN.wire() | plan)
    found = DRIVER.faults(valkey.order(plan=changed, spec={"offeringRef": "valkey"} | spec))
    assert said in found if said else found == ""


def test_the_secret_of_a_binding_says_everything_a_client_needs() -> None:
    found = DRIVER.entries(valkey.order(), Credentials(user="app-1", role="rw", password="a/b c"))
    assert found["type"] == "redis"
    assert found["uri"] == f"rediss://app-1:a%2Fb%20c@svc-main.{services.NAMESPACE}.svc.cluster.local:6379/0"
    assert found["password"] == "a/b c"


@pytest.mark.parametrize(
    ("status", "suspended", "told"),
    [
        (None, False, ("False", "Creating")),
        ({}, False, ("False", "Starting")),
        ({"observedGeneration": 1, "readyReplicas": 1, "updatedReplicas": 1}, False, ("True", "Answers")),
        ({"observedGeneration": 0, "readyReplicas": 1, "updatedReplicas": 1}, False, ("False", "Starting")),
        ({"observedGeneration": 1, "readyReplicas": 1}, False, ("False", "Starting")),
        ({"observedGeneration": 1, "readyReplicas": 1, "updatedReplicas": 1}, True, ("False", "Suspended")),
    ],
)
def test_readiness(status: dict[str, Any] | None, suspended: bool, told: tuple[str, str]) -> None:
    wanted = valkey.order(suspended=suspended)
    made = desired.stateful_set(wanted)
    made["metadata"]["generation"] = 1
    live = {} if status is None else {ref_of(made): made | {"status": status}}
    found = DRIVER.readiness(replace(wanted, live=live))
    assert (found.status, found.reason) == told


def test_a_cluster_that_shows_what_is_wanted_gets_no_write() -> None:
    wanted = valkey.order()
    cluster = MemoryCluster()
    cluster.seed({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": services.NAMESPACE}})
    for _ in range(3):
        live = actions.read(cluster, DRIVER.refs(wanted))
        actions.perform(cluster, actions.first_stage(DRIVER.stages(replace(wanted, live=live)), live))
    assert len(cluster.writes) == len(DRIVER.refs(wanted))
    assert DRIVER.applied_version(replace(wanted, live=live)) == "7.0.15"
