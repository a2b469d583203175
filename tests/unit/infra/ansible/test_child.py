"""Of ansible-runner's many events, the few that a person wants to know."""

from typing import Any

import pytest

from govcloud_infra.ansible.child import lines_of

TASK = {"task": "Join the cluster", "host": "w1"}


def event(kind: str, *, stdout: str = "", **data: Any) -> dict[str, Any]:
    return {"event": kind, "stdout": stdout, "event_data": {**TASK, **data}}


def failed(text: str, *, unreachable: bool = False, problems: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    return [{"event": "failed", **TASK, "unreachable": unreachable, "problems": list(problems), "text": text}]


@pytest.mark.parametrize(
    ("given", "lines"),
    [
        (event("playbook_on_task_start"), [{"event": "task", "text": "Join the cluster"}]),
        ({"event": "playbook_on_stats"}, []),
        (event("runner_on_ok", res={"changed": True}), [{"event": "changed", **TASK}]),
        (event("runner_on_ok", res={"changed": False}), []),
        (event("runner_on_ok", res=None), []),
        (event("runner_on_ok", res={"changed": False, "report": {"etcd": {"voters": 3}}}),
         [{"event": "report", "host": "w1", "report": {"etcd": {"voters": 3}}}]),
        (event("runner_on_ok", res={"changed": True, "report": {}}),
         [{"event": "changed", **TASK}, {"event": "report", "host": "w1", "report": {}}]),
        (event("runner_on_ok", res={"report": "text of another module"}), []),
        (event("runner_on_skipped"), []),
        (event("runner_on_failed", res={"msg": "not fit", "problems": ["disk", "memory"]}),
         failed("not fit", problems=("disk", "memory"))),
        (event("runner_on_failed", ignore_errors=True, res={"problems": ["disk"]}), []),
        (event("runner_on_failed", res={"msg": "non-zero return code", "stderr": "no route\n"}),
         failed("non-zero return code; no route")),
        (event("runner_on_failed", res={"msg": "same", "stderr": "same"}), failed("same")),
        (event("runner_on_failed", res={"msg": "One or more items failed", "results": [
            {"failed": True, "msg": "item 1"}, {"msg": "fine"}]}), failed("One or more items failed; item 1")),
        (event("runner_on_failed", res={"msg": "x" * 5000}), failed("x" * 900)),
        (event("runner_on_failed", res=None), failed("")),
        (event("runner_on_failed", ignore_errors=True, res={"msg": "expected"}), []),
        (event("runner_on_unreachable", res={"msg": "no SSH"}), failed("no SSH", unreachable=True)),
        (event("verbose", stdout="just talk"), []),
        ({"event": "error", "stdout": " ERROR! no such role \n"},
         [{"event": "failed", "host": None, "task": None, "unreachable": False, "problems": [],
           "text": "ERROR! no such role"}]),
    ],
)  # fmt: skip
def test_lines(given: dict[str, Any], lines: list[dict[str, Any]]) -> None:
    assert lines_of(given) == lines
