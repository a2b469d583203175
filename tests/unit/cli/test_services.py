"""`govcloud catalog` and `govcloud service` on a cluster in memory."""

import base64
import json
import shlex
from typing import Any

import pytest

from govcloud_api import labels
from govcloud_cli.span import seconds
from govcloud_cli.tenancy import following
from govcloud_kube.cluster import Object, Ref
from support import tenants
from support.desk import Desk, OpenDesk

WHERE = "tax-forms-prod"
WEB = tenants.offering("web", driver="web", versions=[])
WORLD = (
    tenants.namespace("dept-tax"), tenants.namespace(WHERE), tenants.department(), tenants.tier(),
    tenants.environment(), tenants.offering(), WEB,
)  # fmt: skip
SECRET = {"type": "postgresql", "username": "anna", "password": "it's $ecret", "ca.crt": "-----\nx\n"}


@pytest.fixture
def anna(open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """An owner of the department; nothing answers what she writes."""
    monkeypatch.setattr(following, "WAIT_SECONDS", 0.0)
    return open_desk(*WORLD)


def held(desk: Desk, kind: str, namespace: str = WHERE) -> list[Object]:
    return desk.cluster.list(labels.API_VERSION, kind, namespace=namespace)


def test_the_catalogue_shows_services_and_tiers_with_prices(anna: Desk) -> None:
    code, out, _ = anna.run("catalog", "ls")
    assert code == 0
    rows = [line.split() for line in out.splitlines()]
    assert ["postgresql", "-", "small,", "large", "15", "A", "database"] in rows
    assert ["standard", "99.5", "%", "15.00", "2.00", "0.10"] in rows
    assert {item["metadata"]["name"] for item in anna.data("catalog", "ls")["offerings"]} == {"postgresql", "web"}


def test_an_offering_says_what_each_plan_costs(anna: Desk) -> None:
    out = anna.run("catalog", "show", "postgresql")[1]
    rows = [line.split() for line in out.splitlines()]
    assert ["small", "500m", "1Gi", "5Gi", "1", "10.00", "10", "connections"] in rows
    assert ["large", "2", "4Gi", "50Gi", "2", "96.00"] in rows  # two copies and the plan's own price
    assert "order: govcloud service create NAME -e ENVIRONMENT --offering postgresql --plan small" in out
    code, _, err = anna.run("catalog", "show", "oracle")
    assert (code, "there is no offering oracle; `govcloud catalog ls` lists them" in err) == (5, True)


def test_prices_may_be_closed_and_the_catalogue_empty(anna: Desk, open_desk: OpenDesk) -> None:
    anna.cluster.closed = {"ServiceTier in all"}
    assert "TIER" not in anna.run("catalog", "ls")[1]
    assert "10 connections" in anna.run("catalog", "show", "postgresql")[1]
    assert "nothing can be ordered yet" in open_desk().run("catalog", "ls")[1]


ORDER = ("service", "create", "db", "--offering", "postgresql", "--plan", "small")
PROGRAM = ("service", "create", "w", "--offering", "web", "--plan", "small")


def test_an_order_lands_in_the_environments_namespace(anna: Desk) -> None:
    code, out, _ = anna.run(*ORDER, "-e", "forms-prod", "--version", "15", "--backup-hour", "3", "--backup-days", "30")
    [made] = held(anna, "ServiceInstance")
    assert made["metadata"]["name"] == "db"
    assert made["spec"] == {
        "offeringRef": "postgresql", "plan": "small", "version": "15", "deletionProtection": True,
        "backup": {"hour": 3, "retentionDays": 30},
    }  # fmt: skip
    assert (code, out.splitlines()[0]) == (0, f"service {WHERE}/db: postgresql small")


def test_a_web_program_has_image_port_and_variables(anna: Desk) -> None:
    words = ("--image", "registry.govcloud.internal/tax/forms:1", "--port", "9000", "--replicas", "2-5")
    more = ("--set", "MODE=a=b", "--secret", "PASSWORD=forms-db/password", "--host", "forms.example")
    code, _, err = anna.run("service", "create", "forms", "--offering", "web", "--plan", "small", *words, *more)
    assert (code, err) == (0, "")
    assert held(anna, "ServiceInstance")[0]["spec"]["web"] == {
        "image": "registry.govcloud.internal/tax/forms:1", "port": 9000, "host": "forms.example",
        "minReplicas": 2, "maxReplicas": 5,
        "variables": [
            {"name": "MODE", "value": "a=b"},
            {"name": "PASSWORD", "secretName": "forms-db", "secretKey": "password"},
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ((*ORDER[:-1], "huge"), 5, "plan: there is no huge; choose from small, large"),
        ((*ORDER, "--version", "9"), 5, "version: there is no 9; choose from 15"),
        ((*ORDER, "-e", "none"), 5, "dept-tax has no environment none; `govcloud env ls` lists them"),
        (("service", "create", "DB", *ORDER[3:]), 5, "name: "),
        (PROGRAM, 5, "image: is missing"),
        ((*PROGRAM, "--image", "i", "--set", "x"), 2, "NAME=VALUE"),
        (
            (*PROGRAM, "--image", "i", "--secret", "x=y"),
            2, "NAME=SECRET/KEY",
        ),
        (
            (*PROGRAM, "--image", "i", "--replicas", "a-b"),
            2, "two with a dash between",
        ),
        (("service", "restore", "db2", "--from", "none"), 5, f"{WHERE} has no service none; `govcloud service ls`"),
        (("service", "show", "none"), 5, "has no service none"),
        (("service", "revoke", "none"), 5, "has no binding none"),
        (("service", "delete", "db", "--confirm", "d"), 2, "--confirm says d, the service is db; nothing was changed"),
        (("service", "credentials", "db", "--ttl", "4 hours", "--reason", "because of it"), 2, "write 30m, 4h, 7d"),
        (("service", "credentials", "db", "--ttl", "4h", "--reason", "hm"), 5, "one of at least 10 characters"),
    ],
)  # fmt: skip
def test_what_is_refused_writes_nothing(words: tuple[str, ...], code: int, says: str, anna: Desk) -> None:
    found, out, err = anna.run(*words)
    assert (found, out) == (code, "")
    assert says in err
    assert anna.cluster.writes == []


def test_which_environment_is_asked_when_there_are_several(open_desk: OpenDesk) -> None:
    desk = open_desk(*WORLD, tenants.environment("portal-dev"))
    code, _, err = desk.run(*ORDER)
    assert (code, "several environments: forms-prod, portal-dev; say which with -e NAME" in err) == (5, True)
    empty = open_desk(*WORLD[:2])
    assert "dept-tax has no environment; ask for one" in empty.run(*ORDER)[2]
    new = open_desk(*WORLD[:2], tenants.environment(status={"namespace": None}))
    assert "forms-prod has no namespace yet" in new.run(*ORDER)[2]


def test_a_dry_run_creates_nothing_and_wait_has_a_code(anna: Desk) -> None:
    assert anna.run(*ORDER, "--dry-run")[:2] == (0, "the API server accepts it; nothing was created\n")
    assert held(anna, "ServiceInstance") == []
    code, out, _ = anna.run(*ORDER, "--wait")
    assert (code, "waiting on: the operator, which has not seen it yet" in out) == (6, True)


def test_wait_ends_when_it_answers_or_somebody_must_act(anna: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "WAIT_SECONDS", 30.0)
    full = tenants.condition("Ready", "False", "QuotaExceeded", "no memory left")
    for name, found, code in (("a", tenants.condition("Ready", reason="Answers"), 0), ("b", full, 6)):
        answer(anna, monkeypatch, {"conditions": [found]})
        assert anna.run("service", "create", name, *ORDER[3:], "--wait")[0] == code


def answer(desk: Desk, monkeypatch: pytest.MonkeyPatch, status: dict[str, Any]) -> None:
    """From now on every new object has this status at once, as the operator would write it."""
    create = type(desk.cluster).create

    def answered(obj: Object, *, dry_run: bool = False) -> Object:
        stored = create(desk.cluster, obj, dry_run=dry_run)
        name = stored["metadata"]["name"]
        said = json.loads(json.dumps(status).replace("NAME", name))
        return desk.cluster.patch_status({**stored, "status": said}, field_manager="operator")

    monkeypatch.setattr(desk.cluster, "create", answered)


def test_a_list_and_all_about_one(open_desk: OpenDesk) -> None:
    old = tenants.binding("anna-1", spec={"revoked": True}, status={"lastUsed": "2026-01-02T00:00:00Z"})
    desk = open_desk(
        *WORLD, tenants.instance(), tenants.binding(), old, tenants.binding("other", spec={"instanceRef": "x"})
    )
    rows = [line.split() for line in desk.run("service", "ls")[1].splitlines()]
    assert rows[1] == [
        WHERE,
        "db",
        "postgresql",
        "small",
        "15",
        "Answers",
        "svc-db.x.svc:5432",
        "2026-01-01T02:00:00Z",
        "-",
    ]
    code, out, _ = desk.run("service", "show", "db")
    assert code == 0
    for line in (
        "endpoint: svc-db.x.svc:5432",
        "version: 15",
        "price: 12.34 a month",
        "last backup: 2026-01-01T02:00:00Z",
    ):
        assert line in out.splitlines()
    rows = [line.split() for line in out.splitlines()]
    assert ["forms-db", "rw", "anna", "Issued", "-", "-"] in rows
    assert ["anna-1", "rw", "anna", "Revoked", "-", "2026-01-02T00:00:00Z"] in rows
    assert "other" not in out
    assert "no services yet" in open_desk(*WORLD).run("service", "ls")[1]


def test_the_platform_sees_all_services(open_desk: OpenDesk) -> None:
    far = (tenants.namespace("civil-x-dev"), tenants.instance("far", "civil-x-dev"))
    desk = open_desk(*WORLD, tenants.instance(), *far, user="rita", groups=("platform:operator",), department="")
    assert [item["metadata"]["name"] for item in desk.data("service", "ls")] == ["far", "db"]


def test_credentials_are_temporary_recorded_and_lines_for_a_shell(anna: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "WAIT_SECONDS", 30.0)
    status = {
        "binding": {"name": "the-secret"},
        "expiresAt": "2026-01-01T04:00:00Z",
        "conditions": [tenants.condition("Ready")],
    }
    answer(anna, monkeypatch, status)
    data = {key: base64.b64encode(value.encode()).decode() for key, value in SECRET.items()}
    anna.cluster.seed(
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "the-secret", "namespace": WHERE}, "data": data}
    )
    code, out, err = anna.run("service", "credentials", "db", "--ttl", "4h", "--reason", "repair of case 17")
    assert code == 0
    [made] = held(anna, "ServiceBinding")
    assert made["spec"] == {"instanceRef": "db", "role": "ro", "ttlSeconds": 14400, "reason": "repair of case 17"}
    assert dict(word.split("=", 1) for word in shlex.split(out)) == {
        "TYPE": "postgresql", "USERNAME": "anna", "PASSWORD": "it's $ecret", "CA_CRT": "-----\nx\n",
    }  # fmt: skip
    assert f"they end 2026-01-01T04:00:00Z; end them now: govcloud service revoke {made['metadata']['name']}" in err
    assert "it's $ecret" not in err
    assert anna.data("service", "credentials", "db", "--reason", "repair of case 17") == SECRET


