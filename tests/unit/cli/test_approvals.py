"""`govcloud approvals` on a cluster in memory: who sees what, what is written, what is said of it."""

from typing import Any

import pytest

from govcloud_api import decision, labels, notices
from govcloud_api.v1alpha1 import EnvironmentRequest
from govcloud_cli.tenancy import deciding
from govcloud_kube.cluster import Object
from support import tenants
from support.desk import Desk, OpenDesk

HOME, APPROVALS = tenants.namespace("dept-tax"), tenants.namespace(labels.APPROVALS_NAMESPACE)
CHANGE = tenants.request(
    "forms-prod-change-1",
    spec={"type": "Change", "environmentRef": "forms-prod", "size": "medium", "product": None, "purpose": None},
    status={"due": "2026-01-01T00:00:00Z", "conditions": [tenants.condition("Overdue")]},
)
EXEMPTION = tenants.obj(
    "PolicyExemption", "forms-prod-e1", "dept-tax", status={"specHash": tenants.HASH},
    spec={
        "environmentRef": "forms-prod", "rule": "image-registry", "reason": "the vendor's image",
        "expiresAt": "2099-01-01T00:00:00Z", "requestedBy": "anna",
    },
)  # fmt: skip
WORLD = (HOME, APPROVALS, tenants.department(), tenants.environment(), tenants.request(), CHANGE)


