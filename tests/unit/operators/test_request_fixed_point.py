"""From any state of rules, words and time a request comes to rest, and nothing is given without the right.

Random worlds: any type and purpose, any people and places of words, old or new hashes, suspended departments, any
time that passes, an operator that stops between two writes.
"""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from govcloud_api import errors, labels, policy
from govcloud_api.v1alpha1 import Environment
from govcloud_kube import Object
from govcloud_operators.environment_request import reconcile as requests
from support.deciding import RECEIVER, Deciding, measured
from support.worlds import HOME

TYPES = ("Create", "Change", "Extend", "Transfer", "Delete")

RIGHT: list[dict[str, Any]] = [
    {"by": "anna"},
    {"by": "fritz", "role": "finance", "groups": ["tax:finance"]},
    {"by": "hans", "groups": ["health:approver"], "where": RECEIVER},
]
"""Everybody who can be asked by a shipped policy."""

words = st.fixed_dictionaries(
    {
        "by": st.sampled_from(["anna", "bert", "deputy", "olga", "system:x"]),
        "role": st.sampled_from(["approver", "finance", "owner"]),
        "groups": st.sampled_from(
            [["tax:approver", "tax:finance"], ["platform:approver"], ["health:approver"], ["tax:approver"], []]
        ),
        "where": st.sampled_from([HOME, HOME, RECEIVER, labels.APPROVALS_NAMESPACE]),
        "verdict": st.sampled_from(["Approve", "Approve", "Approve", "Deny"]),
        "about": st.sampled_from([{}, {}, {}, {"specHash": "sha256:" + "0" * 64}]),
    }
)
random_world = st.fixed_dictionaries(
    {
        "type": st.sampled_from(TYPES),
        "purpose": st.sampled_from(["prod", "stage", "sandbox"]),
        "size": st.sampled_from(["small", "medium", "medium", "large"]),
        "there": st.sampled_from([True, True, True, False]),
        "suspended": st.sampled_from([False, False, False, False, True]),
        "right": st.booleans(),
        "expires": st.booleans(),
        "used": st.sampled_from(["0", "1", "5"]),
        "cpu": st.sampled_from([None, 10, 5000]),
        "words": st.lists(words, min_size=1, max_size=6),
        "days": st.lists(st.integers(0, 9), min_size=1, max_size=4),
        "stops": st.sets(st.integers(0, 4), max_size=2),
    }
)


class Stopping:
    """A cluster whose n-th write happens, and then the operator is gone."""

    def __init__(self, world: Deciding, stops: set[int]) -> None:
        self._cluster = world.cluster
        self._stops = stops
        self._writes = 0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._cluster, name)
        if name not in ("apply", "patch_status", "delete"):
            return method

        def write(*args: Any, **kwargs: Any) -> Any:
            answer = method(*args, **kwargs)
            self._writes += 1
            if self._writes - 1 in self._stops:
                raise errors.ApiUnavailable("the operator was killed after a write")
            return answer

        return write


def build(plan: dict[str, Any]) -> Deciding:
    world = Deciding(suspended=plan["suspended"])
    name = f"portal-{plan['purpose']}"
    if plan["there"] is not (plan["type"] == "Create"):
        world.place(name, **({"expiresAt": "2026-03-08T00:00:00Z"} if plan["expires"] else {}))
        world.use(name, requests_cpu=plan["used"])
    if plan["cpu"] is not None:
        world.measured = measured(plan["cpu"], 2**31, world.now)
    if plan["type"] == "Create":
        purposes = {short: purpose for purpose, short in policy.PURPOSE_SHORT.items()}
        world.ask("first", "Create", product="portal", purpose=purposes[plan["purpose"]], size=plan["size"])
        return world
    extra: dict[str, dict[str, Any]] = {
        "Change": {"size": plan["size"]},
        "Extend": {"lifetimeDays": 30},
        "Transfer": {"transferTo": "health"},
    }
    world.ask("first", plan["type"], environmentRef=name, **extra.get(plan["type"], {}))
    return world


def step(world: Deciding, cluster: Any) -> None:
    try:
        requests.reconcile(cluster, requests.request_ref(HOME, "first"), world.around())
    except errors.ApiUnavailable:
        return


def environments(world: Deciding) -> dict[str, Object]:
    listed = world.cluster.list(labels.API_VERSION, "Environment")
    return {f"{e['metadata']['namespace']}/{e['metadata']['name']}": e["spec"] for e in listed}


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(random_world)
def test_every_request_comes_to_rest(plan: dict[str, Any]) -> None:
    world = build(plan)
    before = environments(world)
    cluster: Any = Stopping(world, plan["stops"])
    step(world, cluster)
    if "status" in world.live(requests.request_ref(HOME, "first")):
        found = world.live(requests.request_ref(HOME, "first"))
        for number, word in enumerate([*(RIGHT if plan["right"] else []), *plan["words"]]):
            world.say(found, f"w{number}", **word)
    for days in plan["days"]:
        world.pass_time(days=days)
        for _ in range(3):
            step(world, cluster)
    for key in environments(world):
        home, _, name = key.partition("/")
        world.ready(name, home)
    for _ in range(3):
        step(world, cluster)
    check(world, plan, before)
    writes = list(world.cluster.writes)
    step(world, world.cluster)
    step(world, world.cluster)
    assert world.cluster.writes == writes, "it never rests"


def check(world: Deciding, plan: dict[str, Any], before: dict[str, Object]) -> None:
    found, after = world.live(requests.request_ref(HOME, "first")), environments(world)
    given_out = policy.allocated(
        Environment.parse(e) for e in world.cluster.list(labels.API_VERSION, "Environment", namespace=HOME)
    )
    assert given_out.cpu_millicores <= 8000
    acted = after != before
    approved = next(c for c in found["status"]["conditions"] if c["type"] == "Approved")
    event(f"{found['status']['phase']} {approved['reason']}")
    status = found["status"]
    if status["phase"] in ("PolicyChecked", "Denied"):
        assert not acted, "something was done without an approval"
    if acted:
        assert plan["type"] == "Delete" or not plan["suspended"]
        assert approved["status"] == "True"
        check_people(status["decisions"] if approved["reason"] == "ApprovedByPeople" else None, plan)


def check_people(decisions: list[dict[str, Any]] | None, plan: dict[str, Any]) -> None:
    if decisions is None:
        automatic = {"Create": ("sandbox",), "Delete": ("sandbox",), "Change": ("prod", "stage", "sandbox")}
        assert plan["type"] == "Extend" or plan["purpose"] in automatic.get(plan["type"], ())
        return
    people = [word["by"] for word in decisions]
    assert len(people) == len(set(people))
    assert not {"olga", "system:x"} & set(people)
    assert all(word["verdict"] == "Approve" for word in decisions)
    if plan["purpose"] == "prod" and plan["type"] in ("Create", "Change"):
        assert len(people) == 2
