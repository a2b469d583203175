"""What people of a department may know of it: told at home by the operator, and no right reaches further."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from govcloud_api import errors, labels, notices
from govcloud_cli import run
from govcloud_cli.main import cli
from govcloud_cli.tenancy import services
from govcloud_kube import Cluster, Ref, ref_of
from support import places, tenancy, tenants
from support.apiserver import ApiServer

ROLES = ("owner", "approver", "finance", "auditor", "steward", "member-manager")
PEOPLE = [{"kind": "Group", "name": f"law:{role}", "role": role} for role in ROLES]
REFUSED = "only the operator writes it"


@pytest.fixture(scope="module")
def law(new_department: Callable[..., str], admin: Cluster) -> str:
    """Home of a department with somebody in every role, once its people are told of it."""
    home = new_department("law", subjects=PEOPLE)
    tenancy.eventually(lambda: admin.get(notices.ref(notices.DEPARTMENT, home)), "people are told of their department")
    return home


@pytest.mark.parametrize("role", ROLES)
def test_everybody_with_a_role_reads_the_own_department_and_no_other(
    server: ApiServer, law: str, tax: str, role: str
) -> None:
    person = server.connect(f"law-{role}", f"law:{role}")
    found = notices.department(person.get(notices.ref(notices.DEPARTMENT, law)))
    assert found is not None
    assert (found["metadata"]["name"], found["spec"]["subjects"]) == ("law", PEOPLE)
    by_name = f"metadata.name={notices.DEPARTMENT}"
    assert len(person.list("v1", "ConfigMap", namespace=law, field_selector=by_name)) == 1
    for forbidden in (
        lambda: person.get(Ref(labels.API_VERSION, "Department", "law")),
        lambda: person.list(labels.API_VERSION, "Department"),
        lambda: person.get(notices.ref(notices.DEPARTMENT, tax)),
        lambda: person.list("v1", "ConfigMap", namespace=law),
        lambda: person.get(notices.ref("kube-root-ca.crt", law)),
        lambda: person.list("v1", "ConfigMap", field_selector=by_name),
        lambda: person.apply(notices.config_map(notices.DEPARTMENT, law, {}), field_manager="x"),
        lambda: person.delete(notices.ref(notices.DEPARTMENT, law)),
    ):
        with pytest.raises(errors.Forbidden):
            forbidden()


def test_a_stranger_reads_nothing(server: ApiServer, law: str) -> None:
    with pytest.raises(errors.Forbidden):
        server.connect("mallory", "mallory:owner").get(notices.ref(notices.DEPARTMENT, law))


def test_a_member_who_left_is_told_no_more(server: ApiServer, admin: Cluster, law: str) -> None:
    leaver = server.connect("leaver", "law:leaver")
    ref = notices.ref(notices.DEPARTMENT, law)
    admin.apply(
        tenancy.department("law", subjects=[*PEOPLE, {"kind": "Group", "name": "law:leaver", "role": "auditor"}]),
        field_manager=labels.PLATFORM_FIELD_MANAGER,
    )
    tenancy.eventually(lambda: leaver.get(ref), "who joins is told")
    admin.apply(tenancy.department("law", subjects=PEOPLE), field_manager=labels.PLATFORM_FIELD_MANAGER)

    def is_out() -> bool:
        try:
            leaver.get(ref)
        except errors.Forbidden:
            return True
        return False

    tenancy.eventually(is_out, "who left is told no more")
    told = notices.department(admin.get(ref))
    assert told is not None
    assert told["spec"]["subjects"] == PEOPLE


@pytest.mark.parametrize("name", notices.NAMES)
def test_nobody_but_the_operator_writes_a_notice(
    admin: Cluster, operator_name: Cluster, acme: places.Place, name: str
) -> None:
    forged = notices.config_map(name, acme.home, {"department.json": "{}"})
    with pytest.raises(errors.InvalidSpec, match=REFUSED):
        admin.create(forged)
    operator_name.apply(forged, field_manager=labels.OPERATOR_FIELD_MANAGER)
    with pytest.raises(errors.InvalidSpec, match=REFUSED):
        admin.apply(notices.config_map(name, acme.home, {"department.json": "[]"}), field_manager="x")
    with pytest.raises(errors.InvalidSpec, match=REFUSED):
        admin.delete(notices.ref(name, acme.home))
    whole = f"/api/v1/namespaces/{acme.home}/configmaps"
    with pytest.raises(errors.GovcloudError, match=REFUSED):
        admin.raw("DELETE", f"{whole}?fieldSelector=metadata.name%3D{name}")
    assert admin.get(notices.ref(name, acme.home)) is not None
    operator_name.delete(notices.ref(name, acme.home))


@pytest.mark.parametrize("name", notices.NAMES)
def test_the_operator_tells_departments_at_home_only(operator_name: Cluster, acme: places.Place, name: str) -> None:
    for namespace in (acme.work, labels.SYSTEM_NAMESPACE, "kube-system"):
        with pytest.raises(errors.InvalidSpec):
            operator_name.apply(notices.config_map(name, namespace, {}), field_manager="x", dry_run=True)


def test_the_operators_own_rights_end_at_the_names_of_notices(as_operator: Cluster, acme: places.Place) -> None:
    ref = notices.ref(notices.DEPARTMENT, acme.home)
    as_operator.apply(notices.config_map(ref.name, acme.home, {"department.json": "{}"}), field_manager="x")
    assert as_operator.delete(ref)
    for forbidden in (
        lambda: as_operator.apply(notices.config_map("other", acme.home, {}), field_manager="x"),
        lambda: as_operator.create(notices.config_map("other", acme.home, {})),
        lambda: as_operator.get(notices.ref("kube-root-ca.crt", acme.home)),
        lambda: as_operator.list("v1", "ConfigMap", namespace=acme.home),
    ):
        with pytest.raises(errors.Forbidden):
            forbidden()


def test_the_command_line_tells_a_member_before_anything_is_asked(
    server: ApiServer, admin: Cluster, law: str, capsys: pytest.CaptureFixture[str]
) -> None:
    credentials = str(server.kubeconfig("law-owner", "law:owner"))

    def said(*words: str) -> Any:
        code = run.run(cli, [*words, "--kubeconfig", credentials, "-o", "json"])
        captured = capsys.readouterr()
        assert code == 0, captured.err
        return json.loads(captured.out)

    assert said("dept", "show", "law")["spec"]["code"] == "law"
    wish = ("env", "request", "--department", "law", "--product", "huge", "--purpose", "test", "--why", "to see")
    verdict = said(*wish, "--size", "large", "--data-class", "secret", "--dry-run")["verdict"]
    failing = {rule["rule"]: rule["message"] for rule in verdict["rules"] if not rule["pass"]}
    assert "at most 8 passes" in failing["quota"]
    assert "data up to internal" in failing["data-class"]
    assert verdict["unknown"] == []
    assert admin.list(labels.API_VERSION, "EnvironmentRequest", namespace=law) == []


def test_an_owner_asks_for_a_backup_and_who_only_reads_does_not(acme: places.Place) -> None:
    owner, metadata = acme.person("owner"), {"name": "backed", "namespace": acme.work}
    body = {"apiVersion": labels.API_VERSION, "kind": "ServiceInstance", "metadata": metadata}
    spec = {"offeringRef": "postgresql", "plan": "small", "deletionProtection": False}
    made = owner.create(body | {"spec": spec})
    told = {"status": {"conditions": [tenants.condition("BackupRecent")], "lastBackup": "2026-01-01T00:00:00Z"}}
    try:
        asked = services.want_backup(owner, made | told, datetime.now(UTC))
        assert labels.BACKUP_REQUESTED in asked["metadata"]["annotations"]
        assert asked["spec"] == made["spec"]
        for role in ("editor", "viewer", "auditor"):
            with pytest.raises(errors.Forbidden):
                services.want_backup(acme.person(role), made | told, datetime.now(UTC))
        noted = metadata | {"annotations": {f"{labels.STATE_PREFIX}anything": "mine"}}
        with pytest.raises(errors.InvalidSpec, match="belong to the operator"):
            owner.apply(body | {"metadata": noted}, field_manager="x")
    finally:
        owner.delete(ref_of(made))