@pytest.fixture
def bob(open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """An approver of the department; nobody judges what he says."""
    monkeypatch.setattr(deciding, "JUDGE_SECONDS", 0.0)
    return open_desk(*WORLD, user="bob", groups=("tax:approver",))


def approvals(desk: Desk, namespace: str = "dept-tax") -> list[Object]:
    return desk.cluster.list(labels.API_VERSION, "Approval", namespace=namespace)


def judged(desk: Desk, monkeypatch: pytest.MonkeyPatch, status: str, reason: str, missing: int = 0) -> None:
    """From now on every word is judged at once, as an operator would."""
    monkeypatch.setattr(deciding, "JUDGE_SECONDS", 5.0)
    create = desk.cluster.create

    def answered(obj: Object, *, dry_run: bool = False) -> Object:
        stored = create(obj, dry_run=dry_run)
        word = {"conditions": [tenants.condition("Valid", status, reason, "said the operator")]}
        request = desk.cluster.get(
            deciding.Ref(labels.API_VERSION, "EnvironmentRequest", "forms-prod-x7k2p", "dept-tax")
        )
        assert request is not None
        wanted = [item | {"missing": missing} for item in request["status"]["requiredApprovals"]]
        said = {"role": "approver", "by": "somebody", "verdict": "Approve", "reason": "", "at": ""}
        said["approval"] = f"dept-tax/{stored['metadata']['name']}"
        new = {**request["status"], "requiredApprovals": wanted, "decisions": [said]}
        new["phase"] = "PolicyChecked" if missing else "Approved"
        desk.cluster.patch_status({**request, "status": new}, field_manager="operator")
        return desk.cluster.patch_status({**stored, "status": word}, field_manager="operator")

    monkeypatch.setattr(desk.cluster, "create", answered)


def names(found: list[dict[str, Any]]) -> list[str]:
    return [item["name"] for item in found]


def test_the_inbox_holds_what_the_reader_can_decide_the_late_first(bob: Desk) -> None:
    found = bob.data("approvals", "inbox")
    assert names(found) == ["tax/forms-prod-change-1", "tax/forms-prod-x7k2p"]
    assert found[1] == {
        "name": "tax/forms-prod-x7k2p", "kind": "EnvironmentRequest", "namespace": "dept-tax", "requestedBy": "anna",
        "what": "Create forms production", "as": [{"role": "approver", "namespace": "dept-tax"}],
        "monthlyCents": 2000, "monthlyChangeCents": 2000, "due": "2099-01-05T00:00:00Z", "overdue": False,
        "heldUpBy": [],
    }  # fmt: skip
    lines = bob.run("approvals", "inbox")[1].splitlines()
    assert lines[0].split() == ["REQUEST", "WHO", "WHAT", "PRICE", "DUE", "DECIDE", "AS"]
    assert "overdue: 2026-01-01T00:00:00Z (" in lines[1]
    assert "20.00 a month (+20.00)" in lines[2]


@pytest.mark.parametrize(
    ("user", "groups", "seen"),
    [
        ("anna", ("tax:owner", "tax:approver"), []),  # her own requests
        ("carl", ("tax:finance",), ["tax/forms-prod-change-1", "tax/forms-prod-x7k2p"]),
        ("dora", ("tax:auditor",), []),
        ("emil", ("health:approver",), []),
        ("rita", ("platform:approver",), ["tax/forms-prod-change-1", "tax/forms-prod-e1"]),  # what is late, exemptions
        ("sven", ("platform:finance",), []),
        ("boss", ("system:masters",), []),
    ],
)
def test_whose_inbox_holds_what(user: str, groups: tuple[str, ...], seen: list[str], open_desk: OpenDesk) -> None:
    desk = open_desk(*WORLD, EXEMPTION, user=user, groups=groups, department="")
    assert names(desk.data("approvals", "inbox")) == seen
    if not seen:
        assert desk.run("approvals", "inbox")[1] == "nothing waits for your decision\n"


def test_who_may_not_look_everywhere_looks_at_home(bob: Desk) -> None:
    bob.cluster.closed = {"EnvironmentRequest in all", "PolicyExemption in all", "Department in all"}
    assert len(bob.data("approvals", "inbox")) == 2
    bob.cluster.closed |= {"Department"}
    assert len(bob.data("approvals", "inbox")) == 2  # by the groups' names


def test_what_a_rule_holds_up_says_so(open_desk: OpenDesk) -> None:
    rules = [
        {"rule": "hosts", "pass": False, "message": "m", "measured": "x"},
        {"rule": "auto-approval", "pass": False, "message": "people", "measured": "x"},
    ]
    held = tenants.request(status={"policyResults": rules})
    desk = open_desk(HOME, tenants.department(), held, user="bob", groups=("tax:approver",))
    assert desk.data("approvals", "inbox")[0]["heldUpBy"] == ["hosts"]
    assert "Create forms production (held up by: hosts)" in desk.run("approvals", "inbox")[1]


@pytest.mark.parametrize(
    "status",
    [
        {"phase": "Approved"},
        {
            "decisions": [
                {"role": "approver", "by": "bob", "verdict": "Approve", "reason": "", "at": "", "approval": "a/b"}
            ]
        },
        {"requiredApprovals": []},
    ],
)
def test_what_is_decided_or_heard_waits_no_more(status: dict[str, Any], open_desk: OpenDesk) -> None:
    desk = open_desk(HOME, tenants.department(), tenants.request(status=status), user="bob", groups=("tax:approver",))
    assert desk.data("approvals", "inbox") == []


def test_show_says_everything_before_the_decision(bob: Desk) -> None:
    code, out, _ = bob.run("approvals", "show", "forms-prod-change-1")
    assert code == 0
    for line in (
        "Change forms-prod for tax", "why: citizens send forms", "price: 20.00 a month (+20.00)",
        "needed: 1 approver of tax, written in dept-tax", f"decision is bound to: {tenants.HASH}",
    ):  # fmt: skip
        assert line in out.splitlines()
    assert "asked by: anna at " in out
    rows = [line.split() for line in out.splitlines()]
    assert ["FIELD", "NOW", "ASKED"] in rows
    assert ["size", "small", "medium"] in rows
    assert ["✓", "quota", "1", "of", "8", "enough", "is", "left"] in rows


def test_a_request_cannot_write_lines_of_ours_into_what_the_approver_reads(open_desk: OpenDesk) -> None:
    why = "good\nprice: 0.00 a month (0.00)\x1b[2K\rdecision"
    desk = open_desk(HOME, tenants.department(), tenants.request(spec={"justification": {"why": why}}), user="bob",
                     groups=("tax:approver",))  # fmt: skip
    out = desk.run("approvals", "show", "forms-prod-x7k2p")[1]
    assert [line for line in out.splitlines() if line.startswith("price: ")] == ["price: 20.00 a month (+20.00)"]
    assert "\x1b" not in out
    assert "\r" not in out


def test_a_word_is_bound_to_what_was_seen(bob: Desk) -> None:
    request = bob.cluster.get(deciding.Ref(labels.API_VERSION, "EnvironmentRequest", "forms-prod-x7k2p", "dept-tax"))
    assert request is not None
    code, out, _ = bob.run("approvals", "approve", "tax/forms-prod-x7k2p", "--reason", "fine")
    [approval] = approvals(bob)
    assert approval["spec"] == {
        "requestRef": {
            "kind": "EnvironmentRequest", "namespace": "dept-tax", "name": "forms-prod-x7k2p",
            "uid": request["metadata"]["uid"], "specHash": tenants.HASH, "requestedBy": "anna",
        },
        "verdict": "Approve", "role": "approver", "reason": "fine",
    }  # fmt: skip
    assert code == 0
    assert out.startswith("approved tax/forms-prod-x7k2p as approver\nthe operator has not judged it yet")


def test_whose_word_is_still_missing(bob: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    judged(bob, monkeypatch, "True", "Counted", missing=1)
    _, out, _ = bob.run("approvals", "approve", "forms-prod-x7k2p")
    assert out.splitlines()[1:] == ["still needed: 1 approver of tax", "still needed: 1 finance of tax"]
    judged(bob, monkeypatch, "True", "Counted")
    assert bob.run("approvals", "approve", "forms-prod-x7k2p")[1].splitlines()[1:] == ["request: Approved"]


def test_a_word_that_does_not_count_is_an_error_with_its_reason(bob: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    judged(bob, monkeypatch, "False", "StaleHash")
    code, out, err = bob.run("approvals", "approve", "forms-prod-x7k2p")
    assert (code, out) == (5, "")
    assert "it does not count: said the operator; the request is not the one that was decided about" in err


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("deny", "forms-prod-x7k2p"), 2, "--reason"),
        (("deny", "forms-prod-x7k2p", "--reason", "no"), 5, "a denial needs a reason of at least 10 characters"),
        (("approve", "none"), 5, "dept-tax has no request none; `govcloud approvals inbox`"),
        (("approve", "old"), 5, "nothing about old is to be decided (it is Ready)"),
        (("approve", "bobs"), 5, "you asked for bobs yourself; another person must decide"),
        (("approve", "forms-prod-x7k2p", "--role", "king"), 5, "your roles: approver of tax"),
        (("approve", "unseen", "--role", "approver"), 5, "nothing about unseen is to be decided"),
    ],
)
def test_what_is_no_decision_writes_nothing(words: tuple[str, ...], code: int, says: str, bob: Desk) -> None:
    bob.cluster.seed(tenants.request("old", status={"phase": "Ready"}))
    bob.cluster.seed(tenants.request("bobs", spec={"requestedBy": "bob"}))
    bob.cluster.seed(tenants.request("unseen", status={"phase": "Pending", "requiredApprovals": [], "specHash": ""}))
    found, out, err = bob.run("approvals", *words)
    assert (found, out) == (code, "")
    assert says in err
    assert approvals(bob) == []