def test_credentials_that_do_not_come_say_why(anna: Desk) -> None:
    code, out, err = anna.run("service", "credentials", "db", "--reason", "repair of case 17")
    assert (code, out) == (5, "")
    assert "has no credentials yet: the operator, which has not seen it yet" in err


def test_a_program_is_bound_for_ever_under_its_own_name(anna: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "WAIT_SECONDS", 30.0)
    answer(anna, monkeypatch, {"binding": {"name": "NAME"}, "conditions": [tenants.condition("Ready")]})
    code, out, _ = anna.run("service", "bind", "forms-db", "--instance", "db", "--role", "admin", "--rotation", "7d")
    assert code == 0
    [made] = held(anna, "ServiceBinding")
    assert made["spec"] == {"instanceRef": "db", "role": "admin", "rotationSeconds": 7 * 86400}
    assert out.splitlines()[0] == f"binding {WHERE}/forms-db: Secret forms-db"


def test_revoke_touches_nothing_but_the_one(open_desk: OpenDesk) -> None:
    desk = open_desk(*WORLD, tenants.binding(), tenants.binding("other"))
    before = {item["metadata"]["name"]: item for item in held(desk, "ServiceBinding")}
    code, out, _ = desk.run("service", "revoke", "forms-db")
    assert (code, out) == (0, "access forms-db is revoked; its sessions end within seconds\n")
    after = {item["metadata"]["name"]: item for item in held(desk, "ServiceBinding")}
    assert after["forms-db"]["spec"] == before["forms-db"]["spec"] | {"revoked": True}
    assert after["other"] == before["other"]


