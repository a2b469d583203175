"""On a terminal what is missing is asked for, with the price; nothing is sent that was not confirmed."""

import io
import sys

import pytest

from govcloud_api import labels
from govcloud_cli.tenancy import deciding, prompts
from govcloud_kube.cluster import Object
from support import tenants
from support.desk import Desk, OpenDesk

AUTO = tenants.policy("sandbox", types=["Create"], purposes=["sandbox"], auto={"always": True})
WORLD = (
    tenants.namespace("dept-tax"), tenants.namespace(labels.APPROVALS_NAMESPACE), tenants.department(), tenants.tier(),
    AUTO, tenants.environment(),
)  # fmt: skip


@pytest.fixture
def types(monkeypatch: pytest.MonkeyPatch) -> object:
    """Factory: a person at a terminal who types these lines, then closes it."""

    def make(*lines: str) -> None:
        monkeypatch.setattr(prompts, "on_terminal", lambda: True)
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))

    return make


def asked(desk: Desk) -> list[Object]:
    return desk.cluster.list(labels.API_VERSION, "EnvironmentRequest", namespace="dept-tax")


def test_a_person_is_asked_for_everything_that_is_missing(open_desk: OpenDesk, types) -> None:
    desk = open_desk(*WORLD)
    types("Portal!", "portal", "", "small", "try it", "y")
    code, out, err = desk.run("env", "request")
    assert code == 0, err
    [made] = asked(desk)
    assert made["spec"] == {
        "type": "Create", "product": "portal", "purpose": "sandbox", "size": "small",
        "justification": {"why": "try it"},
    }  # fmt: skip
    assert "use up to 20 lower-case letters" in err  # of Portal!
    assert err.count("price: 20.00 a month (+20.00); decision: granted at once (policy sandbox)") >= 2
    for line in ("✓ name-free: the name is free (portal-sandbox)", "Send this request? [Y/n]"):
        assert line in err
    assert out.startswith("request portal-sandbox-")


def test_only_what_is_missing_is_asked(open_desk: OpenDesk, types) -> None:
    desk = open_desk(*WORLD)
    types("30", "goes on", "y")
    assert desk.run("env", "extend", "forms-prod")[0] == 0
    assert asked(desk)[0]["spec"]["lifetimeDays"] == 30
    types()
    assert desk.run("env", "extend", "forms-prod", "--days", "3", "--why", "goes on")[0] == 0


@pytest.mark.parametrize("lines", [("portal", "", "", "try it", "n"), ("portal", ""), ()])
def test_who_says_no_or_leaves_asks_for_nothing(lines: tuple[str, ...], open_desk: OpenDesk, types) -> None:
    desk = open_desk(*WORLD)
    types(*lines)
    code, out, _ = desk.run("env", "request")
    assert (code, out) == (130, "")
    assert asked(desk) == []


def test_a_rule_that_fails_is_told_before_anything_is_sent(open_desk: OpenDesk, types) -> None:
    desk = open_desk(*WORLD)
    types("portal", "sandbox", "large", "try it", "n")
    assert "✗ quota: cpu: 1 of 8 is allocated, 16 was asked, at most 7 passes" in desk.run("env", "request")[2]


def test_an_approver_reads_before_the_question(open_desk: OpenDesk, types, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deciding, "JUDGE_SECONDS", 0.0)
    desk = open_desk(*WORLD, tenants.request(), user="bob", groups=("tax:approver",))
    types()
    err = desk.run("approvals", "approve", "forms-prod-x7k2p")[2]
    assert "why: citizens send forms" in err
    assert "why: citizens" not in desk.run("approvals", "approve", "forms-prod-x7k2p", "--yes")[2]