@pytest.mark.parametrize(
    ("found", "waits"),
    [
        (tenants.condition("Approved", "False", "WaitingForApproval"), True),
        (tenants.condition("Approved", "True", "Approved"), False),
        (tenants.condition("Approved", "False", "Denied"), False),
        (tenants.condition("Expired"), False),
    ],
)
def test_an_exemption_waits_until_it_is_decided_or_over(found: Object, waits: bool, open_desk: OpenDesk) -> None:
    exemption = {**EXEMPTION, "status": {"specHash": tenants.HASH, "conditions": [found]}}
    desk = open_desk(HOME, exemption, user="rita", groups=("platform:approver",), department="")
    assert bool(desk.data("approvals", "inbox")) is waits


def test_an_auditor_learns_whose_word_is_needed(open_desk: OpenDesk) -> None:
    desk = open_desk(*WORLD, user="dora", groups=("tax:auditor",))
    code, _, err = desk.run("approvals", "approve", "forms-prod-x7k2p")
    assert (code, "needs approver of tax, finance of tax; your roles: none" in err) == (5, True)


def test_the_platform_decides_in_its_own_namespace(open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deciding, "JUDGE_SECONDS", 0.0)
    desk = open_desk(*WORLD, EXEMPTION, user="rita", groups=("platform:approver",), department="")
    assert desk.run("approvals", "approve", "tax/forms-prod-e1")[0] == 0
    [approval] = approvals(desk, labels.APPROVALS_NAMESPACE)
    assert approval["spec"]["requestRef"]["kind"] == "PolicyExemption"
    code, _, err = desk.run("approvals", "approve", "forms-prod-e1")
    assert (code, "Say CODE/forms-prod-e1" in err) == (2, True)
    out = desk.run("approvals", "show", "tax/forms-prod-e1")[1]
    for text in ("exempt forms-prod from image-registry for tax", "why: the vendor's image", "until: 2099-01-01"):
        assert text in out