def test_a_restore_is_a_new_instance_like_the_old_one(open_desk: OpenDesk) -> None:
    desk = open_desk(*WORLD, tenants.instance(spec={"backup": {"hour": 4, "retentionDays": 14}}))
    assert desk.run("service", "restore", "db2", "--from", "db", "--time", "2026-01-01T01:00:00Z")[0] == 0
    found = desk.cluster.get(Ref(labels.API_VERSION, "ServiceInstance", "db2", WHERE))
    assert found is not None
    assert found["spec"] == {
        "offeringRef": "postgresql", "plan": "small", "version": "15", "deletionProtection": True,
        "backup": {"hour": 4, "retentionDays": 14}, "restoreFrom": {"instance": "db", "time": "2026-01-01T01:00:00Z"},
    }  # fmt: skip


BACKED_UP = {"conditions": [tenants.condition("Ready", reason="Ready"), tenants.condition("BackupRecent")]}


def backed_up(**status: Any) -> Object:
    return tenants.instance(status=BACKED_UP | status)


def test_a_backup_is_asked_for_and_awaited(open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = open_desk(*WORLD, backed_up())
    before = held(desk, "ServiceInstance")[0]
    code, out, _ = desk.run("service", "backup", "db")
    [asked] = held(desk, "ServiceInstance")
    since = asked["metadata"]["annotations"][labels.BACKUP_REQUESTED]
    assert since > "2026-01-01T02:00:00Z"
    assert (code, asked["spec"]) == (0, before["spec"])
    assert out == f"service {WHERE}/db: a backup is asked for, beginning after {since}; look with service show\n"
    monkeypatch.setattr(following, "WAIT_SECONDS", 0.0)
    assert desk.run("service", "backup", "db", "--wait")[0] == 6
    monkeypatch.setattr(following, "WAIT_SECONDS", 30.0)
    apply = desk.cluster.apply

    def made(obj: Object, **how: Any) -> Object:
        """As an operator and a server that are quick."""
        stored = apply(obj, **how)
        status = stored["status"] | {"lastBackup": "2099-01-01T00:00:00Z"}
        return desk.cluster.patch_status({**stored, "status": status}, field_manager="operator")

    monkeypatch.setattr(desk.cluster, "apply", made)
    code, out, _ = desk.run("service", "backup", "db", "--wait")
    assert (code, out) == (0, f"service {WHERE}/db: backed up at 2099-01-01T00:00:00Z\n")


def test_by_a_clock_that_goes_behind_a_new_backup_is_asked_for_all_the_same(open_desk: OpenDesk) -> None:
    desk = open_desk(*WORLD, backed_up(lastBackup="2098-12-31T23:59:59Z"))
    assert desk.run("service", "backup", "db")[0] == 0
    [asked] = held(desk, "ServiceInstance")
    assert asked["metadata"]["annotations"] == {labels.BACKUP_REQUESTED: "2099-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ({}, "db makes no backups"),
        (
            {"conditions": [tenants.condition("Ready", "False", "Suspended"), tenants.condition("BackupRecent")]},
            "rests with its environment",
        ),
    ],
)
def test_a_backup_that_cannot_be_made_is_not_asked_for(status: dict[str, Any], says: str, open_desk: OpenDesk) -> None:
    desk = open_desk(*WORLD, tenants.instance(status=status))
    code, out, err = desk.run("service", "backup", "db")
    assert (code, out) == (5, "")
    assert says in err
    assert desk.cluster.writes == []


def test_a_protected_service_is_deleted_when_its_name_is_said_twice(open_desk: OpenDesk) -> None:
    desk = open_desk(*WORLD, tenants.instance(), tenants.instance("keep"))
    assert desk.run("service", "delete", "db", "--confirm", "db")[:2] == (0, f"service {WHERE}/db is being deleted\n")
    assert [item["metadata"]["name"] for item in held(desk, "ServiceInstance")] == ["keep"]
    assert [verb for verb, _ in desk.cluster.writes] == ["apply", "delete"]


@pytest.mark.parametrize(
    ("text", "count"), [("90s", 90), ("30m", 1800), ("4h", 14400), ("7d", 604800), ("1h30m", 5400)]
)
def test_spans_of_time(text: str, count: int) -> None:
    assert seconds(text) == count


@pytest.mark.parametrize("text", ["", "4", "h", "4 h", "-4h", "4x", "1.5h", "\uff14h"])
def test_what_is_no_span(text: str) -> None:
    with pytest.raises(ValueError, match="write 30m"):
        seconds(text)
