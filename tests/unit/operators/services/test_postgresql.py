"""What a database is made of, and the SQL that names things."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_api import labels
from govcloud_api.objects import ref_of
from govcloud_operators.services.backups import vault
from govcloud_operators.services.driver import Credentials, Role
from govcloud_operators.services.postgresql import config, desired, sql
from govcloud_operators.services.postgresql.driver import PostgresDriver
from support.services import PLAN, VAULT, order

MIB = 2**20
SOURCE = vault.derive(VAULT.store, "2", "8" * 64)


def pods(spec: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    made = order(spec={"restoreFrom": {"instance": "other"}} | (spec or {}), source_vault=SOURCE)
    found = [obj for stage in desired.stages(made) for obj in stage]
    found += [obj for stage in desired.stages(order()) for obj in stage]
    return [obj["spec"]["template"]["spec"] for obj in found if "template" in obj.get("spec", {})]


def test_pods_are_restricted() -> None:
    assert len(pods()) == 2
    for pod in pods():
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert set(container["resources"]) == {"requests", "limits"}
            assert container["image"].startswith(f"{labels.REGISTRY}/")
        assert all(
            set(v) <= {"name", "persistentVolumeClaim", "configMap", "secret", "emptyDir"} for v in pod["volumes"]
        )


def test_what_is_reserved_is_what_pods_and_volumes_ask_for() -> None:
    made = order()
    share = PostgresDriver().reserved(made)
    server = desired.server(made)["spec"]["template"]["spec"]["containers"]
    assert [c["resources"]["requests"]["memory"] for c in server] == ["512Mi", "128Mi"]
    assert share.memory_bytes == 640 * MIB
    assert share.cpu_millicores == 550
    assert share.storage_bytes == 5 * 1024 * MIB


def test_refs_name_everything_that_stages_can_hold() -> None:
    known = set(desired.refs(order()))
    for made in (
        order(),
        order(spec={"restoreFrom": {"instance": "other"}}, source_vault=SOURCE),
        order(suspended=True),
    ):
        assert {ref_of(obj) for stage in desired.stages(made) for obj in stage} <= known


def test_only_the_operator_and_the_namespace_get_in() -> None:
    policy = desired.network_policy(order())["spec"]
    assert policy["ingress"][0]["ports"] == [{"protocol": "TCP", "port": 5432}]
    peer = policy["ingress"][0]["from"]
    assert peer == [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "govcloud-system"}},
            "podSelector": {"matchLabels": {"app.kubernetes.io/name": "operator"}},
        }
    ]
    assert policy["podSelector"]["matchLabels"][labels.SERVICE] == "main"


@pytest.mark.parametrize(
    ("memory", "buffers", "connections"),
    [(256, "64MB", 40), (512, "128MB", 64), (2048, "512MB", 200), (8192, "2048MB", 200)],
)
def test_settings_follow_the_plans_memory(memory: int, buffers: str, connections: int) -> None:
    text = config.settings(memory_bytes=memory * MIB, at=config.Folders())
    assert f"shared_buffers = {buffers}\n" in text
    assert f"max_connections = {connections}\n" in text
    work = int(text.partition("work_mem = ")[2].partition("MB")[0])
    assert work * connections + memory // 4 + 64 <= memory


def test_nobody_comes_in_without_encryption() -> None:
    lines = config.host_access().splitlines()
    assert lines == [
        "local all postgres peer map=pod",
        "hostssl all govcloud_operator all cert map=operator",
        "hostssl app +app_login all scram-sha-256",
        "host all all all reject",
    ]


def test_no_word_of_a_tenant_gets_into_files_or_scripts() -> None:
    plain = desired.config_map(order("main"))["data"]
    other = desired.config_map(order("another-name", spec={"restoreFrom": {"instance": "x"}}))["data"]
    assert plain == other


def test_the_restart_that_settings_need_and_no_other() -> None:
    def settings(**changed: Any) -> str:
        template = desired.server(order(**changed))["spec"]["template"]
        return str(template["metadata"]["annotations"][desired.SETTINGS_ID])

    assert settings() == settings(spec={"backup": {"hour": 5, "retentionDays": 30}})
    assert settings() != settings(plan=PLAN.model_copy(update={"memory": "1Gi"}))


@given(st.text(max_size=40))
def test_only_names_of_ours_become_identifiers(name: str) -> None:
    try:
        quoted = sql.identifier(name)
    except ValueError:
        return
    assert quoted == f'"{name}"'
    assert name in sql.GROUPS.values() or name.isascii()


@pytest.mark.parametrize("role", ["ro", "rw", "admin"])
def test_statements_hold_no_password(role: Role) -> None:
    made = Credentials(user="b_0123456789ab_1", role=role, password="top-secret-word")
    text = "; ".join([sql.create(made), *sql.settle(made)])
    assert "top-secret-word" not in text
    assert "top-secret-word" not in repr(made)
    assert f'grant "app_login", "{sql.GROUPS[role]}" to "b_0123456789ab_1"' in text
    assert ("set role" in text) == (role == "admin")


def test_verifier_is_rfc_5803() -> None:
    """As PostgreSQL itself makes it: recomputed from the words of RFC 5802, section 3."""
    salt = b"0123456789abcdef"
    text = sql.verifier("pencil", salt)
    salted = hashlib.pbkdf2_hmac("sha256", b"pencil", salt, 4096)
    stored = hashlib.sha256(hmac.new(salted, b"Client Key", "sha256").digest()).digest()
    server = hmac.new(salted, b"Server Key", "sha256").digest()
    parts = [base64.b64encode(part).decode() for part in (salt, stored, server)]
    assert text == f"SCRAM-SHA-256$4096:{parts[0]}${parts[1]}:{parts[2]}"
    assert sql.verifier("pencil") != sql.verifier("pencil")


def test_a_password_that_is_not_ascii_is_refused() -> None:
    with pytest.raises(ValueError, match="ASCII"):
        sql.verifier("pässword")