SPEC = {
    "type": "Transfer", "environmentRef": "forms-prod", "transferTo": "civil", "requestedBy": "anna",
    "justification": {"why": "the law moved"},
}  # fmt: skip
UNSEEN = {
    f"{kind}{where}" for kind in ("EnvironmentRequest", "Environment", "PolicyExemption") for where in ("", " in all")
}
MEMBERS = [{"kind": "User", "name": "olga", "role": "editor"}]


def offer(*, missing: int = 1, why: str = "the law moved") -> Object:
    """What the operator tells the civil department of a request of the tax department."""
    asked = tenants.obj("EnvironmentRequest", "move", "dept-tax", spec=SPEC)
    seats = [
        {"role": "approver", "scope": "requester", "department": "tax", "namespace": "dept-tax", "missing": 0},
        {"role": "approver", "scope": "receiver", "department": "civil", "namespace": "dept-civil", "missing": missing},
    ]
    spec_hash = decision.spec_hash(EnvironmentRequest.parse(asked).spec)
    asked |= {"status": {"phase": "PolicyChecked", "specHash": spec_hash, "requiredApprovals": seats}}
    asked["metadata"] |= {"uid": "uid-of-move", "creationTimestamp": "2026-01-01T00:00:00Z"}
    asked["spec"] = SPEC | {"justification": {"why": why}}
    given = tenants.environment(spec={"members": MEMBERS})
    given["metadata"]["uid"] = "uid-of-forms"
    content = notices.of_transfers([notices.Offer(request=asked, environment=given)])
    return notices.config_map(notices.TRANSFERS, "dept-civil", content)


