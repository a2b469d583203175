"""`govcloud env` on a cluster in memory: what is written, what is said, with which code it ends."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from govcloud_api import conditions, labels
from govcloud_cli.tenancy import environments, following
from govcloud_kube.cluster import Object
from support import tenants
from support.desk import Desk, OpenDesk

HOME = tenants.namespace("dept-tax")
SANDBOX_AUTO = tenants.policy("sandbox", types=["Create"], purposes=["sandbox"], auto={"always": True}, priority=10)
PRODUCTION = tenants.policy(
    "production", types=["Create"], purposes=["production"], priority=10,
    require=[{"role": role, "scope": "requester", "count": 1} for role in ("approver", "finance")],
)  # fmt: skip
CHANGE = tenants.policy(
    "change", types=["Change"], auto={"decreases": True, "maxIncreasePercent": 50},
    require=[{"role": "approver", "scope": "requester", "count": 1}],
)  # fmt: skip
TEST = tenants.policy(
    "test", types=["Create"], purposes=["test"], require=[{"role": "approver", "scope": "requester", "count": 1}]
)
WORLD = (HOME, tenants.department(), tenants.tier(), SANDBOX_AUTO, PRODUCTION, TEST, CHANGE, tenants.environment())


def made(desk: Desk) -> list[Object]:
    return desk.cluster.list(labels.API_VERSION, "EnvironmentRequest", namespace="dept-tax")


def test_a_request_is_written_in_the_home_of_the_credentials(open_desk: OpenDesk) -> None:
    desk = open_desk(*WORLD)
    code, out, _ = desk.run(
        "env", "request", "--product", "portal", "--purpose", "sandbox", "--why", "try", "--member", "eve=viewer",
        "--host", "portal.example", "--egress", "internal", "--data-class", "public",
    )  # fmt: skip
    [request] = made(desk)
    assert request["spec"] == {
        "type": "Create", "product": "portal", "purpose": "sandbox", "size": "small", "dataClass": "public",
        "members": [{"kind": "User", "name": "eve", "role": "viewer"}],
        "network": {"ingressHosts": ["portal.example"], "egress": "internal"},
        "justification": {"why": "try"},
    }  # fmt: skip
    name = request["metadata"]["name"]
    assert code == 0
    assert out.splitlines() == [
        f"request {name} in dept-tax: Create portal sandbox", "phase: Pending",
        "waiting on: the operator, which has not seen it yet", f"next: govcloud env status {name}",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "spec"),
    [
        (("change", "forms-prod", "--size", "medium"), {"type": "Change", "size": "medium"}),
        (
            ("change", "forms-prod", "--cpu", "3", "--no-hosts", "--current-use", "80 %"),
            {"type": "Change", "quota": tenants.SMALL | {"cpu": "3"}, "network": {"ingressHosts": []}},
        ),
        (("change", "forms-prod", "--no-members"), {"type": "Change", "members": []}),
        (("extend", "forms-prod", "--days", "20"), {"type": "Extend", "lifetimeDays": 20}),
        (("transfer", "forms-prod", "--to", "civil"), {"type": "Transfer", "transferTo": "civil"}),
        (("delete", "forms-prod", "--confirm", "forms-prod"), {"type": "Delete"}),
    ],
)
def test_what_else_can_be_asked(words: tuple[str, ...], spec: dict[str, Any], open_desk: OpenDesk) -> None:
    desk = open_desk(*WORLD)
    code, out, err = desk.run("env", *words, "--why", "it is needed")
    assert (code, err) == (0, "")
    [request] = made(desk)
    wanted = {key: value for key, value in request["spec"].items() if key != "justification"}
    assert wanted == spec | {"environmentRef": "forms-prod"}
    assert request["metadata"]["name"].startswith(f"forms-prod-{spec['type'].lower()}-")
    assert f"{spec['type']} forms-prod" in out


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("request",), 2, "missing --product, --purpose, --why; give them, or a file of answers with -f"),
        (("extend", "forms-prod"), 2, "missing --days, --why"),
        (("delete", "forms-prod", "--why", "over"), 2, "say --confirm forms-prod; nothing was asked"),
        (("delete", "forms-prod", "--why", "over", "--confirm", "forms"), 2, "--confirm says forms"),
        (("change", "none", "--size", "large", "--why", "w"), 5, "dept-tax has no environment none; `govcloud env ls`"),
        (("request", "--product", "P", "--purpose", "test", "--why", "w", "--cpu", "x"), 5, "product: "),
        (("request", "--product", "p", "--purpose", "test", "--why", "w", "--member", "eve"), 2, "NAME=editor"),
        (("cancel", "nothing"), 5, "dept-tax has no request nothing"),
        (("status", "nothing"), 5, "no environment or request nothing"),
    ],
)
def test_what_is_refused_writes_nothing(words: tuple[str, ...], code: int, says: str, open_desk: OpenDesk) -> None:
    desk = open_desk(*WORLD)
    found, out, err = desk.run("env", *words)
    assert (found, out) == (code, "")
    assert says in err
    assert made(desk) == []


def test_answers_from_a_file_and_options_before_them(open_desk: OpenDesk, tmp_path: Path) -> None:
    file = tmp_path / "answers.yaml"
    file.write_text(
        "product: portal\npurpose: production\ncpu: 2\nmemory: 4Gi\nstorage: 10Gi\npods: 30\nmembers: [eve=editor]\n"
        "why: from the file\ndata-class: internal\n"
    )
    desk = open_desk(*WORLD)
    assert desk.run("env", "request", "-f", file, "--why", "from the option")[0] == 0
    [request] = made(desk)
    assert request["spec"]["quota"] == {"cpu": "2", "memory": "4Gi", "storage": "10Gi", "pods": 30}
    assert request["spec"]["justification"] == {"why": "from the option"}
    assert request["spec"]["purpose"] == "production"
    assert "size" not in request["spec"]


def test_every_fault_of_a_file_has_its_line(open_desk: OpenDesk, tmp_path: Path) -> None:
    file = tmp_path / "answers.yaml"
    file.write_text("prodct: portal\npurpose: fun\ndays: many\nmembers: [eve]\nwhy: w\ndata_class: x\n")
    desk = open_desk(*WORLD)
    code, _, err = desk.run("env", "request", "-f", file)
    assert code == 3
    for line in (
        f"{file} cannot be used (5 faults):",
        f"  {file}:1:1: prodct: is no answer that is asked for; did you mean product?",
        f"  {file}:2:1: purpose: must be 'production', 'staging', 'test', 'development' or 'sandbox'; found 'fun'",
        f"  {file}:4:11: members[0]: 'eve' is no member; write NAME=editor, NAME=viewer or group:NAME=editor",
        "did you mean data-class?",
    ):
        assert line in err
    assert f"{file}:3:1: days: " in err
    assert made(desk) == []


@pytest.mark.parametrize("text", ["- a\n", "", "product: &a b\n", "\tx", "product: portal\nproduct: forms\n"])
def test_what_is_no_file_of_answers(text: str, open_desk: OpenDesk, tmp_path: Path) -> None:
    file = tmp_path / "answers.yaml"
    file.write_text(text)
    code, _, err = open_desk(*WORLD).run("env", "request", "-f", file)
    assert code == 3
    assert f"{file}:" in err
    code, _, err = open_desk(*WORLD).run("env", "request", "-f", tmp_path / "none.yaml")
    assert (code, "cannot be read" in err) == (3, True)


def dry(desk: Desk, *words: str) -> dict[str, Any]:
    found = desk.data("env", *words, "--why", "it is needed", "--dry-run")
    assert made(desk) == []
    verdict: dict[str, Any] = found["verdict"]
    return verdict


def passed(rule: str, message: str, measured: str) -> dict[str, Any]:
    return {"rule": rule, "pass": True, "message": message, "measured": measured}


def test_a_dry_run_says_who_decides_and_what_it_costs(open_desk: OpenDesk) -> None:
    desk = open_desk(*WORLD)
    assert dry(desk, "request", "--product", "portal", "--purpose", "sandbox") == {
        "rules": [
            passed("department-active", "the department may ask for this", "active"),
            passed("name-free", "the name is free", "portal-sandbox"),
            passed("lifetime", "the lifetime is within its limit", "30 days"),
            passed("tier-known", "the platform offers this tier", "standard"),
            passed("size", "the size is one that the tier has", "1/2Gi/10Gi"),
            passed(
                "quota", "the department has enough left",
                "allocated 1/2Gi/10Gi, asked 1/2Gi/10Gi, limit 8/16Gi/80Gi",
            ),
            passed("data-class", "the department may hold up to internal", "internal"),
            passed("members", "everybody is named once", "0 members"),
            passed("hosts", "the host names are whole", "0 hosts"),
            passed("policy-known", "it is known who decides", "sandbox"),
        ],
        "policy": "sandbox", "grantedAtOnce": True, "requiredApprovals": [],
        "estimate": {"monthlyCents": 2000, "monthlyChangeCents": 2000}, "unknown": [],
    }  # fmt: skip
    people = dry(desk, "request", "--product", "portal", "--purpose", "production")
    assert (people["policy"], people["grantedAtOnce"]) == ("production", False)
    assert people["requiredApprovals"] == ["1 approver of tax", "1 finance of tax"]


@pytest.mark.parametrize(
    ("words", "rule", "says"),
    [
        (("request", "--product", "forms", "--purpose", "production"), "name-free", "forms-prod exists already"),
        (("request", "--product", "p", "--purpose", "sandbox", "--days", "91"), "lifetime", "at most 90 days"),
        (("request", "--product", "p", "--purpose", "test", "--size", "large"), "quota", "at most 7 passes"),
        (
            ("request", "--product", "p", "--purpose", "test", "--data-class", "secret"),
            "data-class",
            "up to internal here; ask for internal or less",
        ),
        (
            ("request", "--product", "p", "--purpose", "test", "--tier", "gold"),
            "tier-known",
            "no service tier gold; look with: govcloud catalog ls",
        ),
        (("request", "--product", "p", "--purpose", "test", "--host", "a.apps.govcloud.internal"), "hosts", "need no"),
        (
            ("request", "--product", "p", "--purpose", "test", "--size", "medium", "--tier", "basic"),
            "size",
            "size small",
        ),
        (("change", "forms-prod", "--size", "large"), "quota", "16 was asked, at most 8 passes"),
    ],
)
def test_a_dry_run_says_what_would_pass(words: tuple[str, ...], rule: str, says: str, open_desk: OpenDesk) -> None:
    verdict = dry(open_desk(*WORLD, tenants.tier("basic", largestSize="small")), *words)
    assert verdict["grantedAtOnce"] is False
    [failing] = [item for item in verdict["rules"] if not item["pass"]]
    assert failing["rule"] == rule
    assert says in failing["message"]


def test_less_is_granted_at_once_and_more_depends_on_what_only_the_operator_sees(open_desk: OpenDesk) -> None:
    desk = open_desk(*WORLD)
    less = dry(desk, "change", "forms-prod", "--cpu", "500m")
    assert (less["grantedAtOnce"], less["estimate"]["monthlyChangeCents"]) == (True, -750)
    more = dry(desk, "change", "forms-prod", "--cpu", "1500m")
    assert more["grantedAtOnce"] is None
    assert "measured use: up to 50 % more" in more["unknown"][0]
    assert more["requiredApprovals"] == ["1 approver of tax"]
    code, out, _ = desk.run("env", "change", "forms-prod", "--cpu", "1500m", "--why", "w", "--dry-run")
    assert code == 0
    assert "price: 27.50 a month (+7.50)" in out
    assert "decision: unless it is granted at once, 1 approver of tax must agree (policy change)" in out


@pytest.mark.parametrize(
    "words",
    [
        ("--size", "medium"), ("--pods", "31"), ("--member", "eve=viewer"), ("--host", "a.example"),
        ("--egress", "public"), ("--cpu", "500m", "--member", "eve=editor"),
    ],
)  # fmt: skip
def test_what_opens_or_takes_much_more_needs_people(words: tuple[str, ...], open_desk: OpenDesk) -> None:
    verdict = dry(open_desk(*WORLD), "change", "forms-prod", *words)
    assert (verdict["grantedAtOnce"], verdict["requiredApprovals"]) == (False, ["1 approver of tax"])
    out = open_desk(*WORLD).run("env", "change", "forms-prod", *words, "--why", "w", "--dry-run")[1]
    assert "decision: 1 approver of tax must agree (policy change)" in out


def test_a_dry_run_says_what_it_could_not_see(open_desk: OpenDesk) -> None:
    desk = open_desk(*WORLD)
    desk.cluster.closed = {"Department", "ServiceTier in all", "ApprovalPolicy in all"}
    verdict = dry(desk, "request", "--product", "portal", "--purpose", "sandbox")
    assert (verdict["grantedAtOnce"], verdict["estimate"], verdict["policy"]) == (None, None, "")
    assert [line.partition(":")[0] for line in verdict["unknown"]] == [
        "the department's quota, data class and tier (taken for standard)", "prices", "policies",
    ]  # fmt: skip


def test_an_exemption_is_asked_for_a_time(open_desk: OpenDesk) -> None:
    desk = open_desk(*WORLD)
    words = ("env", "exempt", "forms-prod", "--rule", "image-registry", "--days", "30", "--reason")
    assert desk.run(*words, "the vendor sends an image", "--dry-run")[0] == 0
    assert desk.run(*words, "short")[0] == 5
    assert desk.run("env", "exempt", "none", *words[3:], "the vendor sends an image")[0] == 5
    assert desk.cluster.list(labels.API_VERSION, "PolicyExemption") == []
    code, out, _ = desk.run(*words, "the vendor sends an image")
    [made] = desk.cluster.list(labels.API_VERSION, "PolicyExemption", namespace="dept-tax")
    left = conditions.parse_timestamp(made["spec"].pop("expiresAt")) - datetime.now(UTC)
    assert timedelta(days=29) < left <= timedelta(days=30)
    assert made["spec"] == {
        "environmentRef": "forms-prod", "rule": "image-registry", "reason": "the vendor sends an image",
    }  # fmt: skip
    name = made["metadata"]["name"]
    assert (code, out.splitlines()[1]) == (0, f"next: govcloud env status {name}")
    code, out, _ = desk.run("env", "status", name)
    assert (code, out.splitlines()[0]) == (6, f"PolicyExemption dept-tax/{name}")


WAITING = {"phase": "PolicyChecked", "waitingOn": "an approver", "conditions": [tenants.condition("PolicyChecked")]}


@pytest.mark.parametrize(
    ("status", "code", "line"),
    [
        ({"phase": "Done", "conditions": [tenants.condition("PolicyChecked")]}, 0, "phase: Done"),
        (WAITING, 6, "waiting on: an approver"),
        ({"phase": "Denied", "conditions": [tenants.condition("Denied", message="no money")]}, 6, "Denied: no money"),
    ],
)
def test_wait_ends_when_it_is_served_or_people_must_decide(
    status: dict[str, Any], code: int, line: str, open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = open_desk(*WORLD)
    create = desk.cluster.create

    def answered(obj: Object, *, dry_run: bool = False) -> Object:
        stored = create(obj, dry_run=dry_run)
        return desk.cluster.patch_status({**stored, "status": status}, field_manager="operator")

    monkeypatch.setattr(desk.cluster, "create", answered)
    found, out, err = desk.run("env", "change", "forms-prod", "--size", "medium", "--why", "w", "--wait")
    assert found == code
    assert line in out
    assert "request" in err


def test_wait_gives_up_after_its_time(open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "WAIT_SECONDS", 0.0)
    code, out, _ = open_desk(*WORLD).run("env", "extend", "forms-prod", "--days", "3", "--why", "w", "--wait")
    assert (code, "which has not seen it yet" in out) == (6, True)


def test_only_an_undecided_request_can_be_taken_back(open_desk: OpenDesk) -> None:
    decided = tenants.request("old", status={"phase": "Ready", "environmentRef": {"name": "forms-prod", "uid": "u"}})
    desk = open_desk(*WORLD, tenants.request("new"), decided)
    assert desk.run("env", "cancel", "new") == (0, "request new was taken back\n", "")
    code, _, err = desk.run("env", "cancel", "old")
    assert (code, "it is Ready" in err, "govcloud env delete forms-prod" in err) == (3, True, True)
    assert [item["metadata"]["name"] for item in made(desk)] == ["old"]


def test_the_list_shows_what_is_under_way_and_history_on_demand(open_desk: OpenDesk) -> None:
    over = tenants.request("old", status={"phase": "Ready"})
    desk = open_desk(*WORLD, tenants.request("new"), over)
    lines = desk.run("env", "ls")[1].splitlines()
    assert lines[0].split() == ["DEPARTMENT", "NAME", "WHAT", "PHASE", "NAMESPACE", "EXPIRES", "WAITING", "ON"]
    assert [line.split()[1] for line in lines[1:]] == ["forms-prod", "new"]
    assert "request: Create forms production" in lines[2]
    assert len(desk.data("env", "ls", "--all")) == 3
    assert "ask for one: govcloud env request" in open_desk(HOME).run("env", "ls")[1]


def test_status_says_whose_word_is_missing(open_desk: OpenDesk) -> None:
    said = {"role": "approver", "by": "bob", "verdict": "Approve", "reason": "", "at": "t", "approval": "a/b"}
    desk = open_desk(*WORLD, tenants.request(status={"decisions": [said]}))
    code, out, _ = desk.run("env", "status", "forms-prod-x7k2p")
    assert code == 6
    for line in (
        "price: 20.00 a month (+20.00)", "policy: production", "needed: 1 approver of tax", "needed: 1 finance of tax",
        "due: 2099-01-05T00:00:00Z", "decided: bob (approver) said Approve: -",
    ):  # fmt: skip
        assert line in out.splitlines()
    assert desk.run("env", "status", "forms-prod")[0] == 0


def test_late_people_may_be_replaced_by_the_platform() -> None:
    request = tenants.request(status={"conditions": [tenants.condition("Overdue")]})
    seat = {"role": "approver", "scope": "platform", "department": "", "namespace": "govcloud-approvals", "missing": 2}
    request["status"]["requiredApprovals"].append(seat)
    assert environments.missing_text(request) == [
        "1 approver of tax", "1 finance of tax", "or instead of all: 2 approver of the platform",
    ]  # fmt: skip


@pytest.mark.parametrize(("phase", "served"), [("Closed", True), ("Approved", False), ("PolicyChecked", False)])
def test_giving_back_is_served_when_the_environment_is_gone(phase: str, served: bool) -> None:
    request = tenants.request(spec={"type": "Delete", "environmentRef": "e"}, status={"phase": phase})
    assert environments.is_served(request) is served


def test_a_served_request_leads_to_its_environment() -> None:
    status = {"phase": "Ready", "conditions": [tenants.condition("Ready")], "environmentRef": {"name": "e", "uid": "u"}}
    assert environments.request_text(tenants.request(status=status)).endswith("next: govcloud env status e")
    gone = tenants.request(spec={"type": "Delete", "environmentRef": "e"}, status={"phase": "Closed"})
    assert environments.request_text(gone).endswith("next: govcloud env ls")