@pytest.fixture
def cora(open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """An approver of the receiving department, who may read nothing of the giving one."""
    monkeypatch.setattr(deciding, "JUDGE_SECONDS", 0.0)
    civil = tenants.namespace("dept-civil")
    desk = open_desk(HOME, civil, tenants.department("civil"), offer(), user="cora", groups=("civil:approver",),
                     department="civil")  # fmt: skip
    desk.cluster.closed = set(UNSEEN)
    return desk


def test_a_receiver_finds_a_transfer_of_anothers_home(cora: Desk) -> None:
    [found] = cora.data("approvals", "inbox")
    assert (found["name"], found["what"]) == ("tax/move", "Transfer forms-prod")
    assert found["as"] == [{"role": "approver", "namespace": "dept-civil"}]


def test_a_receiver_reads_what_is_handed_over(cora: Desk) -> None:
    code, out, err = cora.run("approvals", "show", "tax/move")
    assert (code, err) == (0, "")
    for line in (
        "Transfer forms-prod for tax",
        "why: the law moved",
        "needed: 1 approver of civil, written in dept-civil",
    ):
        assert line in out.splitlines()
    rows = [line.split() for line in out.splitlines()]
    assert ["members", "kind=User", "name=olga", "role=editor"] in rows
    assert ["dataClass", "internal"] in rows


@pytest.mark.parametrize(("verb", "then"), [("approve", "Approved"), ("deny", "Denied")])
def test_a_receivers_word_lies_in_the_own_home_and_is_about_that_request(
    verb: str, then: str, cora: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deciding, "JUDGE_SECONDS", 5.0)
    create = cora.cluster.create

    def judged(obj: Object, *, dry_run: bool = False) -> Object:
        """The operator counts it, decides, and tells of the request no more."""
        stored = create(obj, dry_run=dry_run)
        cora.cluster.delete(notices.ref(notices.TRANSFERS, "dept-civil"))
        word = {"conditions": [tenants.condition("Valid", "True", "Counted")]}
        return cora.cluster.patch_status({**stored, "status": word}, field_manager="operator")

    monkeypatch.setattr(cora.cluster, "create", judged)
    code, out, err = cora.run("approvals", verb, "tax/move", "--reason", "we take it as it is")
    assert (code, err) == (0, "")
    assert out.splitlines() == [f"{then.lower()} tax/move as approver", f"request: {then}"]
    [approval] = approvals(cora, "dept-civil")
    about = approval["spec"]["requestRef"]
    assert (about["namespace"], about["name"], about["uid"]) == ("dept-tax", "move", "uid-of-move")
    assert about["specHash"] == decision.spec_hash(EnvironmentRequest.parse(
        tenants.obj("EnvironmentRequest", "move", "dept-tax", spec=SPEC)).spec)  # fmt: skip


def test_a_text_that_was_put_under_a_receiver_is_not_decided_about(cora: Desk) -> None:
    cora.cluster.apply(offer(why="only a test"), field_manager="somebody")
    for verb in ("show", "approve"):
        code, out, err = cora.run("approvals", verb, "tax/move")
        assert (code, out) == (5, "")
        assert "is not what the operator judged" in err
    assert approvals(cora, "dept-civil") == []


def test_of_anothers_home_nothing_else_is_found(cora: Desk) -> None:
    assert cora.run("approvals", "show", "tax/other")[0] == 9
    cora.cluster.closed |= {"ConfigMap"}
    assert cora.run("approvals", "show", "tax/move")[0] == 9
    assert cora.data("approvals", "inbox") == []


def test_a_person_of_both_departments_sees_it_once(open_desk: OpenDesk) -> None:
    asked = tenants.obj("EnvironmentRequest", "move", "dept-tax", spec=SPEC)
    desk = open_desk(HOME, tenants.namespace("dept-civil"), tenants.department(), tenants.department("civil"), asked,
                     user="cora", groups=("civil:approver", "tax:approver"), department="civil")  # fmt: skip
    [stored] = desk.cluster.list(labels.API_VERSION, "EnvironmentRequest", namespace="dept-tax")
    seat = {"role": "approver", "scope": "receiver", "department": "civil", "namespace": "dept-civil", "missing": 1}
    judged = {"phase": "PolicyChecked", "specHash": tenants.HASH, "requiredApprovals": [seat]}
    stored = desk.cluster.patch_status({**stored, "status": judged}, field_manager="operator")
    content = notices.of_transfers([notices.Offer(request=stored)])
    desk.cluster.seed(notices.config_map(notices.TRANSFERS, "dept-civil", content))
    desk.cluster.closed = {f"{kind} in all" for kind in ("EnvironmentRequest", "PolicyExemption")}
    assert names(desk.data("approvals", "inbox")) == ["tax/move"]
